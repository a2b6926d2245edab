"""Makes the sections of a report. Pure functions, except that metrics are computed by queries."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from logmart.dbt.manifest import Manifest, parents
from logmart.findings import Finding
from logmart.gate.compared import Compared
from logmart.gate.metric_figures import metric_figures
from logmart.gate.overview import counted
from logmart.gate.plan_diff import event_models
from logmart.gate.row_diff import MartDiff
from logmart.gate.section import Section
from logmart.gate.selection import Selection
from logmart.gate.sql import comparable, difference
from logmart.gate.workplace import NodeResult

_SQL_LINES = 40
_GRAPH_NODES = 60


def build_section(
    manifest: Manifest, selection: Selection, results: Iterable[NodeResult]
) -> Section:
    """Return the section on the rebuilt models, with the reasons."""
    lines = [
        (0, f"{manifest.name(unique_id)}: {', '.join(change.reasons)}")
        for unique_id, change in sorted(selection.changed.items())
    ]
    names = ", ".join(
        sorted(manifest.name(unique_id) for unique_id in selection.touched - set(selection.changed))
    )
    lines += [(0, f"built from these: {names}")] if names and lines else []
    skipped = sorted({result.name for result in results if result.status == "skipped"})
    lines += [(0, f"skipped: {', '.join(skipped)}")] if skipped else []
    changed, touched = len(selection.changed), len(selection.touched)
    summary = f"{changed} changed, {touched} built anew" if touched else ""
    return Section("Built", summary, tuple(lines))


def data_section(
    diffs: list[MartDiff], compared: Compared, databases: tuple[Path, Path]
) -> Section:
    """Return the section on the differences of marts' rows and of metrics."""
    # Seeds come first: they are a cause of the other differences.
    is_seed = {diff.unique_id: diff.unique_id.startswith("seed.") for diff in diffs}
    different = sorted(
        (diff for diff in diffs if not diff.is_empty), key=lambda diff: not is_seed[diff.unique_id]
    )
    lines: list[tuple[int, str]] = []
    figures, failed = ([], []) if compared.unbuilt else metric_figures(compared, databases)
    if failed:
        lines.append((0, f"metrics that one side cannot compute: {', '.join(failed)}"))
    if figures:
        lines.append((0, "metrics over all rows"))
        lines += [(1, figure.text()) for figure in figures]
    for diff in different:
        lines += _diff_lines(diff)
    lines += [(0, f"{diff.node}: 0 rows, nothing compared") for diff in diffs if diff.has_no_rows]
    empty = sum(diff.has_no_rows for diff in diffs)
    summary = f"{len(different)} of {len(diffs) - empty} compared tables differ"
    if not diffs:
        summary = f"{len(figures)} metrics differ" if figures else ""
    summary += f"; {empty} {'has' if empty == 1 else 'have'} no rows to compare" if empty else ""
    data = {
        "marts": [diff.as_data() for diff in different],
        "metrics": [vars(figure) for figure in figures],
    }
    return Section("Data", summary, tuple(lines), data=data)


def _diff_lines(diff: MartDiff) -> Iterator[tuple[int, str]]:
    by = f"by {', '.join(diff.key)}" if diff.key else "by whole rows"
    counts = f"{diff.added:,} added, {diff.removed:,} removed, {diff.changed:,} changed"
    rows = f"{diff.rows_before:,} -> {diff.rows_after:,} rows"
    yield 0, f"{diff.node}: {rows}; {counts}, {by}"
    if diff.repeated:
        yield 1, diff.repeated
    if diff.columns:
        differing = ", ".join(f"{name} in {count:,}" for name, count in diff.columns)
        yield 1, f"rows that differ: {differing}"
    for figure in diff.figures:
        yield 1, figure.text()
    for sample in diff.samples:
        yield 1, f"{sample.what}: {sample.row_text()}"
    for note in diff.not_compared:
        yield 1, f"not compared, {note}"


def lineage_section(manifest: Manifest, selection: Selection) -> Section:
    """Return a Mermaid graph of the changed models, with a thick border, and everything downstream
    of them, to the exposures.
    """
    chosen = sorted(
        selection.touched,
        key=lambda unique_id: (unique_id not in selection.changed, manifest.name(unique_id)),
    )[:_GRAPH_NODES]
    numbers = {unique_id: f"n{number}" for number, unique_id in enumerate(chosen)}
    lines = [f'{numbers[unique_id]}["{_label(manifest.name(unique_id))}"]' for unique_id in chosen]
    edges = [
        f"{numbers[parent]} --> {numbers[unique_id]}"
        for unique_id in chosen
        for parent in parents(manifest.built[unique_id])
        if parent in numbers
    ]
    for number, exposure in enumerate(manifest.part("exposures").values()):
        read = [numbers[parent] for parent in parents(exposure) if parent in numbers]
        if read:
            name = _label(str(exposure.get("label") or exposure["name"]))
            edges += [f'e{number}(["{name}"])', *(f"{node} --> e{number}" for node in read)]
    changed = [numbers[unique_id] for unique_id in chosen if unique_id in selection.changed]
    style = [f"style {node} stroke-width:3px" for node in changed]
    more = len(selection.touched) - len(chosen)
    summary = counted(len(chosen), "model") + (f", {more} more are not drawn" if more else "")
    summary = summary if chosen else ""
    graph = ["graph LR", *lines, *edges, *style] if chosen else []
    return Section("Lineage", summary, tuple((0, line) for line in graph), language="mermaid")


def _label(name: str) -> str:
    """Return a name without characters that have a meaning in Mermaid."""
    return re.sub(r"[^\w .-]", " ", name)


def plan_section(planned: list[Finding], compared: Compared) -> Section:
    """Return the section on changes of the tracking plan."""
    events = len(event_models(compared.base.manifest, compared.head.manifest))
    summary = (
        f"{len(planned)} changes, {events} events" if planned else f"{events} events, as before"
    )
    lines = tuple((0, f"{finding.kind}  {finding.place}: {finding.message}") for finding in planned)
    return Section("Tracking plan", summary, lines)


def sql_section(compared: Compared) -> Section:
    """Return the section on differences in the compiled SQL of changed models."""
    lines: list[tuple[int, str]] = []
    changed = [
        unique_id
        for unique_id, change in sorted(compared.selection.changed.items())
        if "sql" in change.reasons
    ]
    for unique_id in changed:
        lines.append((0, f"# {compared.head.manifest.name(unique_id)}"))
        texts = comparable(
            compared.base.text(unique_id),
            compared.head.text(unique_id),
            (compared.base.landing, compared.head.landing),
        )
        found = difference(*texts, lines=_SQL_LINES)
        lines += [(0, line) for line in found]
    summary = f"of {counted(len(changed), 'model')}" if changed else ""
    return Section("Compiled SQL", summary, tuple(lines), language="diff")
