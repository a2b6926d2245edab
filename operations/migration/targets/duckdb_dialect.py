"""DuckDB's words for canonical texts. They are those of every table that DuckDB can read."""

from __future__ import annotations

from operations.migration.canonical import parsed, text_in_duckdb
from operations.migration.chunks import TablePlan
from operations.migration.dialect import Dialect
from operations.migration.mapping import Column


class DuckdbDialect(Dialect):
    """Tables of DuckDB, with the target's names."""

    def relation(self, plan: TablePlan) -> str:
        """Return the name of the table."""
        return quoted(plan.table.target)

    def value(self, column: Column) -> str:
        """Return the column."""
        return quoted(column.target)

    def text(self, plan: TablePlan, column: Column) -> str:
        """Return the canonical text of a column; null of a null."""
        return text_in_duckdb(plan.kind(column), self.value(column))

    def byte_count(self, text: str) -> str:
        """Return the number of bytes of a text."""
        return f"strlen({text})"

    def as_text(self, number: str) -> str:
        """Return a number as its text."""
        return f"{number}::varchar"

    def md5(self, text: str) -> str:
        """Return the MD5 of a text."""
        return f"md5({text})"

    def half(self, digits: str) -> str:
        """Return 16 hexadecimal digits as an unsigned number."""
        return f"('0x' || {digits})::ubigint"

    def bucket(self, digits: str, modulus: int) -> str:
        """Return 8 hexadecimal digits as an unsigned number, modulo `modulus`."""
        return f"('0x' || {digits})::ubigint % {modulus}"

    def total(self, half: str) -> str:
        """Return the exact sum, a hugeint."""
        return f"sum({half})"

    def literal(self, plan: TablePlan, column: Column, text: str) -> str:
        """Return the value of a canonical text."""
        return parsed(plan.kind(column), text_literal(text))


def quoted(name: str) -> str:
    """Return a name as an identifier; points separate a schema from it."""
    return ".".join('"' + part.replace('"', '""') + '"' for part in name.split("."))


def text_literal(text: str) -> str:
    """Return a text as a literal."""
    return "'" + text.replace("'", "''") + "'"
