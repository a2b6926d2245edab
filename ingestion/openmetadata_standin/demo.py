"""Plans, applies and verifies the catalog for the demo: `python -m openmetadata_standin.demo`.

It uses the OpenMetadata server that the environment names. Without one it starts the stand-in on
loopback and stops it at the end.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from logmart_catalog.command.cli import LEFT_OUT, OK
from logmart_catalog.command.cli import main as logmart_catalog

STAND_IN_STATE = Path("data/catalog")
SECONDS_TO_START = 60.0


class DemoError(Exception):
    """A failure of the demo; the message is one line that says where to look."""


def main() -> int:
    """Run the three commands. Each writes its output to a file, and its last line is printed.

    Return 1 with one line on stderr when a command fails; later commands are not run.
    """
    parser = argparse.ArgumentParser(
        prog="python -m openmetadata_standin.demo", description=__doc__
    )
    parser.add_argument("--target-path", type=Path, default=Path("target"))
    target_path = parser.parse_args().target_path
    try:
        with _catalog_server():
            # `apply` takes the plan as `plan` has made it: column lineage is traced once for both.
            artifacts, plan = ["--target-path", str(target_path)], str(target_path / "catalog.plan")
            _run(target_path, "plan", *artifacts, "--out", plan)
            _run(target_path, "apply", plan)
            _run(target_path, "verify", *artifacts)
    except DemoError as error:
        print(f"logmart: {error}", file=sys.stderr)
        return 1
    return 0


def _run(target_path: Path, command: str, *arguments: str) -> None:
    output = target_path / f"catalog-{command}.txt"
    summary = target_path / f"catalog-{command}.json"
    started = time.monotonic()
    with output.open("w", encoding="utf-8") as file, contextlib.redirect_stdout(file):
        code = logmart_catalog([command, *arguments, "--summary-file", str(summary)])
    if code not in (OK, LEFT_OUT):
        raise DemoError(f"the catalog's {command} ended with {code}: {output} says what it printed")
    seconds = time.monotonic() - started
    print(f"  {command}: {_last_line(output)} ({seconds:.0f} s; {output})", flush=True)


def _last_line(path: Path) -> str:
    lines = path.read_text(encoding="utf-8").splitlines()
    return lines[-1] if lines else "nothing said"


@contextlib.contextmanager
def _catalog_server() -> Iterator[None]:
    host = os.environ.get("OPENMETADATA_HOST")
    if host:
        print(f"Catalog: the OpenMetadata at {host}", flush=True)
        yield
        return
    STAND_IN_STATE.mkdir(parents=True, exist_ok=True)
    ready_file = STAND_IN_STATE / "address"
    ready_file.unlink(missing_ok=True)
    process = subprocess.Popen(
        [sys.executable, "-m", "openmetadata_standin"]
        + ["--state", str(STAND_IN_STATE), "--port", "0", "--ready-file", str(ready_file)],
        stdout=subprocess.DEVNULL,
    )
    try:
        address = _address(process, ready_file)
        print(
            "Catalog: OPENMETADATA_HOST is not set, so a stand-in of OpenMetadata's API on"
            f" {address}, its state in {STAND_IN_STATE}",
            flush=True,
        )
        os.environ["OPENMETADATA_HOST"] = address
        os.environ.setdefault("OPENMETADATA_JWT_TOKEN", "any")
        yield
    finally:
        process.terminate()
        process.wait()


def _address(process: subprocess.Popen[bytes], ready_file: Path) -> str:
    deadline = time.monotonic() + SECONDS_TO_START
    while not ready_file.exists():
        if process.poll() is not None or time.monotonic() > deadline:
            raise DemoError(
                "the stand-in of OpenMetadata's API did not start: the lines above say why"
            )
        time.sleep(0.05)
    return ready_file.read_text(encoding="utf-8").strip()


if __name__ == "__main__":
    sys.exit(main())
