"""Compares the core of the mart in two databases, row by row."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import duckdb

# What the lines become before an area's marts are made of it.
CORE = ("fct_events", "fct_rejected_events", "fct_sessions")
# Not compared: a script that runs once has no hash of the YAML.
LEFT_OUT_COLUMNS = {"fct_rejected_events": ("plan_hash",)}


@dataclass(frozen=True)
class TableDifference:
    """The difference of a table: row counts of both sides, rows on one side only, and a sample."""

    table: str
    counts: tuple[int, int]
    only: tuple[int, int]
    sample: str

    @property
    def is_different(self) -> bool:
        """Return whether any row differs."""
        return self.only != (0, 0)

    def sentence(self) -> str:
        """Return the difference as one line."""
        return (
            f"{self.table}: {self.counts[0]:,} and {self.counts[1]:,} rows, {self.only[0]:,} only"
            f" in the first, {self.only[1]:,} only in the second; {self.sample}"
        )


def compare(first: Path, second: Path) -> list[TableDifference]:
    """Compare the tables of the core in all columns, with repeated rows counted."""
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        connection.execute("set preserve_insertion_order = false")
        for name, path in (("a", first), ("b", second)):
            connection.execute(f"attach '{path}' as {name} (read_only)")
        return [_compare(connection, table) for table in CORE]


def _compare(connection: duckdb.DuckDBPyConnection, table: str) -> TableDifference:
    columns = connection.execute(
        "select column_name, count(*) = 2 from duckdb_columns()"
        " where schema_name = 'marts' and table_name = $table group by 1",
        {"table": table},
    ).fetchall()
    odd = [name for name, is_in_both in columns if not is_in_both]
    if odd or not columns:
        return TableDifference(table, (0, 0), (1, 1), f"only one has {', '.join(sorted(odd))}")
    left_out = LEFT_OUT_COLUMNS.get(table, ())
    shown = ", ".join(name for name, _ in sorted(columns) if name not in left_out)
    rows = {name: f"select {shown} from {name}.marts.{table}" for name in "ab"}
    counts = [_count(connection, f"from {name}.marts.{table}") for name in "ab"]
    # Rows are compared one by one only when a hash of all rows differs.
    sums = [
        connection.execute(f"select sum(hash(r)::hugeint) from ({query}) as r").fetchone()
        for query in rows.values()
    ]
    if counts[0] == counts[1] and sums[0] == sums[1]:
        return TableDifference(table, (counts[0], counts[1]), (0, 0), "")
    only = [
        f"({rows[name]}) except all ({rows[other]})" for name, other in (("a", "b"), ("b", "a"))
    ]
    found = [_count(connection, f"from ({query})") for query in only]
    sample = [
        connection.execute(f"select r::varchar from ({query} limit 1) as r").fetchone()
        for query in only
    ]
    sample_text = "; ".join(
        f"in the {which}: {row[0]}"
        for which, row in zip(("first", "second"), sample, strict=True)
        if row
    )
    return TableDifference(table, (counts[0], counts[1]), (found[0], found[1]), sample_text)


def _count(connection: duckdb.DuckDBPyConnection, source: str) -> int:
    ((count,),) = connection.execute(f"select count(*) {source}").fetchall()
    return int(count)
