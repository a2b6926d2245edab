"""Compares the marts of two databases row by row."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import duckdb

# Not compared: a script that runs once has no log of runs and no hash of the YAML, the generator
# makes no rejected record, and metrics_compared only joins metrics_daily with itself.
LEFT_OUT_TABLES = ("metric_restatements", "fct_rejected_records", "metrics_compared")
LEFT_OUT_COLUMNS = {"fct_rejected_events": ("plan_hash",)}
# A metric that the script, the second database, does not compute is left out: it is an entry of
# YAML, and a test compares its rows with MetricFlow.
COMPARED_ROWS = {"metrics_daily": "where metric in (select metric from b.marts.metrics_daily)"}
# Doubles are compared to this many significant digits, because sums depend on the order.
DIGITS = 9


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
    """Compare every table of the schema `marts`, in all columns, with repeated rows counted."""
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        connection.execute("set preserve_insertion_order = false")
        for name, path in (("a", first), ("b", second)):
            connection.execute(f"attach '{path}' as {name} (read_only)")
        tables = connection.execute(
            "select distinct table_name from duckdb_tables() where schema_name = 'marts'"
            " and not table_name in (select unnest($left_out)) order by 1",
            {"left_out": list(LEFT_OUT_TABLES)},
        ).fetchall()
        return [_compare(connection, table) for (table,) in tables]


def _compare(connection: duckdb.DuckDBPyConnection, table: str) -> TableDifference:
    columns = connection.execute(
        "select column_name, any_value(data_type), count(*) = 2 from duckdb_columns()"
        " where schema_name = 'marts' and table_name = $table group by 1",
        {"table": table},
    ).fetchall()
    odd = [name for name, _, is_in_both in columns if not is_in_both]
    if odd:
        return TableDifference(table, (0, 0), (1, 1), f"only one has {', '.join(sorted(odd))}")
    left_out = LEFT_OUT_COLUMNS.get(table, ())
    shown = ", ".join(
        f"{_rounded(name) if kind == 'DOUBLE' else name} as {name}"
        for name, kind, _ in sorted(columns)
        if name not in left_out
    )
    compared = COMPARED_ROWS.get(table, "")
    rows = {name: f"select {shown} from {name}.marts.{table} {compared}" for name in "ab"}
    counts = [_count(connection, f"from {name}.marts.{table} {compared}") for name in "ab"]
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


def _rounded(name: str) -> str:
    return (
        f"case when {name} = 0 then 0"
        f" else round({name}, {DIGITS} - 1 - floor(log10(abs({name})))::int) end"
    )


def _count(connection: duckdb.DuckDBPyConnection, source: str) -> int:
    ((count,),) = connection.execute(f"select count(*) {source}").fetchall()
    return int(count)
