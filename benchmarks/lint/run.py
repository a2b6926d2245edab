"""Measures the linters on changed files and on all SQL: `python -m benchmarks.lint.run`.

Works on a clone of the last commit in a temporary folder, with this project's environment. Prints a
table in Markdown: wall-clock and CPU seconds, as the median of the runs.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
CHANGED = [".venv/bin/python", "-m", "logmart", "check", "changed", "--base", "HEAD"]
ALL = [".venv/bin/python", "-m", "logmart", "check", "sql"]


@dataclass(frozen=True)
class Case:
    """A command, and the file that gets a comment before it runs."""

    name: str
    command: list[str]
    changed: str = ""


CASES = [
    Case("all SQL", ALL),
    Case("one model changed", CHANGED, "models/marts/growth/retention_cohorts.sql"),
    Case("one macro changed", CHANGED, "macros/utils/now.sql"),
    Case("one YAML file changed", CHANGED, "models/marts/growth/_growth__models.yml"),
]
COMMENTS = {".sql": "\n{# Changed. #}\n", ".yml": "\n# Changed.\n"}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeat", type=int, default=1, help="runs of each case")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        clone = Path(folder) / "clone"
        subprocess.run(["git", "clone", "--quiet", str(PROJECT), str(clone)], check=True)
        (clone / ".venv").symlink_to(PROJECT / ".venv")
        # Warm dbt's parse cache, as during normal work.
        seconds(clone, Case("warm", [".venv/bin/sqlfluff", "lint", "analyses"]))
        print("| | seconds | of processor time |\n|---|---|---|")
        for case in CASES:
            runs = [seconds(clone, case) for _ in range(options.repeat)]
            clock, processor = (statistics.median(column) for column in zip(*runs, strict=True))
            print(f"| {case.name} | {clock:.1f} | {processor:.1f} |", flush=True)


def seconds(clone: Path, case: Case) -> tuple[float, float]:
    """Run a case in the clone; return its wall-clock and CPU seconds."""
    changed = clone / case.changed
    before = changed.read_text(encoding="utf-8") if case.changed else ""
    if case.changed:
        changed.write_text(before.rstrip("\n") + COMMENTS[changed.suffix], encoding="utf-8")
    began, used = time.monotonic(), _processor()
    subprocess.run(
        case.command,
        cwd=clone,
        env={
            **os.environ,
            "LOGMART_DATABASE": "target/lint/logmart.duckdb",
            "LOGMART_LANDING": "target/lint/landing",
            "LOGMART_ID_KEY": "the key of a database without rows",
        },
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=True,
    )
    measured = time.monotonic() - began, _processor() - used
    if case.changed:
        changed.write_text(before, encoding="utf-8")
    return measured


def _processor() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()
