"""The command `python -m openmetadata_standin --state PATH`; `--help` lists the rest."""

from __future__ import annotations

import argparse
import os
import signal
import sqlite3
import sys
from pathlib import Path
from types import FrameType

from openmetadata_standin.behaviours import versions
from openmetadata_standin.models import import_client_lightly

STATE_FILE = "openmetadata-standin.sqlite"


def main(arguments: list[str]) -> int:
    """Serve until stopped; print the API's address on stdout.

    Return 0 when stopped, 2 with one line on stderr when the server cannot start.
    """
    options = _parser().parse_args(arguments)
    import_client_lightly()
    # Imported here, after the light import, since these modules load the client's models.
    from openmetadata_standin.server import HOST, StandIn, make_server  # noqa: PLC0415
    from openmetadata_standin.store import Store  # noqa: PLC0415

    try:
        store = Store(state_file(options.state))
        version = versions.server_version(options.server)
        server = make_server(StandIn(store, options.token, version), options.port)
    except (OSError, sqlite3.Error) as error:
        print(f"openmetadata_standin: cannot start: {error}", file=sys.stderr)
        return 2
    site = f"http://{HOST}:{server.server_port}"
    address = f"{site}/api"
    if options.ready_file is not None:
        write_whole(options.ready_file, f"{address}\n")
    else:
        print(
            f"For a browser: {site}  For clients: OPENMETADATA_HOST={address}  Ctrl-C stops it.",
            file=sys.stderr,
            flush=True,
        )
    print(address, flush=True)
    signal.signal(signal.SIGTERM, _stop)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        pass
    finally:
        server.server_close()
        store.close()
    return 0


def state_file(path: Path) -> Path:
    """Return the state file: the path itself, or a file in it when the path is a folder or has no
    suffix.
    """
    return path / STATE_FILE if path.is_dir() or not path.suffix else path


def write_whole(path: Path, text: str) -> None:
    """Write a file atomically: a reader sees the whole text or no file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.part")
    part.write_text(text, encoding="utf-8")
    os.replace(part, path)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m openmetadata_standin",
        description="A stand-in of OpenMetadata's API for demo and tests, on loopback only.",
    )
    parser.add_argument("--state", type=Path, required=True, help="file or folder of the state")
    parser.add_argument(
        "--port", type=int, default=0, help="port; 0, the default, takes a free one"
    )
    parser.add_argument(
        "--server",
        choices=versions.SERIES,
        default=versions.DEFAULT,
        help="the version of OpenMetadata to copy, by default %(default)s; 1.2 and 1.12 were tried"
        f" on a real server, {versions.READ_ALONE} is known from reading alone",
    )
    parser.add_argument("--token", help="the only accepted token; by default any is accepted")
    parser.add_argument("--ready-file", type=Path, help="file to write the address to when ready")
    return parser


def _stop(signum: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
