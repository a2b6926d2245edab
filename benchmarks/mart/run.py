"""Measures the mart, and compares its core with a hand-written script:
`python -m benchmarks.mart.run --events 1000000,10000000`.

For each number of events and of planned events, it makes a landing zone of 30 days, reads the lines
alone, builds the core with dbt, from the lines to sessions and events, then the other models, and
runs their tests. It makes the tables of the core with the script. Then it lands one more day and
builds again, the models incrementally, the script from nothing. After each step it compares the
tables of the core row by row. It adds the measurements to figures.json, which keeps those of other
sizes, and writes figures.md from it.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from benchmarks.mart.compare import CORE, compare
from benchmarks.mart.figures import write_figures
from benchmarks.mart.make_landing import Landing, land_next_day, make_landing, planned_project
from logmart.errors import CommandError, run_command
from logmart.mart.load_in_parts import build_in_parts, loaded_in
from logmart.settings import PROJECT

STORED = Path(__file__).with_name("figures.json")
DBT_THREADS = 2
BUILD = ["build", "--exclude-resource-type", "test", "--exclude-resource-type", "unit_test"]
_CORE_MODELS = [f"+{table}" for table in CORE]
_TOP = 15


@dataclass(frozen=True)
class Run:
    """The cost of a command: wall-clock and CPU seconds, and its peak resident memory."""

    seconds: float
    processor_seconds: float
    peak_bytes: int
    database_bytes: int = 0
    # The seconds in which dbt ran nodes; the rest of the time is its start and parsing.
    node_seconds: float = 0.0
    slowest: dict[str, float] = field(default_factory=dict)
    # The seconds of each part, when files were loaded in parts.
    parts: list[float] = field(default_factory=list)


def seconds_of_nodes(target_path: Path) -> tuple[float, dict[str, float]]:
    """Return the seconds in which dbt ran nodes, and the seconds of the slowest nodes by name."""
    results = json.loads((target_path / "run_results.json").read_text(encoding="utf-8"))
    took = {
        result["unique_id"].split(".")[2]: round(result["execution_time"], 2)
        for result in sorted(results["results"], key=lambda each: -each["execution_time"])
    }
    return round(results["elapsed_time"], 2), dict(list(took.items())[:_TOP])


@dataclass(frozen=True)
class Bench:
    """The folders of one case: `work` holds the data, `project` the project that dbt builds."""

    work: Path
    project: Path
    memory_limit: str
    threads: int = DBT_THREADS

    @property
    def environment(self) -> dict[str, str]:
        """Return the environment of all commands, without the caller's settings."""
        kept = {
            name: value for name, value in os.environ.items() if not name.startswith("LOGMART_")
        }
        return kept | {
            "DBT_PROFILES_DIR": "profiles",
            "LOGMART_LANDING": str(self.work / "landing"),
            "LOGMART_DATABASE": str(self.database("models")),
            "LOGMART_ID_KEY": "a key for the benchmark alone",
            "LOGMART_MEMORY_LIMIT": self.memory_limit,
            "LOGMART_THREADS": str(self.threads),
        }

    def database(self, made_by: str) -> Path:
        """Return the database of the models or of the script."""
        return self.work / made_by / "logmart.duckdb"

    def dbt(self, *arguments: str) -> Run:
        """Run dbt and read the seconds of each node from its artifacts."""
        target = self.work / "target"
        dbt = [str(Path(sys.executable).with_name("dbt")), "--quiet", "--log-level-file", "none"]
        run = self._timed([*dbt, *arguments, "--target-path", str(target)], self.project)
        node_seconds, slowest = seconds_of_nodes(target)
        return Run(
            **asdict(run)
            | {
                "node_seconds": node_seconds,
                "slowest": slowest,
                "database_bytes": self.database("models").stat().st_size,
            }
        )

    def build_core(self, load_at_most_mib: int | None) -> Run:
        """Build the core in one run or in parts; return the total cost, with the peak memory."""
        core = ["--select", *_CORE_MODELS]
        if not load_at_most_mib:
            return self.dbt(*BUILD, *core)
        parts: list[Run] = []

        def build(stage: str, arguments: Sequence[str]) -> None:
            at_most = f"{{load_at_most_mib: {load_at_most_mib}}}"
            parts.append(self.dbt(*BUILD, *(arguments or core), "--vars", at_most))
            _reported(f"  {stage}", parts[-1])

        build_in_parts(build, lambda: loaded_in(self.database("models")), load_at_most_mib)
        slowest = sum((Counter(part.slowest) for part in parts), Counter[str]())
        return Run(
            seconds=round(sum(part.seconds for part in parts), 2),
            processor_seconds=round(sum(part.processor_seconds for part in parts), 2),
            peak_bytes=max(part.peak_bytes for part in parts),
            database_bytes=parts[-1].database_bytes,
            node_seconds=round(sum(part.node_seconds for part in parts), 2),
            slowest={name: round(took, 2) for name, took in slowest.most_common(_TOP)},
            parts=[part.seconds for part in parts],
        )

    def build_rest(self) -> Run:
        """Build the models after the core."""
        return self.dbt(*BUILD, "--exclude", *_CORE_MODELS)

    def by_hand(self) -> Run:
        """Make the tables of the core with the hand-written script, from nothing."""
        database, seconds = self.database("by_hand"), self.work / "by_hand.json"
        run = self._timed(
            [sys.executable, "-m", "benchmarks.mart.by_hand", "--landing"]
            + [str(self.work / "landing"), "--database", str(database), "--seconds", str(seconds)],
            PROJECT,
        )
        took = json.loads(seconds.read_text(encoding="utf-8"))
        slowest = sorted(took.items(), key=lambda each: -float(each[1]))[:_TOP]
        return Run(
            **asdict(run)
            | {
                "node_seconds": round(sum(took.values()), 2),
                "slowest": {name: round(value, 2) for name, value in slowest},
                "database_bytes": database.stat().st_size,
            }
        )

    def floor(self, reading: str) -> Run:
        """Read the app's files without storing anything."""
        landing = str(self.work / "landing")
        return self._timed(
            [sys.executable, "-m", "benchmarks.mart.floor", reading, "--landing", landing], PROJECT
        )

    def _timed(self, command: Sequence[str], folder: Path) -> Run:
        """Run a command. Raises CommandError with its output when it fails."""
        with tempfile.TemporaryFile() as output:
            started = time.monotonic()
            process = subprocess.Popen(
                command,
                cwd=folder,
                env=self.environment,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
            _, status, usage = os.wait4(process.pid, 0)
            seconds = time.monotonic() - started
            process.returncode = os.waitstatus_to_exitcode(status)
            output.seek(0)
            if process.returncode:
                printed = output.read().decode(errors="replace")[-4_000:]
                raise CommandError(
                    f"{' '.join(command)} ended with {process.returncode}:\n{printed}"
                )
        return Run(
            seconds=round(seconds, 2),
            processor_seconds=round(usage.ru_utime + usage.ru_stime, 2),
            peak_bytes=usage.ru_maxrss * 1024,
        )


@dataclass(frozen=True)
class Case:
    """One case: the size of the landing zone, DuckDB's limits, and the steps to run."""

    landing: Landing
    memory_limit: str
    load_at_most_mib: int | None
    threads: int
    has_tests: bool
    has_script: bool


def measure(case: Case, work: Path) -> dict[str, Any]:
    """Measure one case; return its entry for figures.json.

    Raises CommandError when a command fails or a row differs.
    """
    landing = case.landing
    _say(f"{landing.events:,} events, {landing.plan_size} planned: landing them")
    counts = make_landing(work, landing)
    project = PROJECT
    if landing.further_events:
        project = work / "project"
        planned_project(project, landing)
    bench = Bench(work, project, case.memory_limit, case.threads)
    found: dict[str, Any] = {
        "measured_on": date.today().isoformat(),
        "events": landing.events,
        "planned": landing.plan_size,
        "lines": counts,
        "landed_bytes": _landed_bytes(work),
        "memory_limit": case.memory_limit,
        "load_at_most_mib": case.load_at_most_mib,
        "dbt_threads": case.threads,
    }
    for name in ("lines", "typed"):
        found[f"floor_{name}"] = _reported(f"reading {name}", bench.floor(name))
    found["core"] = _reported("core, first build", bench.build_core(case.load_at_most_mib))
    found["rest"] = _reported("other models, first build", bench.build_rest())
    if case.has_tests:
        found["tests"] = _reported("data tests and unit tests", bench.dbt("test"))
    if case.has_script:
        found["by_hand"] = _reported("by hand", bench.by_hand())
        found["equal_tables"] = _compared(bench)
    land_next_day(work)
    found["core_next_day"] = _reported("core, one more day", bench.build_core(None))
    found["rest_next_day"] = _reported("other models, one more day", bench.build_rest())
    if case.has_script:
        found["by_hand_next_day"] = _reported("by hand, all days again", bench.by_hand())
        found["equal_tables_next_day"] = _compared(bench)
    return found


def _compared(bench: Bench) -> int:
    """Return the number of equal tables. Raises CommandError when a table differs."""
    tables = compare(bench.database("models"), bench.database("by_hand"))
    different = [table.sentence() for table in tables if table.is_different]
    if different:
        raise CommandError(
            "the models and the script by hand made other rows (first: models):\n"
            + "\n".join(different)
        )
    _say(f"  {len(tables)} tables are equal, row by row")
    return len(tables)


def _landed_bytes(work: Path) -> int:
    return sum(file.stat().st_size for file in (work / "landing").rglob("*.gz"))


def _reported(label: str, run: Run) -> dict[str, Any]:
    _say(
        f"  {label}: {run.seconds:.1f} s, {run.processor_seconds:.1f} s of processors,"
        f" {run.peak_bytes / 2**30:.2f} GiB"
    )
    return asdict(run)


def _say(line: str) -> None:
    print(line, flush=True)


def _stored() -> list[dict[str, Any]]:
    if not STORED.exists():
        return []
    cases: list[dict[str, Any]] = json.loads(STORED.read_text(encoding="utf-8"))
    return cases


def main() -> int:
    """Measure the cases that the arguments name."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.mart.run", description=__doc__)
    parser.add_argument("--events", type=_numbers, default=[1_000_000], help="comma-separated")
    parser.add_argument(
        "--planned", type=_numbers, default=[0], help="planned events; 0: as in the project"
    )
    parser.add_argument("--work", type=Path, help="where the data is; default: a temporary folder")
    parser.add_argument("--keep", action="store_true", help="leave the data there")
    parser.add_argument("--without-tests", action="store_true", help="run no data or unit tests")
    parser.add_argument(
        "--models-alone", action="store_true", help="no script by hand: compare no row"
    )
    parser.add_argument(
        "--load-at-most-mib", type=int, help="load the first days in parts of so many MiB a source"
    )
    parser.add_argument("--memory-limit", default="8GiB", help="what DuckDB may take for its data")
    parser.add_argument("--dbt-threads", type=int, default=DBT_THREADS, help="models at a time")
    options = parser.parse_args()
    parent = options.work or Path(tempfile.mkdtemp(prefix="bench-mart-"))
    for events in options.events:
        for planned in options.planned:
            landing = Landing(events, planned=planned)
            case = Case(
                landing,
                options.memory_limit,
                options.load_at_most_mib,
                options.dbt_threads,
                has_tests=not options.without_tests,
                has_script=not options.models_alone,
            )
            work = parent / f"{events}-{landing.plan_size}"
            try:
                measured = measure(case, work)
            finally:
                if not options.keep:
                    shutil.rmtree(work, ignore_errors=True)
            others = [
                each
                for each in _stored()
                if (each["events"], each["planned"]) != (events, landing.plan_size)
            ]
            cases = sorted([*others, measured], key=lambda each: (each["events"], each["planned"]))
            STORED.write_text(json.dumps(cases, indent=1) + "\n", encoding="utf-8")
            print(write_figures(cases))
    return 0


def _numbers(text: str) -> list[int]:
    return [int(part) for part in text.replace("_", "").split(",")]


if __name__ == "__main__":
    run_command(main)
