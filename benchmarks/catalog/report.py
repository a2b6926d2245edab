"""Writes the figures as Markdown tables. Pure functions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from math import ceil
from statistics import median

from benchmarks.catalog.floor import (
    BULK,
    EDIT,
    FIRST,
    REBUILD,
    RUNS,
    SAME,
    WHY,
    Floor,
    Size,
    floors,
)
from benchmarks.catalog.standin import KINDS
from benchmarks.catalog.tools import Run, Spent

OURS, STOCK = "logmart", "stock"
TOOLS = (OURS, STOCK)
WITHIN = 1.2
# The stock source's calls by number of tables, counted before this benchmark existed; the goal is
# relative to them.
STOCK_CALLS = {336: 5972}
OFFLINE_SECONDS, OFFLINE_MIB = 15, 1024
MANY = 1000


@dataclass(frozen=True)
class Key:
    """The key by which runs are grouped: tables, milliseconds added to each answer, tool, and kind
    of run.
    """

    tables: int
    latency: float
    tool: str
    run: str


@dataclass
class Figures:
    """All measurements: the sizes, the runs, the calls that make the tables for the stock source,
    and the offline plans, by number of tables.
    """

    sizes: dict[int, Size] = field(default_factory=dict)
    runs: dict[Key, list[Run]] = field(default_factory=dict)
    structure: dict[int, int] = field(default_factory=dict)
    offline: dict[int, list[Spent]] = field(default_factory=dict)

    def latencies(self) -> list[float]:
        """Return the measured latencies, sorted."""
        return sorted({key.latency for key in self.runs})

    def first(self, tables: int, tool: str, run: str) -> Run | None:
        """Return a run of a kind at the smallest latency; all runs of a kind have equal counts."""
        found = self.runs.get(Key(tables, self.latencies()[0], tool, run))
        return found[0] if found else None


def report(figures: Figures) -> str:
    """Return the whole report."""
    parts = [
        ("Goals", _goals(figures)),
        ("Calls", _calls(figures)),
        ("Calls by kind", "\n\n".join(_by_kind(figures, tables) for tables in figures.sizes)),
        ("Calls by method and route", _by_route(figures)),
        ("Seconds", _seconds(figures)),
        ("Planning offline", _offline(figures)),
        ("What was published", _sizes(figures)),
    ]
    return "\n\n".join(f"## {title}\n\n{text}" for title, text in parts) + "\n"


def check_counts(runs: Mapping[Key, list[Run]]) -> list[str]:
    """Return a message for each kind of run whose finished runs differ in their calls."""
    odd = []
    for key in dict.fromkeys((key.tables, key.tool, key.run) for key in runs):
        totals = {
            run.calls.total
            for other, found in runs.items()
            if (other.tables, other.tool, other.run) == key
            for run in found
            if run.spent.ended
        }
        if len(totals) > 1:
            odd.append(f"{key[1]}, {key[0]} tables, {key[2]}: {sorted(totals)} calls")
    return odd


def _goals(figures: Figures) -> str:
    rows = []
    for tables, size in figures.sizes.items():
        first, same, edit = (figures.first(tables, OURS, run) for run in (FIRST, SAME, EDIT))
        floor = floors(size)
        if first:
            calls = first.calls.total
            if compared := _compared(figures, tables):
                goal = f"first run: a fifth of {compared:,} calls"
                rows.append(_goal(tables, goal, calls, compared / 5))
            rows.append(_goal(tables, "first run: 1.2 of the floor", calls, _within(floor[FIRST])))
        if same:
            rows.append(_goal(tables, "no change: writes", same.calls.writes.total(), 0))
            # The edges into each dashboard and metric take one read, which belongs to no table.
            own = same.calls.reads["edges"] - size.dashboards - size.metrics
            own += same.calls.reads["tables"]
            rows.append(_goal(tables, "no change: reads of tables", own, _pages(tables) + tables))
            rows.append(
                _goal(tables, "no change: 1.2 of the floor", same.calls.total, _within(floor[SAME]))
            )
        if edit:
            writes = floor[EDIT].writes.total()
            rows.append(
                _goal(tables, "one model changed: writes", edit.calls.writes.total(), writes)
            )
        for spent in figures.offline.get(tables, [])[:1]:
            seconds = median(spent.wall for spent in figures.offline[tables])
            rows.append(_goal(tables, "plan offline: seconds", seconds, OFFLINE_SECONDS))
            rows.append(_goal(tables, "plan offline: MiB", spent.peak_mib, OFFLINE_MIB))
    return _table(("tables", "goal", "at most", "is", ""), rows)


def _compared(figures: Figures, tables: int) -> int:
    """Return the number of calls of the stock source's first run; 0 when it is not known."""
    if tables in STOCK_CALLS:
        return STOCK_CALLS[tables]
    stock = figures.first(tables, STOCK, FIRST)
    return stock.calls.total if stock and stock.spent.ended else 0


def _goal(tables: int, goal: str, found: float, most: float) -> tuple[object, ...]:
    return (tables, goal, _number(most), _number(found), "met" if found <= most else "**missed**")


def _pages(tables: int) -> int:
    return ceil(tables / BULK)


def _within(floor: Floor) -> float:
    return floor.total * WITHIN


