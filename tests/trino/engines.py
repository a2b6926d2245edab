"""Compares what the two engines hold, table by table and row by row.

Text, integers, decimals, dates, times, booleans and nulls are compared exactly, lists and structs
item by item; floating-point numbers to nine significant digits, as sums depend on the order of what
is added in their last ones.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from logmart.trino.server import CATALOG, Server, ask

FLOAT_FORMAT = ".9g"


@dataclass(frozen=True)
class Difference:
    """What one engine's table holds and the other's does not."""

    table: str
    only_duckdb: list[str]
    only_trino: list[str]

    def __str__(self) -> str:
        lines = [f"{self.table}:"]
        for what, rows in (("DuckDB", self.only_duckdb), ("Trino", self.only_trino)):
            lines += [f"  only {what} ({len(rows)} rows): {row[:400]}" for row in rows[:2]]
        return "\n".join(lines)


def built_tables(target_path: Path) -> list[str]:
    """Return the tables of a build, as schema.table: models, seeds and snapshots, but for views of
    one event or record.
    """
    manifest = json.loads((target_path / "manifest.json").read_bytes())
    return sorted(
        f"{node['schema']}.{node['alias']}"
        for node in manifest["nodes"].values()
        if node["resource_type"] in ("model", "seed", "snapshot")
        and node["config"]["materialized"] not in ("ephemeral", "view")
    )


def differences(
    database: Path,
    server: Server,
    tables: Iterable[str],
    left_out: frozenset[str] = frozenset(),
) -> list[Difference]:
    """Return the tables that differ; columns of `left_out` are not compared."""
    found = []
    with duckdb.connect(str(database), read_only=True) as connection:
        for table in tables:
            result = connection.execute(f"from {table}")
            columns = [column[0] for column in result.description or []]
            kept = [column for column in columns if column not in left_out]
            here = _rows(connection.execute(f"select {', '.join(kept)} from {table}").fetchall())
            there = _rows(ask(server, f"select {', '.join(kept)} from {CATALOG}.{table}"))
            names = {str(name) for (name,) in ask(server, _columns_query(table))}
            if here != there or names != set(columns):
                extra = [f"columns {sorted(names ^ set(columns))}"] if names != set(columns) else []
                found.append(
                    Difference(
                        table,
                        extra + sorted((here - there).elements()),
                        sorted((there - here).elements()),
                    )
                )
    return found


def held(server: Server, table: str) -> Counter[str]:
    """Return the rows of a table on Trino, as text."""
    return _rows(ask(server, f"select * from {CATALOG}.{table}"))


def _columns_query(table: str) -> str:
    schema, name = table.split(".")
    return (
        f"select column_name from {CATALOG}.information_schema.columns"
        f" where table_schema = '{schema}' and table_name = '{name}'"
    )


def _rows(rows: Iterable[Iterable[Any]]) -> Counter[str]:
    return Counter(", ".join(_text(value) for value in row) for row in rows)


def _text(value: Any) -> str:
    if isinstance(value, float):
        return format(value, FLOAT_FORMAT)
    if isinstance(value, Decimal):
        return str(value.normalize())
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(_text(item) for item in value) + "]"
    return repr(value)
