"""Measures the seconds from a checkout to the report of a one-model change, and of a full build.

`python -m benchmarks.gate.run` works in a worktree of HEAD on the sample, with installed
environments. It makes main's state, builds everything from nothing, changes the SQL of one mart
that no model reads, makes the report, and writes figures.md.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import tempfile
import time
from pathlib import Path

from logmart.errors import CommandError, run_command
from logmart.gate.local import checkout, head_commit, run_logmart
from logmart.gate.pull_request import FAILS

FIGURES = Path(__file__).parent / "figures.md"


def main() -> int:
    """Measure and write the figures."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.gate.run", description=__doc__)
    parser.parse_args()
    head = head_commit()
    with tempfile.TemporaryDirectory(prefix="gate-") as parent:
        state = Path(parent) / "state"
        with checkout(head) as work:
            _run(work, "sample", "write")
            made = _timed(work, "gate", "state", "--out", str(state))
            built = _timed(work, "mart", "build")
        started = time.monotonic()
        with checkout(head) as work:
            mart = _change_one_mart(work, state)
            _run(work, "sample", "write")
            _run(work, "gate", "report", "--state", str(state))
            reported = time.monotonic() - started
            report = json.loads((work / "target/pr-report/report.json").read_text("utf-8"))
    FIGURES.write_text(_figures(made, built, reported, report["built"], mart), encoding="utf-8")
    print(FIGURES.read_text(encoding="utf-8"))
    return 0


def _figures(made: float, built: float, reported: float, sentence: str, mart: str) -> str:
    nodes = sentence.split(", compared with", maxsplit=1)[0].lower()
    return (
        "Written by `python -m benchmarks.gate.run`; seconds, environments installed, the default"
        f" sample of 201,545 events,\n{os.cpu_count()} cores, Python"
        f" {platform.python_version()}.\n\n"
        "| | seconds |\n|---|---|\n"
        f"| a change of one mart (`{mart}`), from checkout to report: {nodes} | {reported:.0f} |\n"
        f"| `make build` from nothing | {built:.0f} |\n"
        f"| `make state`: the same build, with the catalog's state and lineage | {made:.0f} |\n"
    )


def _change_one_mart(work: Path, state: Path) -> str:
    """Change the SQL of the first mart that no model reads; return its name."""
    manifest = json.loads((state / "manifest.json").read_text("utf-8"))
    for unique_id, node in sorted(manifest["nodes"].items()):
        path = str(node["original_file_path"])
        read = any(child.startswith("model.") for child in manifest["child_map"].get(unique_id, ()))
        if path.startswith("models/marts/") and path.endswith(".sql") and not read:
            file = work / path
            file.write_text(file.read_text("utf-8").rstrip() + "\nwhere true\n", encoding="utf-8")
            return str(node["name"])
    raise CommandError("every mart is read by a model: there is none to change")


def _timed(work: Path, *words: str) -> float:
    started = time.monotonic()
    _run(work, *words)
    return time.monotonic() - started


def _run(work: Path, *words: str) -> None:
    status = run_logmart(work, *words)
    if status not in (0, FAILS):
        raise CommandError(f"logmart {' '.join(words[:2])} ended with {status}")


if __name__ == "__main__":
    run_command(main)