def _calls(figures: Figures) -> str:
    rows = []
    for tables, size in figures.sizes.items():
        floor = floors(size)
        for run in RUNS:
            ours, stock = (figures.first(tables, tool, run) for tool in TOOLS)
            if ours is None:
                continue
            rows.append(
                (
                    tables,
                    run,
                    _total(ours),
                    _total(stock),
                    _ratio(ours.calls.total, stock.calls.total if _whole(stock) and stock else 0),
                    f"{floor[run].total:,} ({floor[run].writes.total():,})",
                    _ratio(ours.calls.total, floor[run].total),
                )
            )
    made = ", ".join(f"{calls} for {tables:,}" for tables, calls in figures.structure.items())
    titles = ("tables", "run", OURS, STOCK, "of stock's", "floor", "of the floor")
    note = (
        "Calls, and in brackets the writes among them. Before the stock source runs, its tables"
        f" are made, uncounted: {made or 'not run'}. `>`: stopped after the time it was given."
    )
    return f"{_table(titles, rows)}\n\n{note}"


def _by_kind(figures: Figures, tables: int) -> str:
    floor = floors(figures.sizes[tables])
    rows = []
    for kind in KINDS:
        cells: list[object] = []
        for run in (FIRST, SAME, EDIT, REBUILD):
            for found in (figures.first(tables, OURS, run), figures.first(tables, STOCK, run)):
                calls = found.calls if found else None
                cells.append(_pair(calls.reads[kind], calls.writes[kind]) if calls else "")
            cells.append(_pair(floor[run].reads[kind], floor[run].writes[kind]))
        if any(cells):
            rows.append((kind, *cells))
    titles = ["kind"]
    for run in RUNS:
        titles += [f"{run}: {OURS}", STOCK, "floor"]
    reasons = "\n".join(f"- {kind}: {why}" for kind, why in WHY.items())
    text = f"{tables:,} tables, reads + writes:\n\n{_table(titles, rows)}"
    last = tables == list(figures.sizes)[-1]
    return f"{text}\n\nThe floor of each kind:\n\n{reasons}" if last else text


def _by_route(figures: Figures) -> str:
    """Return the calls for the largest project that both tools finished."""
    whole = [tables for tables in figures.sizes if _whole(figures.first(tables, STOCK, EDIT))]
    if not whole:
        return "The stock source was not run."
    tables = max(whole)
    found = [(tool, run, figures.first(tables, tool, run)) for tool in TOOLS for run in RUNS]
    columns = [
        (f"{tool}, {run}", measured.calls.routes) for tool, run, measured in found if measured
    ]
    routes = sorted({route for _, calls in columns for route in calls}, key=_by_path)
    rows = [(f"`{route}`", *(calls[route] or "" for _, calls in columns)) for route in routes]
    titles = (f"{tables:,} tables", *(title for title, _ in columns))
    return _table(titles, rows)


def _by_path(route: str) -> tuple[str, str]:
    method, _, path = route.partition(" ")
    return path, method


def _seconds(figures: Figures) -> str:
    rows = []
    for tables in figures.sizes:
        for latency in figures.latencies():
            for run in RUNS:
                cells: list[object] = []
                for tool in TOOLS:
                    found = figures.runs.get(Key(tables, latency, tool, run), [])
                    cells += _times(found)
                if any(cells):
                    rows.append((tables, f"{latency:g} ms", run, *cells))
    titles = ["tables", "added", "run"]
    for tool in TOOLS:
        titles += [f"{tool}: clock", "client", "server", "runs"]
    return _table(titles, rows)


def _times(runs: list[Run]) -> list[object]:
    """Return the medians of wall-clock seconds, of the client's and the server's CPU seconds, and
    the number of runs.
    """
    if not runs:
        return ["", "", "", ""]
    sign = "" if all(run.spent.ended for run in runs) else "> "
    return [
        f"{sign}{median(run.spent.wall for run in runs):.1f}",
        f"{median(run.spent.cpu for run in runs):.1f}",
        f"{median(run.server for run in runs):.1f}",
        len(runs),
    ]


def _offline(figures: Figures) -> str:
    rows = [
        (
            tables,
            f"{median(spent.wall for spent in found):.1f}",
            f"{median(spent.cpu for spent in found):.1f}",
            f"{max(spent.peak_mib for spent in found):.0f}",
            len(found),
        )
        for tables, found in figures.offline.items()
    ]
    return _table(("tables", "seconds, clock", "seconds, processor", "peak MiB", "runs"), rows)


def _sizes(figures: Figures) -> str:
    rows = [
        (
            tables,
            size.edges,
            size.uses,
            size.tests,
            size.dashboards,
            size.metrics,
            size.contracts,
            size.completed,
        )
        for tables, size in figures.sizes.items()
    ]
    titles = ("tables", "edges between tables", "edges to uses", "tests with a result")
    return _table(
        (*titles, "dashboards", "metrics", "contracts", "tables that one PATCH completes"), rows
    )


def _whole(run: Run | None) -> bool:
    return run is not None and run.spent.ended


def _total(run: Run | None) -> str:
    if run is None:
        return ""
    sign = "" if run.spent.ended else "> "
    return f"{sign}{run.calls.total:,} ({run.calls.writes.total():,})"


def _ratio(ours: float, theirs: float) -> str:
    return f"{ours / theirs:.2f}" if theirs else ""


def _pair(reads: int, writes: int) -> str:
    return f"{reads:,} + {writes:,}" if reads or writes else ""


def _number(value: float) -> str:
    return f"{value:,.0f}" if value == int(value) or value > MANY else f"{value:,.1f}"


def _table(titles: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    head = list(titles)
    lines = [_line(head), _line("---" for _ in head)]
    return "\n".join([*lines, *(_line(map(_cell, row)) for row in rows)])


def _cell(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) else str(value)


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"
