"""Compares the catalog sync with the official client's dbt source, on equal artifacts and servers.

    ingestion/.venv/bin/python benchmarks/catalog/run.py --tables 36,336,2000 --latency-ms 0,5

Both tools run as commands in processes of their own, on the stand-in of OpenMetadata's API, which
counts their calls. Prints the figures as Markdown; progress is on stderr.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType

ROOT = Path(__file__).parents[2]
sys.path[0] = str(ROOT)

from benchmarks.catalog import artifacts, standin, tools  # noqa: E402
from benchmarks.catalog.floor import EDIT, FIRST, REBUILD, RUNS, SAME, measure  # noqa: E402
from benchmarks.catalog.report import (  # noqa: E402
    OURS,
    STOCK,
    TOOLS,
    Figures,
    Key,
    check_counts,
    report,
)

# With more tables than this, a tool is run only once.
MANY = 1000
# The artifacts of each kind of run.
_FOLDERS = {FIRST: "built", SAME: "built", EDIT: "edited", REBUILD: "rebuilt"}
_TOOLS: dict[str, tools.Tool] = {OURS: tools.ours, STOCK: tools.stock}
# The stock source makes the same calls on new results as on old ones.
_RUNS = {OURS: RUNS, STOCK: (FIRST, SAME, EDIT)}


def main() -> int:
    """Measure and print the figures; return 1 when the counts of equal runs differ."""
    options = _options()
    signal.signal(signal.SIGTERM, _stop)
    figures = Figures()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        say = _progress()
        say(f"dbt builds the project of 36 tables (seed {options.seed})")
        template = artifacts.make_artifacts(options.dbt, folder / "project", options.seed)
        benches = [
            _Bench(folder / str(tables), tables, options, figures, say) for tables in options.tables
        ]
        for bench in benches:
            bench.prepare(template)
        for latency in options.latency_ms:
            for bench in benches:
                for tool in options.tools:
                    bench.measure(tool, latency)
                    _write(figures, options)
    print(_text(figures, options), end="")
    odd = check_counts(figures.runs)
    for line in odd:
        say(f"equal runs made different calls: {line}")
    return 1 if odd else 0


def _write(figures: Figures, options: argparse.Namespace) -> None:
    """Write the figures so far, because a long benchmark may be interrupted."""
    if options.out:
        options.out.write_text(_text(figures, options), encoding="utf-8")


def _text(figures: Figures, options: argparse.Namespace) -> str:
    return f"{_heading(options)}\n\n{report(figures)}"


def _heading(options: argparse.Namespace) -> str:
    """Return the introduction of the figures, with the command that makes them."""
    lists = {"tables": options.tables, "latency-ms": options.latency_ms}
    given = [f"--{name} {','.join(map(str, values))}" for name, values in lists.items()]
    given += [f"--repeat {options.repeat}", f"--repeat-stock {options.repeat_stock}"]
    given += [f"--stock-seconds {options.stock_seconds:g}", f"--seed {options.seed}"]
    return (
        "# The catalog sync against the stock dbt source\n\n"
        f"Made by `benchmarks/catalog/run.py {' '.join(given)}` on {os.cpu_count()} cores."
        " What it does, and what is comparable: [README](../README.md)."
    )


class _Bench:
    """The measurements at one number of tables."""

    def __init__(
        self,
        folder: Path,
        tables: int,
        options: argparse.Namespace,
        figures: Figures,
        say: Callable[[str], None],
    ) -> None:
        self._folder = folder
        self._tables = tables
        self._options = options
        self._figures = figures
        self._say = say
        self._stopped = False

    def prepare(self, template: Path) -> None:
        """Write the artifacts and check that they can be parsed; make the tables for the stock
        source; plan offline.
        """
        built, edited, rebuilt = (self._folder / name for name in ("built", "edited", "rebuilt"))
        artifacts.write_copies(template, built, self._tables)
        artifacts.write_edited(built, edited)
        artifacts.write_rebuilt(edited, rebuilt)
        artifacts.check_parsed(built)
        self._figures.sizes[self._tables] = measure(built)
        if STOCK in self._options.tools:
            self._say(f"{self._tables} tables: the tables that the stock source needs")
            with standin.running(self._folder / "structure") as server:
                made = tools.stock_structure(server, built)
            self._figures.structure[self._tables] = made.calls.total
        self._say(f"{self._tables} tables: plan --offline")
        self._figures.offline[self._tables] = [
            tools.offline(built) for _ in range(self._options.repeat)
        ]

    def measure(self, tool: str, latency: float) -> None:
        """Measure every run of a tool."""
        for number in range(self._times(tool)):
            self._sequence(tool, latency, number)

    def _times(self, tool: str) -> int:
        """Return the number of runs of a tool."""
        times: int = self._options.repeat_stock if tool == STOCK else self._options.repeat
        return 1 if self._tables > MANY else times

    def _sequence(self, tool: str, latency: float, number: int) -> None:
        state = self._folder / "state"
        if tool == STOCK:
            shutil.copytree(self._folder / "structure", state)
        with standin.running(state) as server:
            server.delay(latency)
            for run in _RUNS[tool]:
                if tool == STOCK and self._stopped:
                    break
                cap = self._options.stock_seconds if tool == STOCK else float("inf")
                found = _TOOLS[tool](server, self._folder / _FOLDERS[run], cap)
                key = Key(self._tables, latency, tool, run)
                self._figures.runs.setdefault(key, []).append(found)
                self._stopped |= not found.spent.ended
                self._say(
                    f"{self._tables} tables, {latency:g} ms, {tool}, {run}, {number + 1}:"
                    f" {found.calls.total} calls, {found.calls.writes.total()} writes,"
                    f" {found.spent.wall:.1f} s{'' if found.spent.ended else ', stopped'}"
                )
        shutil.rmtree(state)


def _progress() -> Callable[[str], None]:
    started = time.monotonic()

    def say(text: str) -> None:
        print(f"[{time.monotonic() - started:6.0f} s] {text}", file=sys.stderr, flush=True)

    return say


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Compares the catalog sync with the stock source.")
    parser.add_argument("--tables", type=_numbers, default=[36, 336, 2000], help="e.g. 36,336,2000")
    parser.add_argument(
        "--latency-ms", type=_numbers, default=[0, 5], help="added to each answer, e.g. 0,5"
    )
    parser.add_argument(
        "--repeat", type=int, default=3, help=f"runs for a median, up to {MANY} tables"
    )
    parser.add_argument("--repeat-stock", type=int, default=1, help="the same for the stock source")
    parser.add_argument(
        "--stock-seconds",
        type=float,
        default=1800,
        metavar="N",
        help="a run of the stock source is stopped after so long, and those after it left out",
    )
    parser.add_argument(
        "--tools", type=lambda text: text.split(","), default=list(TOOLS), help=",".join(TOOLS)
    )
    parser.add_argument("--seed", type=int, default=4, help="of the generated project")
    parser.add_argument("--dbt", type=Path, default=ROOT / ".venv/bin/dbt", help="with dbt-duckdb")
    parser.add_argument("--out", type=Path, metavar="FILE", help="write the figures there, too")
    return parser.parse_args()


def _stop(signum: int, frame: FrameType | None) -> None:
    """Exit as on an error, so that the server is stopped and the scratch folder removed."""
    raise KeyboardInterrupt


def _numbers(text: str) -> list[int]:
    return [int(number) for number in text.split(",")]


if __name__ == "__main__":
    sys.exit(main())
