"""Runs the project's checks: `python -m scripts.checks [--deep | --only lint]`.

Every check runs, whatever the ones before it found. The last lines say how each ended, and what was
not checked and why.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from scripts import not_checked
from scripts.errors import run_command

MART = ".venv/bin/"
CATALOG = "ingestion/.venv/bin/"
NEVER_CHECKED = [
    "the catalog sync on a real OpenMetadata server: its tests run against the stand-in of its API",
    "the SQL style of sources that dbt_project.yml leaves switched off: sqlfluff passes them over",
]


@dataclass(frozen=True)
class Check:
    """A command, what it checks, and what it needs in its environment."""

    name: str
    command: list[str]
    environment: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Outcome:
    """How a check ended."""

    check: Check
    code: int
    seconds: float


# sqlfluff renders models through dbt: on a database that never holds a table, so that the branch of
# an incremental model is the same on every machine.
_LINT_STATE = {
    "LOGMART_DATABASE": "target/lint/logmart.duckdb",
    "LOGMART_LANDING": "target/lint/landing",
}
LINT = [
    Check("Python style", [f"{MART}ruff", "check", "--quiet", "."]),
    Check("Python format", [f"{MART}ruff", "format", "--check", "--quiet", "."]),
    Check("Python types, mart", [f"{MART}mypy", "--strict", "landing", "scripts", "tests/python"]),
    Check(
        "Python types, catalog",
        [f"{CATALOG}mypy", "--config-file", "ingestion/pyproject.toml"]
        + [f"ingestion/{part}" for part in ("logmart_catalog", "openmetadata_standin", "tests")],
    ),
    Check("YAML", [f"{MART}yamllint", "--strict", "."]),
    Check("SQL", [f"{MART}sqlfluff", "lint", "models", "tests/singular"], _LINT_STATE),
]
_PYTEST = ["-p", "scripts.not_checked", "-q", "-m"]
TESTS = [
    Check(
        "mart: data tests, unit tests, pytest",
        [f"{MART}python", "-m", "pytest", "tests/python", *_PYTEST, "not deep"],
    ),
    Check(
        "catalog: pytest",
        [f"{CATALOG}python", "-m", "pytest", "ingestion/tests", *_PYTEST, "not deep"],
        {"PYTHONPATH": ".:ingestion"},
    ),
]
DEEP = [
    Check(
        "mart: deep tests",
        [f"{MART}python", "-m", "pytest", "tests/python", *_PYTEST, "deep"],
    ),
]


def main() -> int:
    """Run the checks that were asked for; return 1 when any failed."""
    parser = argparse.ArgumentParser(prog="python -m scripts.checks", description=__doc__)
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--deep", action="store_true", help="the checks that take longer")
    which.add_argument("--only", choices=["lint"], help="a part of the checks")
    options = parser.parse_args()
    checks = DEEP if options.deep else LINT if options.only else [*LINT, *TESTS]
    with tempfile.TemporaryDirectory() as folder:
        notes = Path(folder) / "not-checked"
        outcomes = [_run(check, notes) for check in checks]
        reasons = notes.read_text(encoding="utf-8").splitlines() if notes.exists() else []
    _report(outcomes, reasons if options.only else [*NEVER_CHECKED, *reasons])
    return int(any(outcome.code for outcome in outcomes))


def _run(check: Check, notes: Path) -> Outcome:
    print(f"\n== {check.name}", flush=True)
    started = time.monotonic()
    environment = {**os.environ, **check.environment, not_checked.VARIABLE: str(notes)}
    code = subprocess.run(check.command, env=environment, check=False).returncode
    seconds = time.monotonic() - started
    print(f"   {_verdict(code)} in {seconds:.0f} s", flush=True)
    return Outcome(check, code, seconds)


def _report(outcomes: list[Outcome], reasons: list[str]) -> None:
    seconds = sum(outcome.seconds for outcome in outcomes)
    print(f"\n== {len(outcomes)} checks in {seconds:.0f} s")
    for outcome in outcomes:
        print(f"  {_verdict(outcome.code):<6}  {outcome.seconds:>4.0f} s  {outcome.check.name}")
    counted = Counter(reasons)
    print(f"Not checked: {len(counted)}")
    for reason, count in counted.items():
        print(f"  - {reason}" + (f" ({count} tests)" if count > 1 else ""))
    sys.stdout.flush()


def _verdict(code: int) -> str:
    return "passed" if code == 0 else "FAILED"


if __name__ == "__main__":
    run_command(main)
