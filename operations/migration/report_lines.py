"""The report as text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from logmart.operations.landing import utc_text
from operations.migration.report import Report, changes, exclusions, shown_differences
from operations.migration.run_results import RunResult, TablePass

# A row of a table, or null, in words.
_ABSENT = "null"


def as_text(report: Report) -> str:
    """Return the report, its verdict at the end."""
    lines = [f"Migration {report.mapping.mapping_id}, {len(report.runs)} runs"]
    if report.proof is not None:
        lines += _proof(report.proof, shown_differences(report))
    lines += [f"not copied: {name}: {reason}" for name, reason in exclusions(report.mapping)]
    lines += [
        f"changed: {column} becomes {becomes}" + (f": {reason}" if reason else "")
        for column, becomes, reason in changes(report.mapping)
    ]
    return "\n".join([*lines, report.verdict])


def _proof(proof: RunResult, differences: dict[str, list[dict[str, Any]]]) -> Iterator[str]:
    seconds = (proof.ended_at - proof.started_at).total_seconds()
    snapshots = ", ".join(sorted({table.snapshot_id for table in proof.tables}))
    yield (
        f"verified by {proof.run_id} from {utc_text(proof.started_at)} for {seconds:.1f} s,"
        f" snapshot {snapshots}" + (", under a declared freeze" if proof.is_frozen else "")
    )
    for table in proof.tables:
        yield from _table(table, differences.get(table.source_table, []))


def _table(table: TablePass, differences: list[dict[str, Any]]) -> Iterator[str]:
    name = table.source_table
    if table.target_table != name:
        name += f" -> {table.target_table}"
    equal = sum(column.is_equal for column in table.columns)
    state = "equal" if table.is_equal else "NOT EQUAL"
    yield (
        f"{name}: {state}; {table.source_rows:,} rows at the source,"
        f" {table.target_rows:,} at the target; {equal} of {len(table.columns)} columns equal;"
        f" checksum {table.source_checksum}"
    )
    if table.staged_rows is not None:
        yield f"  {table.staged_rows:,} rows in the staging model"
        yield from (f"  {fault}" for fault in table.staged_faults)
    for column in table.columns:
        if not column.is_equal:
            yield f"  {column.column}: checksum {column.source} at the source, {column.target}"
    for each in differences:
        yield f"  {difference_text(each)}"
    hidden = table.difference_count - len(differences)
    if differences and hidden > 0:
        yield f"  and {hidden:,} more"


def difference_text(difference: dict[str, Any]) -> str:
    """Return one difference as a sentence: its key, its column, and both values."""
    row = difference["key"] or difference.get("row", {})
    key = ", ".join(f"{name} {shown(text)}" for name, text in row.items())
    if difference["kind"] == "missing":
        return f"{key}: missing at the target"
    if difference["kind"] == "extra":
        return f"{key}: not at the source"
    source, target = shown(difference.get("source")), shown(difference.get("target"))
    return f"{key}: {difference['column']} is {source} at the source, {target} at the target"


def shown(text: str | None) -> str:
    """Return a value as people read it, so that blanks and the empty text are seen."""
    if text is None:
        return _ABSENT
    return text if text and text == text.strip() else repr(text)
