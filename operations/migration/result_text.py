"""What a run prints: a line a table, and the error when something differs."""

from __future__ import annotations

from operations.migration.passes import RUN
from operations.migration.results import COPIED, DIFFERING, EQUAL, VERIFIED, TableResult


def result_line(result: TableResult, verb: str) -> str:
    """Return what became of a table."""
    statuses = result.statuses()
    rows = result.sums[0].rows
    assert result.ended_at is not None
    seconds = (result.ended_at - result.started_at).total_seconds()
    head = f"{result.plan.table.source}: {rows:,} rows in {len(result.chunks):,} chunks"
    if verb == RUN:
        copied = sum(chunk.copied for chunk in result.chunks)
        what = f"{statuses[EQUAL]:,} equal, {statuses[COPIED]:,} copied ({copied:,} rows)"
    else:
        what = f"{statuses[VERIFIED]:,} verified"
    if statuses[DIFFERING]:
        what += f", {statuses[DIFFERING]:,} differing"
    return f"{head}: {what}; {seconds:.1f} s"


def failure(results: list[TableResult], verb: str) -> str:
    """Return the error of a run after which something differs; "" when nothing does."""
    differing = [result for result in results if not result.is_equal]
    if not differing:
        return ""
    found = "; ".join(f"{result.plan.table.source} ({_what(result)})" for result in differing)
    if verb == RUN:
        return (
            f"the target's types cannot hold all values of {found}: give these columns other types"
            " in the mapping"
        )
    return (
        f"{len(differing)} of {len(results)} tables differ: {found}; see `logmart migrate report`"
    )


def _what(result: TableResult) -> str:
    counts = result.difference_counts()
    columns = set() if counts else {name for chunk in result.chunks for name in chunk.columns}
    words = sorted(columns)
    words += [
        f"{column} {count:,}" for (kind, column), count in sorted(counts.items()) if kind == "value"
    ]
    words += [
        f"{kind} rows {counts[kind, '']:,}" for kind in ("missing", "extra") if counts[kind, ""]
    ]
    words += list(result.staged.faults) if result.staged else []
    return ", ".join(words)
