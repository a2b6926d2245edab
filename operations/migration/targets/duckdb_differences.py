"""Finds the values of a chunk that differ, by key and column, from texts that the source sent."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pyarrow as pa

from logmart.errors import CommandError
from operations.migration.chunks import TablePlan
from operations.migration.mapping import Column
from operations.migration.targets.base import Difference, Differences
from operations.migration.targets.duckdb_dialect import DuckdbDialect

_SOURCE, _TARGET = "source_texts", "target_texts"


def refuse_repeated_keys(
    connection: Any, dialect: DuckdbDialect, plan: TablePlan, condition: str
) -> None:
    """Raise CommandError when the key of a table does not tell its rows apart."""
    keys = ", ".join(dialect.value(column) for column in plan.table.key_columns)
    query = (
        f"select 1 from {dialect.relation(plan)} where {condition}"
        f" group by {keys} having count(*) > 1 limit 1"
    )
    if connection.execute(query).fetchall():
        raise CommandError(
            f"the key of {plan.table.source} does not tell its rows apart: correct the mapping, or"
            " write key: [], which compares whole rows"
        )


class Comparison:
    """The comparison of some columns of a table."""

    def __init__(
        self,
        connection: Any,
        dialect: DuckdbDialect,
        plan: TablePlan,
        columns: tuple[Column, ...],
    ) -> None:
        self._connection = connection
        self._dialect = dialect
        self._plan = plan
        self._columns = columns
        self._names = [f"c{number}" for number in range(len(columns))]
        self._keys = [
            name
            for name, column in zip(self._names, columns, strict=True)
            if column in plan.table.key_columns
        ]

    def run(self, condition: str, texts: Iterator[pa.RecordBatch], limit: int) -> Differences:
        """Compare the rows of a condition with the source's texts."""
        self._load(condition, texts)
        find = self._find_values if self._keys else self._find_rows
        return find(limit)

    def _load(self, condition: str, texts: Iterator[pa.RecordBatch]) -> None:
        execute = self._connection.execute
        columns = ", ".join(f"{name} varchar" for name in self._names)
        execute(f"create or replace temp table {_SOURCE} ({columns})")
        for batch in texts:
            self._connection.register("sent_texts", batch)
            names = ", ".join(f"{name}::varchar" for name in self._names)
            execute(f"insert into {_SOURCE} select {names} from sent_texts")
            self._connection.unregister("sent_texts")
        selected = ", ".join(
            f"{self._dialect.text(self._plan, column)} as {name}"
            for name, column in zip(self._names, self._columns, strict=True)
        )
        relation = self._dialect.relation(self._plan)
        execute(
            f"create or replace temp table {_TARGET} as"
            f" select {selected} from {relation} where {condition}"
        )

    def _find_values(self, limit: int) -> Differences:
        keys = ", ".join(self._keys)
        others = [name for name in self._names if name not in self._keys]
        # A repeated row of the target has no partner, and is told as an extra one.
        sides = {
            side: f"(select *, true as is_there, row_number() over"
            f" (partition by {keys} order by {', '.join(self._names)}) as copy from {table})"
            for side, table in (("s", _SOURCE), ("t", _TARGET))
        }
        same = " and ".join(
            f"s.{name} is not distinct from t.{name}" for name in [*self._keys, "copy"]
        )
        key_values = ", ".join(f"coalesce(s.{name}, t.{name}) as {name}" for name in self._keys)
        columns = ", ".join(
            f"{{'name': '{name}', 's': s.{name}, 't': t.{name}}}" for name in others
        )
        cells = (
            f"list_filter([{columns}], lambda cell: cell.s is distinct from cell.t)"
            if others
            else "[]::struct(name varchar, s varchar, t varchar)[]"
        )
        self._connection.execute(
            "create or replace temp table found as"
            f" select {key_values}, case when s.is_there is null then 'extra'"
            " when t.is_there is null then 'missing' else 'value' end as kind,"
            f" case when s.is_there and t.is_there then {cells} else"
            " [{'name': '', 's': null::varchar, 't': null::varchar}] end as cells"
            f" from {sides['s']} as s full join {sides['t']} as t on {same}"
            " where len(cells) > 0"
        )
        counts = self._connection.execute(
            "select kind, cell.name, count(*) from (select kind, unnest(cells) as cell from found)"
            " group by all"
        ).fetchall()
        rows = self._connection.execute(
            f"select kind, cell.name, cell.s, cell.t, {keys} from"
            f" (select * exclude (cells), unnest(cells) as cell from found)"
            f" order by {keys}, cell.name limit {limit}"
        ).fetchall()
        by_name = dict(zip(self._names, self._columns, strict=True))
        key_columns = [by_name[name].source for name in self._keys]
        first = [
            Difference(
                kind=kind,
                key=dict(zip(key_columns, key, strict=True)),
                column=by_name.get(name),
                source=source,
                target=target,
            )
            for kind, name, source, target, *key in rows
        ]
        return Differences(first, self._named(counts), self._count("count(*)"))

    def _find_rows(self, limit: int) -> Differences:
        names = ", ".join(self._names)
        self._connection.execute(
            "create or replace temp table found as"
            f" select {names}, sum(side) as surplus from (select *, 1 as side from {_SOURCE}"
            f" union all select *, -1 as side from {_TARGET}) group by {names} having surplus <> 0"
        )
        kind = "case when surplus > 0 then 'missing' else 'extra' end"
        counts = self._connection.execute(
            f"select {kind}, '', sum(abs(surplus)) from found group by all"
        ).fetchall()
        rows = self._connection.execute(
            f"select {kind}, abs(surplus), {names} from found order by {names} limit {limit}"
        ).fetchall()
        sources = [column.source for column in self._columns]
        first = [
            Difference(
                kind=found, key={}, row=dict(zip(sources, row, strict=True)), row_count=int(count)
            )
            for found, count, *row in rows
        ]
        return Differences(first, self._named(counts), self._count("sum(abs(surplus))"))

    def _count(self, expression: str) -> int:
        """Return the number of rows that were found to differ."""
        rows = self._connection.execute(f"select {expression} from found").fetchall()
        return int(rows[0][0] or 0)

    def _named(self, counts: list[Any]) -> dict[tuple[str, str], int]:
        by_name = dict(zip(self._names, self._columns, strict=True))
        return {
            (kind, by_name[name].source if name else ""): int(count) for kind, name, count in counts
        }
