"""The JSON line of a row that lands, and the rows of lines that have landed."""

from __future__ import annotations

from pathlib import Path

from operations.migration.canonical import Kind, text_in_duckdb
from operations.migration.chunks import TablePlan
from operations.migration.mapping import Column
from operations.migration.targets.duckdb_dialect import quoted, text_literal

DELETED = "isDeleted"
# Kinds that JSON has no form for.
_WITHOUT_FORM = ("blob", "list")
_NUMBERS, _MOMENTS = ("real", "double"), ("date", "timestamp", "timestamptz")


def unlandable(plan: TablePlan) -> list[str]:
    """Return why rows of a table cannot land as records."""
    table = plan.table
    if not table.key:
        return [
            f"{table.source} has no key, and of its records the later one could not win: give one"
            " in the mapping, or exclude the table"
        ]
    faults = [
        f"{table.source}.{column.source} is {kind.type}, for which JSON has no form: exclude it, or"
        " copy its text by a transform"
        for column, kind in zip(table.columns, plan.kinds, strict=True)
        if kind.name in _WITHOUT_FORM
    ]
    if any(column.target == DELETED for column in table.columns):
        faults.append(f"{table.source}: {DELETED} tells tombstones; name the property otherwise")
    return faults


def unlandable_values(plan: TablePlan) -> list[tuple[str, str]]:
    """Return conditions of values that no record can hold, each with its column of the source:
    NaN, infinity, and moments before the year 1.
    """
    tests = []
    for column, kind in zip(plan.table.columns, plan.kinds, strict=True):
        value = quoted(column.target)
        if kind.name in _NUMBERS:
            tests.append((column.source, f"not isfinite({value})"))
        if kind.name in _MOMENTS:
            first = "0001-01-01" if kind.name != "timestamptz" else "0001-01-01 00:00:00+00"
            early = f"{value} < '{first}'::{kind.type}"
            tests.append((column.source, f"(not isfinite({value}) or {early})"))
    return tests


def line_of(plan: TablePlan, *, is_deleted: bool = False) -> str:
    """Return the SQL of a row's line; a property that is null is left out."""
    parts = [
        _property(column, kind) for column, kind in zip(plan.table.columns, plan.kinds, strict=True)
    ]
    if is_deleted:
        parts.append(f"'\"{DELETED}\":true'")
    return f"'{{' || concat_ws(',', {', '.join(parts)}) || '}}'"


def _property(column: Column, kind: Kind) -> str:
    name = f"to_json({text_literal(column.target)})::varchar || ':'"
    return f"{name} || {_json(kind, quoted(column.target))}"


def _json(kind: Kind, value: str) -> str:
    if kind.name in ("integer", "decimal", "boolean"):
        return text_in_duckdb(kind, value)
    if kind.name in _NUMBERS:
        return f"{value}::varchar"
    if kind.name == "timestamp":
        return f"strftime({value}, '\"%Y-%m-%dT%H:%M:%S.%f\"')"
    if kind.name == "timestamptz":
        return f"strftime(make_timestamp(epoch_us({value})), '\"%Y-%m-%dT%H:%M:%S.%fZ\"')"
    return f"to_json({text_in_duckdb(kind, value)})::varchar"


def landed_rows(plan: TablePlan, files: list[Path]) -> str:
    """Return the query of the rows that have landed, by the target's names: the last record of each
    key, without those whose last record is a tombstone.

    In: `files`, in the order of their landing. A line that was erased has no key, and is no row.
    """
    columns = list(zip(plan.table.columns, plan.kinds, strict=True))
    if not files:
        empty = ", ".join(
            f"null::{kind.type} as {quoted(column.target)}" for column, kind in columns
        )
        return f"select {empty} where false"
    paths = ", ".join(text_literal(str(path)) for path in files)
    names = ", ".join(text_literal(path.name) for path in files)
    values = ", ".join(
        f"{_value(column, kind)} as {quoted(column.target)}" for column, kind in columns
    )
    keys = ", ".join(quoted(column.target) for column in plan.table.key_columns)
    are_keys = " and ".join(
        f"{quoted(column.target)} is not null" for column in plan.table.key_columns
    )
    wanted = ", ".join(quoted(column.target) for column, _ in columns)
    return (
        f"select {wanted} from (select {values},"
        f" json_extract_string(json, '$.{DELETED}') = 'true' as is_deleted,"
        f" list_position([{names}], parse_filename(filename)) as place"
        f" from read_ndjson_objects([{paths}], filename = true))"
        f" where {are_keys} qualify row_number() over (partition by {keys} order by place desc) = 1"
        " and is_deleted is distinct from true"
    )


def _value(column: Column, kind: Kind) -> str:
    path = text_literal("$." + '"' + column.target.replace('"', '\\"') + '"')
    return f"try_cast(json_extract_string(json, {path}) as {kind.type})"
