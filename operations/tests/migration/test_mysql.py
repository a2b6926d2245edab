"""MySQL as a source: its canonical texts are DuckDB's, and its refusals name the table."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pyarrow as pa
import pytest

from operations.migration.canonical import encoded_in_duckdb, kind_of, parsed, text_in_duckdb
from operations.migration.chunks import Range
from operations.migration.mapping import MYSQL, Column, Table
from operations.migration.sources.mysql import MySQLSource
from operations.migration.type_map import copied_type
from operations.tests.migration import mariadb

pytestmark = pytest.mark.skipif(not mariadb.SERVER, reason=mariadb.REASON)

# A type and its values, as MariaDB's SQL.
VALUES = {
    "tinyint": ["-128", "0", "127"],
    "bigint unsigned": ["0", "18446744073709551615"],
    "bigint": ["-9223372036854775808", "9223372036854775807"],
    "bit(8)": ["b'0'", "b'11111111'"],
    "year": ["1901", "2155"],
    "decimal(18,2)": ["0.01", "-0.50", "9999999999999999.99"],
    "decimal(38,38)": ["0.1", "-0.00000000000000000000000000000000000001"],
    "double": [
        *("0", "-0e0", "0.1", "-0.1", "1", "2", "4503599627370496", "9007199254740993e0"),
        *("1.7976931348623157e308", "2.2250738585072014e-308", "2.225073858507201e-308"),
        *("4.9406564584124654e-324", "0.3", "1e22", "1e23", "123456789.123456789", "8", "0.125"),
        *("4503599627370495.5", "0.9999999999999999", "1.0000000000000002", "6.02e23"),
    ],
    "float": [
        *("0", "-0e0", "0.1", "-0.1", "1", "16777216", "3.4028234e38", "1.17549435e-38"),
        *("1e-45", "123456.79", "0.99999994", "1.0000001", "8"),
    ],
    "varchar(40)": [
        "''",
        "'~'",
        "'김지아'",
        "'a '",
        "'it''s'",
        "'back\\\\slash'",
        "'a,1:b'",
        "'😀'",
    ],
    "char(10)": ["''", "'a'", "'가나다'"],
    "text": ["'여러\n줄'", "repeat('가', 3000)"],
    "enum('a','나')": ["'a'", "'나'"],
    "set('a','b')": ["''", "'a,b'"],
    "date": ["'1000-01-01'", "'2026-02-28'", "'9999-12-31'"],
    "time": ["'00:00:00'", "'23:59:59'"],
    "time(6)": ["'12:00:00.5'", "'23:59:59.999999'", "'00:00:00'"],
    "datetime": ["'2026-02-28 23:59:59'", "'1000-01-01 00:00:00'"],
    "datetime(6)": ["'2026-02-28 23:59:59.000001'", "'2026-01-01 10:20:30.120000'", "'2026-01-01'"],
    "timestamp(6) null": ["'2026-02-28 23:59:59.000001'", "'1970-01-01 00:00:01'"],
    "binary(4)": ["x'00ff00'", "''"],
    "varbinary(8)": ["''", "x'00ff'"],
    "blob": ["x'00'", "'가'"],
    "uuid": ["'123E4567-e89b-12d3-a456-426655440000'"],
    "json": ['\'{"b": 1, "a": [1, 2]}\''],
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[mariadb.MariaDB]:
    with mariadb.mariadb_server(tmp_path_factory.mktemp("mariadb")) as started:
        started.execute("set time_zone = '+00:00'", *_tables())
        yield started


def _tables() -> list[str]:
    statements = []
    for number, (type_name, values) in enumerate(VALUES.items()):
        statements.append(f"create table t{number} (k bigint primary key, v {type_name})")
        rows = ", ".join(f"({row}, {value})" for row, value in enumerate([*values, "null"]))
        statements.append(f"insert into t{number} values {rows}")
    return statements


def _source(server: mariadb.MariaDB, **address: str) -> MySQLSource:
    return MySQLSource(server.url(**address), "OLD_BANK", "", 20)


def _table(name: str, type_name: str, source_type: str = "bigint") -> Table:
    columns = (Column("k", copied_type(MYSQL, source_type)), Column("v", type_name))
    return Table(name, name, ("k",), columns)


def _read(batches: Iterator[pa.RecordBatch]) -> pa.Table:
    return pa.Table.from_batches(list(batches))


@pytest.mark.parametrize(("number", "type_name"), enumerate(VALUES))
def test_a_copy_has_the_text_and_the_sums_of_its_source(
    server: mariadb.MariaDB, number: int, type_name: str
) -> None:
    source = _source(server)
    found = {table.name: table for table in source.tables()}[f"t{number}"]
    copied = copied_type(MYSQL, found.columns[1].type)
    assert copied, found.columns[1].type
    kind = kind_of(copied)
    plan = source.plan(_table(f"t{number}", copied))
    everything = Range(None, None)
    with source.snapshot() as snapshot, snapshot.reader() as reader:
        sent = _read(reader.rows(plan, everything))
        texts = _read(reader.texts(plan, everything, plan.table.columns))
        sums = reader.sums(plan, everything, by_column=True)
        in_buckets = reader.bucket_sums(plan, 7, reader.slices(plan)[0])
    assert texts.num_rows == len(VALUES[type_name]) + 1
    with duckdb.connect() as connection:
        connection.register("sent", sent)
        connection.execute(
            f"create table copies as select c0::bigint as k, {parsed(kind, 'c1')} as v from sent"
        )
        rows = connection.execute(
            f"select k::varchar, {text_in_duckdb(kind, 'v')} from copies order by k"
        ).fetchall()
        encoded = f"concat_ws(',', {encoded_in_duckdb(kind_of('bigint'), 'k')}, "
        encoded += f"{encoded_in_duckdb(kind, 'v')})"
        halves = connection.execute(
            "select sum(('0x' || substr(h, 1, 16))::ubigint::hugeint)::varchar,"
            " sum(('0x' || substr(h, 17, 16))::ubigint::hugeint)::varchar"
            f" from (select md5({encoded}) as h from copies)"
        ).fetchone()
    assert rows == sorted(
        zip(*(texts.column(number).to_pylist() for number in (0, 1)), strict=True),
        key=lambda row: int(row[0]),
    )
    assert None not in [text for _, text in rows[:-1]]
    assert rows[-1][1] is None
    assert halves is not None
    assert [each % 2**64 for each in map(int, halves)] == [sums[0].high, sums[0].low]
    assert sum((each.high for each in in_buckets.values()), 0) % 2**64 == sums[0].high
    assert sum(each.rows for each in in_buckets.values()) == sums[0].rows == len(rows)
