"""What PostgreSQL's catalog tells of tables: columns, keys, and how they can be cut into chunks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from adbc_driver_manager import dbapi as adbc

from logmart.errors import CommandError
from operations.migration.canonical import Kind, UnsupportedTypeError, kind_of
from operations.migration.chunks import TablePlan
from operations.migration.mapping import Column, Table
from operations.migration.schema import SourceColumn, SourceTable
from operations.migration.sources.postgresql_dialect import (
    ORDERED_ALIKE,
    base_name,
    quoted,
    refusal,
    text_literal,
)

# A domain is told as the type that it is of.
_COLUMNS = """
select
    c.relname::text as table_name,
    a.attname::text as column_name,
    format_type(b.type_id, b.modifier)::text as shown,
    t.typname::text as type_name,
    case when t.typname = 'numeric' and b.modifier > 0
        then ((b.modifier - 4) >> 16 & 65535)::text || ','
            || ((b.modifier - 4 & 2047 # 1024) - 1024)::text
    end as digits,
    c.relkind::text not in ('r', 'p') as is_view
from pg_class as c
inner join pg_namespace as n on n.oid = c.relnamespace
inner join pg_attribute as a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
cross join lateral (
    with recursive based as (
        select a.atttypid as type_id, a.atttypmod as modifier
        union all
        select d.typbasetype, d.typtypmod
        from based inner join pg_type as d on d.oid = based.type_id and d.typtype = 'd'
    )
    select based.* from based inner join pg_type as d on d.oid = based.type_id
    where d.typtype <> 'd'
) as b
inner join pg_type as t on t.oid = b.type_id
where n.nspname = {schema} and c.relkind in ('r', 'p', 'v', 'm', 'f') and not c.relispartition
order by c.relname, a.attnum
"""
# The columns of unique indexes, and whether text in them is ordered by its bytes.
_INDEXES = """
select
    c.relname::text as table_name,
    i.indexrelid::bigint as index_id,
    i.indisprimary as is_primary,
    a.attname::text as column_name,
    a.attnotnull as is_not_null,
    i.indoption[k.place - 1] = 0 as is_ascending,
    case
        when l.oid is null or l.collprovider = 'b' then true
        when l.collprovider = 'c' then l.collcollate in ('C', 'POSIX')
        when l.collprovider = 'd'
            then to_jsonb(d) ->> 'datlocprovider' = 'b' or d.datcollate in ('C', 'POSIX')
        else false
    end as is_by_bytes
from pg_index as i
inner join pg_class as c on c.oid = i.indrelid
inner join pg_namespace as n on n.oid = c.relnamespace
inner join pg_class as x on x.oid = i.indexrelid
inner join pg_am as m on m.oid = x.relam and m.amname = 'btree'
inner join pg_database as d on d.datname = current_database()
cross join lateral generate_series(1, i.indnkeyatts) as k(place)
inner join pg_attribute as a on a.attrelid = c.oid and a.attnum = i.indkey[k.place - 1]
left join pg_collation as l on l.oid = i.indcollation[k.place - 1]
where n.nspname = {schema} and i.indisunique and i.indisvalid and i.indpred is null
    and 0 <> all (i.indkey)
order by i.indisprimary desc, i.indexrelid, k.place
"""
_ESTIMATE = """
select sum(
    case when p.reltuples >= 0 then p.reltuples else pg_relation_size(p.oid) / 100 end
)::bigint as row_count
from pg_partition_tree({relation}::regclass) as tree
inner join pg_class as p on p.oid = tree.relid and p.relkind in ('r', 'm')
"""


@dataclass(frozen=True)
class _IndexColumn:
    name: str
    is_not_null: bool
    is_ascending: bool
    is_by_bytes: bool


def server(connection: adbc.Connection) -> tuple[int, str]:
    """Return the server's version, as a number, and the encoding of the database."""
    version, encoding = _rows(
        connection,
        "select current_setting('server_version_num')::int as version,"
        " current_setting('server_encoding') as encoding",
    )[0]
    return int(version), str(encoding)


def tables(connection: adbc.Connection, schema: str) -> list[SourceTable]:
    """Return the tables of a schema, views among them."""
    columns: dict[str, list[SourceColumn]] = {}
    views = set()
    for table, name, shown, _, _, is_view in _rows(
        connection, _COLUMNS.format(schema=text_literal(schema))
    ):
        columns.setdefault(table, []).append(SourceColumn(name, shown))
        if is_view:
            views.add(table)
    indexes = _indexes(connection, schema)
    return [
        SourceTable(name, tuple(each), _key(indexes.get(name, [])), name in views)
        for name, each in columns.items()
    ]


def _key(indexes: list[list[_IndexColumn]]) -> tuple[str, ...]:
    for index in indexes:
        if all(column.is_not_null for column in index):
            return tuple(column.name for column in index)
    return ()


def _indexes(connection: adbc.Connection, schema: str) -> dict[str, list[list[_IndexColumn]]]:
    """Return the unique indexes of each table, the primary key first."""
    by_id: dict[tuple[str, int], list[_IndexColumn]] = {}
    for table, index, _, *column in _rows(connection, _INDEXES.format(schema=text_literal(schema))):
        by_id.setdefault((table, index), []).append(_IndexColumn(*column))
    found: dict[str, list[list[_IndexColumn]]] = {}
    for (table, _), columns in by_id.items():
        found.setdefault(table, []).append(columns)
    return found


def plan(
    connection: adbc.Connection, schema: str, table: Table, *, is_ordered_by_bytes: bool
) -> TablePlan:
    """Return how a table is copied.

    In: `is_ordered_by_bytes`, whether the collation "C" orders texts by their bytes in UTF-8.
    Raises CommandError for a missing column, and for a type that cannot be told exactly.
    """
    types = {
        name: f"{type_name}({digits})" if digits else type_name
        for found, name, _, type_name, digits, _ in _rows(
            connection, _COLUMNS.format(schema=text_literal(schema))
        )
        if found == table.source
    }
    if not types:
        raise CommandError(f"the source has no table {schema}.{table.source}: see its mapping")
    relation = f"{quoted(schema)}.{quoted(table.source)}"
    source_types = tuple(
        _transformed_type(connection, relation, column)
        if column.transform
        else _type(types, table, column)
        for column in table.columns
    )
    kinds = tuple(
        _kind(table, column, type_name)
        for column, type_name in zip(table.columns, source_types, strict=True)
    )
    alike = {
        column.source
        for column, kind, type_name in zip(table.columns, kinds, source_types, strict=True)
        if base_name(type_name) in ORDERED_ALIKE.get(kind.name, ())
        and (kind.name != "text" or is_ordered_by_bytes)
    }
    indexes = _indexes(connection, schema).get(table.source, [])
    range_columns, has_unique_key = _range_columns(table, indexes, alike)
    estimate = _rows(connection, _ESTIMATE.format(relation=text_literal(relation)))[0][0]
    return TablePlan(
        table=table,
        kinds=kinds,
        source_types=source_types,
        range_columns=range_columns,
        has_unique_key=has_unique_key,
        estimated_rows=int(_counted(connection, relation) if estimate is None else estimate),
    )


def _type(types: dict[str, str], table: Table, column: Column) -> str:
    if column.source not in types:
        raise CommandError(f"the source no longer has the column {table.source}.{column.source}")
    return types[column.source]


def _transformed_type(connection: adbc.Connection, relation: str, column: Column) -> str:
    rows = _rows(
        connection,
        "select (select typname::text from pg_type where oid = pg_typeof(r.value)) as name"
        f" from (select 1) as one left join lateral (select ({column.transform}) as value"
        f" from {relation} limit 1) as r on true",
    )
    return str(rows[0][0])


def _kind(table: Table, column: Column, type_name: str) -> Kind:
    place = f"{table.source}.{column.source}"
    try:
        kind = kind_of(column.type)
    except UnsupportedTypeError as error:
        raise CommandError(f"{place} cannot be copied as {error}") from None
    reason = refusal(kind, type_name)
    if reason:
        raise CommandError(f"{place} is {type_name}: {reason}")
    return kind


def _range_columns(
    table: Table, indexes: list[list[_IndexColumn]], alike: set[str]
) -> tuple[tuple[Column, ...], bool]:
    """Return the columns to cut by, and whether an index keeps the key unique."""
    by_name = {column.source: column for column in table.key_columns}
    best: tuple[Column, ...] = ()
    is_unique = False
    for index in indexes:
        if {column.name for column in index} != set(by_name):
            continue
        if not all(column.is_not_null for column in index):
            continue
        is_unique = True
        found: list[Column] = []
        for column in index:
            if column.name not in alike or not (column.is_ascending and column.is_by_bytes):
                break
            found.append(by_name[column.name])
        best = max(best, tuple(found), key=len)
    return best, is_unique


def _counted(connection: adbc.Connection, relation: str) -> int:
    return int(_rows(connection, f"select count(*) as row_count from {relation}")[0][0])


def pages_query(relation: str, page_bytes: int) -> str:
    """Return the query of the number of pages of a table; null of what is none, such as a view."""
    return (
        f"select case when relkind in ('r', 'm') then pg_relation_size(oid) / {page_bytes} end"
        f" as pages from pg_class where oid = {text_literal(relation)}::regclass"
    )


def _rows(connection: adbc.Connection, query: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows
