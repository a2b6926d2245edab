"""A table of PostgreSQL with every type that is told exactly, and Korean text."""

from __future__ import annotations

from operations.migration.mapping import Column, Table

COLUMNS = {
    "account_id": ("bigint not null", "bigint"),
    "amount": ("numeric(18,2)", "decimal(18,2)"),
    "rate": ("double precision", "double"),
    "memo": ("text", "varchar"),
    "is_open": ("boolean", "boolean"),
    "opened_on": ("date", "date"),
    "opened_at": ("timestamp with time zone", "timestamptz"),
    "local_at": ("timestamp", "timestamp"),
    "token": ("uuid", "uuid"),
    "details": ("jsonb", "json"),
    "signature": ("bytea", "blob"),
    "tags": ("text[]", "varchar[]"),
}
# One row by its number `i`; every tenth value or so is null.
_VALUES = """
    i as account_id,
    case when i % 11 > 0 then (i * 7919 % 100000007)::numeric / 100 - 500000 end as amount,
    case when i % 13 > 0 then sin(i) / (i % 7 + 1) end as rate,
    case i % 10
        when 0 then null
        when 1 then ''
        when 2 then '급여 이체 ' || i || '월분'
        when 3 then '카드 결제 — 서울 강남구 ' || i || E'\\n'
        else '김' || chr(44032 + (i * 31 % 11000)::int) || ' 님의 계좌 ' || md5(i::text)
    end as memo,
    case when i % 17 > 0 then i % 3 = 0 end as is_open,
    date '1999-12-31' + (i % 12000)::int as opened_on,
    timestamptz '2001-02-03 04:05:06.000001+09' + i * interval '1 minute 1 microsecond'
        as opened_at,
    case when i % 19 > 0 then timestamp '1970-01-01' - i * interval '1.000001 second' end
        as local_at,
    case when i % 23 > 0 then md5('t' || i)::uuid end as token,
    case when i % 5 > 0 then
        jsonb_build_object('등급', i % 7, 'limits', jsonb_build_array(i, i * 1.50, null))
    end as details,
    case when i % 29 > 0 then decode(md5('s' || i), 'hex') end as signature,
    case when i % 31 > 0 then array['우대', null, 't' || i % 9] end as tags
"""
# What dlt copies without a type of its own.
ORDINARY = (
    "account_id",
    "amount",
    "rate",
    "memo",
    "is_open",
    "opened_on",
    "opened_at",
    "local_at",
    "details",
)


def statements(name: str, rows: int, columns: tuple[str, ...] = tuple(COLUMNS)) -> list[str]:
    """Return the statements that make and fill a table. In: `columns`, those that it has."""
    shown = ", ".join(f"{column} {COLUMNS[column][0]}" for column in columns)
    return [
        f"create table {name} ({shown}, primary key (account_id))",
        insert(name, 1, rows, columns),
        f"analyze {name}",
    ]


def insert(name: str, first: int, last: int, columns: tuple[str, ...] = tuple(COLUMNS)) -> str:
    """Return the statement that inserts the rows from one number to another."""
    return (
        f"insert into {name} select {', '.join(columns)}"
        f" from (select {_VALUES} from generate_series({first}::bigint, {last}) as i) as made"
    )


def table(
    name: str, columns: tuple[str, ...] = tuple(COLUMNS), personal: tuple[str, ...] = ()
) -> Table:
    """Return the mapping of such a table. In: `personal`, the columns that hold personal data."""
    return Table(
        source=name,
        target=name,
        key=("account_id",),
        columns=tuple(
            Column(column, COLUMNS[column][1], is_personal=column in personal) for column in columns
        ),
    )
