"""Runs the project's checks: `logmart check all [--deep | --only lint]`.

Every check runs, even after another has failed, three at a time where there are two cores. The
output of a check is shown when the check ends. The last lines give the result of each check, the
list of what was not checked with the reasons, and how many passed and failed.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import click

from logmart.checks import skipped_tests_plugin, sql_lint

MART = ".venv/bin/"
CATALOG = "ingestion/.venv/bin/"
OPERATIONS = "operations/.venv/bin/"
# One more than two cores: the catalog's tests wait for their servers for part of their time.
AT_A_TIME = min(2, os.cpu_count() or 1) + 1


@dataclass(frozen=True)
class Check:
    """A check: its name, command and extra environment, and what it never checks."""

    name: str
    command: list[str]
    environment: dict[str, str] = field(default_factory=dict)
    leaves_out: str = ""


@dataclass(frozen=True)
class Outcome:
    """The result of a check, and the reasons of its skipped tests."""

    check: Check
    code: int
    seconds: float
    not_checked: list[str]


def _command(*words: str) -> list[str]:
    """Return the command line of a `logmart` command."""
    return [f"{MART}python", "-m", "logmart", *words]


LINT = [
    Check("Python style", [f"{MART}ruff", "check", "--quiet", "."]),
    Check("Python format", [f"{MART}ruff", "format", "--check", "--quiet", "."]),
    Check(
        "Python types, mart",
        [f"{MART}mypy", "--strict", "logmart", "tests/python", "tests/trino"]
        + [
            f"operations/{part}"
            for part in ("messaging", "migration", "orchestration", "quality", "tableau", "tests")
        ]
        + [f"benchmarks/{part}" for part in ("gate", "mart", "migration", "pages")]
        + [f"benchmarks/{part}" for part in ("source", "sqlmesh", "trino")],
    ),
    Check(
        "Python types, catalog",
        [f"{CATALOG}mypy", "--config-file", "ingestion/pyproject.toml"]
        + [f"ingestion/{part}" for part in ("logmart_catalog", "openmetadata_standin", "tests")]
        + [f"benchmarks/{part}" for part in ("catalog", "lineage", "lint")],
    ),
    Check("YAML", [f"{MART}yamllint", "--strict", "."]),
    Check("SQL", _command("check", "sql")),
    Check("tracking plan", _command("plan", "check")),
    Check("docs/metrics.md", _command("pages", "metrics", "--check")),
    Check("scorecards' exposures", _command("pages", "exposures", "--check")),
    Check("docs/er.md", _command("pages", "er", "--check")),
    Check(
        "SQL, macros",
        [f"{MART}sqlfluff", "lint", *sql_lint.MACRO_RULES, *sql_lint.MACROS],
        leaves_out="the SQL style inside macros: sqlfluff cannot render one without its caller",
    ),
    Check("workflows", _command("check", "workflows")),
    Check("CloudFormation", [f"{OPERATIONS}cfn-lint", "operations/messaging/template.yml"]),
]
_PLUGINS = ["-p", "logmart.checks.skipped_tests_plugin"]
_PLUGINS += ["-p", "logmart.checks.rare_collections_plugin"]
_PYTEST = [*_PLUGINS, "-q", "-m"]
# These tests build the mart many times as files arrive.
_ARRIVALS = [
    f"tests/python/mart/test_{name}.py"
    for name in ("arrivals", "landing_zone", "records", "reprocessing", "sample_build")
]
TESTS = [
    Check(
        "catalog: pytest",
        [f"{CATALOG}python", "-m", "pytest", "ingestion/tests", *_PYTEST, "not deep"],
        {"PYTHONPATH": ".:ingestion"},
        "the catalog sync on a real OpenMetadata server: its tests run against the stand-in of its"
        " API",
    ),
    Check(
        "mart: data tests, unit tests, pytest",
        [f"{MART}python", "-m", "pytest", "tests/python/mart", *_PYTEST, "not deep"]
        + [f"--ignore={path}" for path in _ARRIVALS],
        leaves_out="the mart on a Trino server: `logmart trino test` builds and compares it there",
    ),
    Check(
        "mart: as files arrive",
        [f"{MART}python", "-m", "pytest", *_ARRIVALS, *_PYTEST, "not deep"],
    ),
    Check(
        "gate, rules, sample and the rest: pytest",
        [f"{MART}python", "-m", "pytest", "tests/python", *_PYTEST, "not deep"]
        + ["--ignore=tests/python/mart", "--ignore=tests/python/orchestration"],
    ),
    Check(
        "operations: the pipeline through Airflow",
        [f"{MART}python", "-m", "pytest", "tests/python/orchestration", *_PYTEST, "not deep"],
        leaves_out="Airflow's scheduler, and a worker that is killed: `make test-deep` runs them",
    ),
    Check(
        "operations: messages and migration",
        [f"{OPERATIONS}python", "-m", "pytest", "operations/tests", *_PYTEST, "not deep"],
        leaves_out="messages on AWS itself: their tests run on ElasticMQ and moto; a migration from"
        " MySQL's own server: its tests run on MariaDB",
    ),
]
DEEP = [
    Check(
        "mart: deep tests",
        [f"{MART}python", "-m", "pytest", "tests/python", *_PYTEST, "deep"],
    ),
    Check(
        "catalog: deep tests",
        [f"{CATALOG}python", "-m", "pytest", "ingestion/tests", *_PYTEST, "deep"],
        {"PYTHONPATH": ".:ingestion"},
    ),
    Check(
        "operations: deep tests of messages and migration",
        [f"{OPERATIONS}python", "-m", "pytest", "operations/tests", *_PYTEST, "deep"],
    ),
    Check(
        "the truth table of column lineage, its values changed in DuckDB",
        [f"{MART}python", "ingestion/tests/lineage/check_truth.py"],
    ),
]


@click.command(help=__doc__)
@click.option("--deep", is_flag=True, help="Run the checks that take longer.")
@click.option("--only", type=click.Choice(["lint"]), help="Run only a part of the checks.")
def main(deep: bool, only: str | None) -> int:
    """Run the selected checks; return 1 when any failed."""
    if deep and only:
        raise click.UsageError("--deep and --only exclude each other")
    # The longest checks come first, so that short ones fill the second process at the end.
    checks = DEEP if deep else LINT if only else [*TESTS, *LINT]
    started = time.monotonic()
    outcomes = run_checks(checks)
    report(outcomes, time.monotonic() - started)
    return int(any(outcome.code for outcome in outcomes))


def run_checks(checks: list[Check]) -> list[Outcome]:
    """Run checks, AT_A_TIME at a time; return their outcomes in the given order."""
    print(f"{len(checks)} checks, {AT_A_TIME} at a time; each is shown when it ends", flush=True)
    printing = threading.Lock()
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        futures = [pool.submit(_run, check, printing) for check in checks]
        try:
            return [future.result() for future in futures]
        except KeyboardInterrupt:
            pool.shutdown(cancel_futures=True)
            raise


def _run(check: Check, printing: threading.Lock) -> Outcome:
    with printing:
        print(f"   {check.name}: begun", flush=True)
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        notes = Path(folder) / "not-checked"
        done = subprocess.run(
            check.command,
            env={**os.environ, **check.environment, skipped_tests_plugin.VARIABLE: str(notes)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            check=False,
        )
        reasons = notes.read_text(encoding="utf-8").splitlines() if notes.exists() else []
    seconds = time.monotonic() - started
    with printing:
        print(f"\n== {check.name}\n{done.stdout}", end="")
        print(f"   {_verdict(done.returncode)} in {seconds:.0f} s", flush=True)
    left_out = [check.leaves_out] if check.leaves_out else []
    return Outcome(check, done.returncode, seconds, left_out + reasons)


def report(outcomes: list[Outcome], seconds: float) -> None:
    """Print the result of each check, what was not checked, and how many passed and failed."""
    print(f"\n== {len(outcomes)} checks in {seconds:.0f} s")
    for outcome in outcomes:
        print(f"  {_verdict(outcome.code):<6}  {outcome.seconds:>4.0f} s  {outcome.check.name}")
    counted = Counter(reason for outcome in outcomes for reason in outcome.not_checked)
    print(f"Not checked: {len(counted)}")
    for reason, count in counted.items():
        print(f"  - {reason}" + (f" ({count} tests)" if count > 1 else ""))
    failed = sum(outcome.code != 0 for outcome in outcomes)
    print(f"{len(outcomes) - failed} passed, {failed} failed", flush=True)


def _verdict(code: int) -> str:
    return "passed" if code == 0 else "FAILED"
