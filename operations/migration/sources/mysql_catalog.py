"""What the information schema of MySQL and MariaDB tells of tables, and how they are cut."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from logmart.errors import CommandError
from operations.migration.canonical import Kind, UnsupportedTypeError, kind_of
from operations.migration.chunks import TablePlan
from operations.migration.mapping import MYSQL, Column, Table
from operations.migration.schema import SourceColumn, SourceTable
from operations.migration.type_map import copied_type

# Runs a statement; returns the rows.
Query = Callable[[str], Sequence[Sequence[Any]]]

_COLUMNS = """
select parts.table_name, parts.column_name, parts.column_type, tables.table_type, tables.engine,
    tables.table_rows
from information_schema.columns as parts
inner join information_schema.tables as tables
    on parts.table_schema = tables.table_schema and parts.table_name = tables.table_name
where parts.table_schema = {schema}
    and tables.table_type in ('BASE TABLE', 'VIEW', 'SYSTEM VERSIONED')
order by parts.table_name, parts.ordinal_position
"""
# Unique indexes over whole columns without nulls: the primary key first, then the shortest one.
_KEYS = """
select parts.table_name, parts.index_name, parts.column_name
from information_schema.statistics as parts
inner join (
    select table_name, index_name, count(*) as part_count
    from information_schema.statistics
    where table_schema = {schema}
    group by table_name, index_name
    having max(non_unique) = 0
        and max(case when nullable = 'YES' or sub_part is not null then 1 else 0 end) = 0
) as unique_indexes
    on parts.table_name = unique_indexes.table_name
    and parts.index_name = unique_indexes.index_name
where parts.table_schema = {schema}
order by parts.table_name, parts.index_name <> 'PRIMARY', unique_indexes.part_count,
    parts.index_name, parts.seq_in_index
"""
# The only engine whose reads belong to a snapshot, among those in use.
_TRANSACTIONAL = "innodb"
# The kinds of keys that both sides order alike. A text is ordered by its collation.
_ORDERED_ALIKE = ("integer", "date", "timestamp", "timestamptz")
# By kind, the kinds of copies that a type of the source is told exactly as.
_TOLD_EXACTLY = {
    "integer": ("integer", "boolean", "text"),
    "decimal": ("decimal", "text"),
    "real": ("real",),
    "double": ("double",),
    "text": ("text", "uuid", "json"),
    "json": ("json", "text"),
    "uuid": ("uuid", "text"),
    "date": ("date", "text"),
    "time": ("time", "text"),
    "timestamp": ("timestamp", "text"),
    "timestamptz": ("timestamptz",),
    "blob": ("blob",),
}


def tables(query: Query, schema: str) -> list[SourceTable]:
    """Return the tables of a database, by name, views among them."""
    columns: dict[str, list[SourceColumn]] = {}
    views = set()
    for table, name, type_name, table_type, *_ in query(_COLUMNS.format(schema=literal(schema))):
        columns.setdefault(table, []).append(SourceColumn(name, type_name))
        if table_type == "VIEW":
            views.add(table)
    keys = _keys(query, schema)
    return [
        SourceTable(table, tuple(found), keys.get(table, ()), table in views)
        for table, found in columns.items()
    ]


def _keys(query: Query, schema: str) -> dict[str, tuple[str, ...]]:
    # The first index of a table is the best one.
    best: dict[str, tuple[str, list[str]]] = {}
    for table, index, column in query(_KEYS.format(schema=literal(schema))):
        if best.setdefault(table, (index, []))[0] == index:
            best[table][1].append(column)
    return {table: tuple(columns) for table, (_, columns) in best.items()}


def plan(query: Query, schema: str, table: Table) -> TablePlan:
    """Return how a table is copied.

    Raises CommandError for a missing table or column, for a type that cannot be told exactly, and
    for a table whose engine has no snapshots.
    """
    rows = [row for row in query(_COLUMNS.format(schema=literal(schema))) if row[0] == table.source]
    if not rows:
        raise CommandError(f"the source has no table {schema}.{table.source}: see its mapping")
    engine, estimate = rows[0][4], rows[0][5]
    if engine is not None and engine.lower() != _TRANSACTIONAL:
        raise CommandError(
            f"the table {table.source} is of the engine {engine}, which has no snapshots: convert"
            " it (alter table ... engine = InnoDB), or exclude it"
        )
    types = {name: type_name for _, name, type_name, *_ in rows}
    source_types = tuple(_source_type(table, column, types) for column in table.columns)
    kinds = tuple(
        _kind(table, column, type_name)
        for column, type_name in zip(table.columns, source_types, strict=True)
    )
    kind_by_name = {column.source: kind for column, kind in zip(table.columns, kinds, strict=True)}
    is_ranged = bool(table.key) and all(
        kind_by_name[column.source].name in _ORDERED_ALIKE for column in table.key_columns
    )
    key = _keys(query, schema).get(table.source, ())
    return TablePlan(
        table=table,
        kinds=kinds,
        source_types=source_types,
        range_columns=table.key_columns if is_ranged else (),
        has_unique_key=bool(key) and set(key) == set(table.key),
        estimated_rows=int(estimate or 0),
    )


def _source_type(table: Table, column: Column, types: dict[str, str]) -> str:
    """Return the type of a column; "" of a transform, whose type only its values have."""
    if column.transform:
        return ""
    if column.source not in types:
        raise CommandError(f"the source no longer has the column {table.source}.{column.source}")
    return types[column.source]


def _kind(table: Table, column: Column, type_name: str) -> Kind:
    place = f"{table.source}.{column.source}"
    try:
        kind = kind_of(column.type)
    except UnsupportedTypeError as error:
        raise CommandError(f"{place} cannot be copied as {error}") from None
    if not type_name:
        return kind
    copied = copied_type(MYSQL, type_name)
    if not copied:
        raise CommandError(f"{place} is {type_name}, which is not told exactly: exclude it")
    found = kind_of(copied)
    if kind.name not in _TOLD_EXACTLY[found.name]:
        raise CommandError(f"{place} is {type_name}: it is not told exactly as {column.type}")
    if found.name == "decimal" and kind.name == "decimal" and found.scale != kind.scale:
        raise CommandError(f"{place} is {type_name}: copy it with its scale, as {copied}")
    return kind


def literal(text: str) -> str:
    """Return a text as a literal; the session has no escapes."""
    return "'" + text.replace("'", "''") + "'"
