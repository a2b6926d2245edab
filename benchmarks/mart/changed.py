"""Measures what a build costs that leaves unchanged nodes out: `python -m benchmarks.mart.changed`.

Each case is a change of the sample's mart, built by `logmart mart build` and, from a copy of the
same state, by `logmart mart build --run-all`. Figures go to changed.md. The project is the one of
this checkout; landing zone and databases are in a temporary folder.
"""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
FIGURES = Path(__file__).with_name("changed.md")
LAST_DAY = "dt=2026-03-01"


@dataclass(frozen=True)
class Cost:
    """Seconds of a build, on the clock and of the processors, and the nodes that it left out."""

    clock: float
    processors: float
    left_out: str


@dataclass(frozen=True)
class Case:
    """A change: what it is, which files of the last landed day it adds, which variables it sets."""

    name: str
    lands: tuple[str, ...] = ()
    variables: str = "{}"


CASES = (
    Case("nothing"),
    Case("the clock of the SLA ledger", variables="{ledger_until: '2026-03-02 09:00:00'}"),
    Case("a day of operations' records", lands=("operations",)),
    Case("a day of the CRM's records", lands=("crm",)),
    Case("a day of every source", lands=("app", "bank", "crm", "operations")),
)


def main() -> None:
    """Run the cases and write the figures."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _logmart(folder, {}, "sample", "write", "--out", str(folder))
        later = folder / "later"
        for day in (folder / "landing").glob(f"*/{LAST_DAY}"):
            shutil.move(day, later / day.parent.name / day.name)
        first = _build(folder, "first", "{}", runs_all=False)
        rows = [f"| the first build | {first.clock:.0f} | {first.processors:.0f} | | | |"]
        for case in CASES:
            rows.append(_measure(folder, later, case))
        _write(rows)


def _measure(folder: Path, later: Path, case: Case) -> str:
    """Build a case from two copies of the first build, and return its row."""
    for source in case.lands:
        if (later / source / LAST_DAY).exists():
            shutil.copytree(later / source / LAST_DAY, folder / "landing" / source / LAST_DAY)
    costs = []
    for runs_all in (False, True):
        shutil.rmtree(folder / "case", ignore_errors=True)
        shutil.copytree(folder / "first", folder / "case")
        costs.append(_build(folder, "case", case.variables, runs_all=runs_all))
    for source in case.lands:
        shutil.rmtree(folder / "landing" / source / LAST_DAY, ignore_errors=True)
    changed, whole = costs
    figures = f"{changed.clock:.0f} | {changed.processors:.0f} | {changed.left_out}"
    return f"| {case.name} | {figures} | {whole.clock:.0f} | {whole.processors:.0f} |"


def _build(folder: Path, state: str, variables: str, *, runs_all: bool) -> Cost:
    places = {
        "LOGMART_LANDING": str(folder / "landing"),
        "LOGMART_DATABASE": str(folder / state / "build/logmart.duckdb"),
        "LOGMART_PUBLISHED": str(folder / state / "logmart.duckdb"),
        "LOGMART_ID_KEY": "the key of the benchmark, long enough",
    }
    words = ["mart", "build", "--vars", variables, "--target-path", str(folder / state / "target")]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.monotonic()
    printed = _logmart(folder, places, *words, *(["--run-all"] if runs_all else []))
    clock = time.monotonic() - started
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    processors = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    left_out = [
        line.split(" nodes ")[0] for line in printed.splitlines() if "and do not run" in line
    ]
    return Cost(clock, processors, "".join(left_out))


def _logmart(folder: Path, places: Mapping[str, str], *words: str) -> str:
    command = [sys.executable, "-m", "logmart", *words]
    environment = {**os.environ, **places}
    done = subprocess.run(
        command, cwd=PROJECT, env=environment, check=True, capture_output=True, text=True
    )
    return done.stdout


def _write(rows: list[str]) -> None:
    FIGURES.write_text(
        "Written by `python -m benchmarks.mart.changed`, on the sample of 200,000 events, with its"
        " tests.\n\n"
        "| what has changed | seconds | processors' seconds | nodes left out | `--run-all`: seconds"
        " | processors' seconds |\n| --- | --- | --- | --- | --- | --- |\n"
        + "\n".join(rows)
        + "\n",
        encoding="utf-8",
    )


if __name__ == "__main__":
    main()
