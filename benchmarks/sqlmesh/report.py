"""Writes the figures as a Markdown page."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from benchmarks.sqlmesh.compare import Difference


@dataclass(frozen=True)
class Cost:
    """The cost of a command: wall-clock and CPU seconds, and its peak memory."""

    seconds: float
    processor: float
    peak_mib: float


@dataclass(frozen=True)
class Floor:
    """The cost of the floor's query on one version of DuckDB."""

    version: str
    seconds: float
    processor: float


@dataclass(frozen=True)
class Added:
    """The cost of adding a column in a separate environment, and the models that were built."""

    cost: Cost
    built: Sequence[str]


@dataclass
class Tool:
    """A tool: its commands for the first build and for one more day, and the cost of each.

    `engine` names the DuckDB that it runs on: "ours" or "its own".
    """

    label: str
    engine: str
    database: Path
    first: list[str]
    more: list[str]
    cwd: Path
    env: dict[str, str]
    costs: dict[str, list[Cost]] = field(default_factory=lambda: {"first": [], "more": []})


@dataclass(frozen=True)
class Figures:
    """All measurements. The floors are on our DuckDB and on SQLMesh's own, in this order.

    `firsts` compares each peer's rows with ours after the first build; `mores` compares each tool's
    with a rebuild after one more day. `late` counts the landed lines that a peer never read, and
    their files. `by_time` compares user-days that are incremental by time with rebuilt ones.
    """

    conditions: str
    tools: Sequence[Tool]
    floors: Sequence[Floor]
    firsts: Mapping[str, Sequence[Difference]]
    mores: Mapping[str, Sequence[Difference]]
    late: Mapping[str, tuple[int, int]]
    by_time: Sequence[Difference]
    restated: Cost
    added: Added


def page(figures: Figures) -> str:
    """Return the figures as Markdown."""
    repeat = len(figures.tools[0].costs["first"])
    runs = f"medians of {repeat} runs" if repeat > 1 else "one run"
    lines = [f"Written by {figures.conditions}; {runs}.", "", *_costs(figures)]
    lines += ["", "The floor, one query in DuckDB alone:", ""]
    lines += _table(
        ["DuckDB", "s", "processor, s"],
        [[each.version, f"{each.seconds:.1f}", f"{each.processor:.1f}"] for each in figures.floors],
    )
    lines += ["", "Rows after the first build, beside ours:", ""]
    lines += _differences(figures.firsts)
    lines += ["", "Rows after one more day, beside our rebuild from nothing:", ""]
    lines += _differences(figures.mores)
    lines += ["", "User-days by time, beside SQLMesh's own made anew, after one more day:", ""]
    lines += _differences({"SQLMesh, user-days by time": figures.by_time})
    lines += ["", "Landed lines that it never read:", ""]
    lines += _table(
        ["", "lines", "files"],
        [[label, f"{lines:,}", f"{files:,}"] for label, (lines, files) in figures.late.items()],
    )
    restated, added = figures.restated, figures.added
    lines += [
        "",
        "SQLMesh told to restate its base from the partition of the late file on:"
        f" {restated.seconds:.1f} s, {restated.processor:.1f} s of processor time.",
        "",
        "A column added to `int_judged_events`, in a virtual environment of SQLMesh:"
        f" {added.cost.seconds:.1f} s, {added.cost.processor:.1f} s of processor time;",
        f"built: {', '.join(f'`{name}`' for name in added.built)}.",
    ]
    return "\n".join([*lines, ""])


def _costs(figures: Figures) -> list[str]:
    versions = {"ours": figures.floors[0].version, "its own": figures.floors[1].version}
    rows = []
    for tool in figures.tools:
        row = [tool.label, versions[tool.engine]]
        for costs in (tool.costs["first"], tool.costs["more"]):
            row += [
                _median(costs, lambda cost: cost.seconds, ".1f"),
                _median(costs, lambda cost: cost.processor, ".1f"),
                _median(costs, lambda cost: cost.peak_mib, ",.0f"),
            ]
        rows.append(row)
    measured = ["processor, s", "peak MiB"]
    return _table(["", "DuckDB", "first build, s", *measured, "one more day, s", *measured], rows)


def _median(costs: Sequence[Cost], figure: Callable[[Cost], float], form: str) -> str:
    return format(median(figure(cost) for cost in costs), form)


def _differences(found: Mapping[str, Sequence[Difference]]) -> list[str]:
    return _table(
        [
            "",
            "model",
            "columns",
            "rows",
            "rows it should have",
            "missing or different",
            "too many or different",
        ],
        [
            [
                label,
                f"`{each.model.split('.')[1]}`",
                str(each.column_count),
                f"{each.there:,}",
                f"{each.here:,}",
                f"{each.here_only:,}",
                f"{each.there_only:,}",
            ]
            for label, differences in found.items()
            for each in differences
        ],
    )


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    return [f"| {' | '.join(cells)} |" for cells in (head, ["---"] * len(head), *rows)]
