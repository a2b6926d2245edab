"""DuckDB's words for the canonical texts of what stands in files."""

from __future__ import annotations

from operations.migration.canonical import Kind, text_in_duckdb
from operations.migration.chunks import TablePlan
from operations.migration.mapping import Column
from operations.migration.targets.duckdb_dialect import DuckdbDialect

# By kind, the texts that are told exactly: DuckDB would round what has more digits.
_WHOLE, _DATE = r"\s*[+-]?[0-9]+\s*", r"\s*-?[0-9]+-[0-9]+-[0-9]+\s*"
_MOMENTS = ("time", "timestamp", "timestamptz")
# More than a microsecond.
_TOO_FINE = "[.][0-9]{6}[0-9]*[1-9]"


def is_told(kind: Kind, found: Kind | None) -> bool:
    """Return whether values of a file are told exactly as a kind.

    In: `found`, the kind of the file's type; None of a text of a CSV file, and of a transform.
    """
    if found is None:
        # A CSV file has no form of its own for these.
        return kind.name not in ("blob", "list")
    if kind.name == "decimal" and found.name == "decimal":
        return kind.scale == found.scale and kind.digits >= found.digits
    if kind.name == "list" and found.name == "list":
        return kind.element == found.element
    return kind.name == found.name


class FilesDialect(DuckdbDialect):
    """The files of a table, with the source's names."""

    def __init__(self, relation: str) -> None:
        self._relation = relation

    def relation(self, plan: TablePlan) -> str:
        """Return the function that reads the files."""
        return self._relation

    def value(self, column: Column) -> str:
        """Return the column, or its transform."""
        return f"({column.transform})" if column.transform else quoted_column(column.source)

    def text(self, plan: TablePlan, column: Column) -> str:
        """Return the canonical text of a column; null of a null."""
        kind, value = plan.kind(column), self.value(column)
        if plan.source_type(column):
            return text_in_duckdb(kind, value)
        # A text that is no exact value of the type is told as it stands there, so that its copy
        # differs.
        told = text_in_duckdb(kind, f"try_cast({value} as {kind.type})")
        return f"coalesce(case when {_is_exact(kind, value)} then {told} end, {value}::varchar)"

    def sent(self, plan: TablePlan, column: Column) -> str:
        """Return the expression of what is sent of a column."""
        kind, value = plan.kind(column), self.value(column)
        if kind.name in ("real", "double", "blob"):
            return f"try_cast({value} as {kind.type})"
        if kind.name == "list":
            assert kind.element is not None
            return f"list_transform({value}, lambda each: {text_in_duckdb(kind.element, 'each')})"
        return self.text(plan, column)


def quoted_column(name: str) -> str:
    """Return the name of a column as an identifier; a point is a part of it."""
    return '"' + name.replace('"', '""') + '"'


def _is_exact(kind: Kind, value: str) -> str:
    text = f"{value}::varchar"
    if kind.name in _MOMENTS:
        return f"not regexp_matches({text}, '{_TOO_FINE}')"
    decimal = rf"\s*[+-]?[0-9]*([.][0-9]{{0,{kind.scale}}}0*)?\s*"
    patterns = {"integer": _WHOLE, "date": _DATE, "decimal": decimal}
    if kind.name not in patterns:
        return "true"
    return f"regexp_full_match({text}, '{patterns[kind.name]}')"
