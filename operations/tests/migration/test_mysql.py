"""MySQL as a source: its canonical texts are DuckDB's, and its refusals name the table."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from logmart.errors import CommandError, TransientError
from operations.migration.__main__ import run
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

EVERY_DAY = (
    "bigint",
    "decimal(18,2)",
    "decimal(38,38)",
    "double",
    "varchar(40)",
    "datetime(6)",
    "blob",
)


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


@pytest.fixture(scope="module")
def source_types(server: mariadb.MariaDB) -> dict[str, str]:
    """Return the type of the column v of each table."""
    return {table.name: table.columns[1].type for table in _source(server).tables()}


def _each_type() -> list[Any]:
    # The others are compared by `make test-deep`: each takes half a second.
    return [
        pytest.param(number, name, marks=() if name in EVERY_DAY else pytest.mark.deep)
        for number, name in enumerate(VALUES)
    ]


@pytest.mark.parametrize(("number", "type_name"), _each_type())
def test_a_copy_has_the_text_and_the_sums_of_its_source(
    server: mariadb.MariaDB, source_types: dict[str, str], number: int, type_name: str
) -> None:
    source = _source(server)
    copied = copied_type(MYSQL, source_types[f"t{number}"])
    assert copied, source_types[f"t{number}"]
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


@pytest.fixture
def shop(server: mariadb.MariaDB) -> Iterator[mariadb.MariaDB]:
    """A database of its own, with a table whose text is Korean and one without a key."""
    server.execute("create database shop character set utf8mb4", database=None)
    server.execute(
        "create table orders (order_id bigint, line int, buyer varchar(40), price decimal(18,2),"
        " at datetime(6), weight double, is_gift tinyint(1), primary key (order_id, line))",
        "insert into orders select seq div 3, seq mod 3, concat('구매자 ', seq), seq / 100,"
        " '2026-03-01 00:00:00.000001' + interval seq second, seq / 7, seq mod 2"
        " from seq_1_to_900",
        "create table notes (note text)",
        "insert into notes values ('가'), ('가'), (null)",
        "create view totals as select count(*) as n from orders",
        database="shop",
    )
    yield server
    server.execute("drop database shop", database=None)


def test_a_database_is_mapped_copied_caught_up_and_proved(
    shop: mariadb.MariaDB, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OLD_SHOP", shop.url("shop"))
    monkeypatch.setenv("LOGMART_MIGRATION", str(tmp_path / "state"))
    monkeypatch.setenv("LOGMART_LANDING", str(tmp_path / "landing"))
    mapping = tmp_path / "mapping.yml"
    target = tmp_path / "copy.duckdb"

    def migrate(verb: str, *words: str) -> int:
        arguments = [verb, "--mapping", str(mapping), *words]
        return run(arguments)

    migrate("map", "--from", "mysql:OLD_SHOP", "--to", f"duckdb:{target}")
    written = mapping.read_text(encoding="utf-8").replace("chunk_rows: 50000", "chunk_rows: 100")
    mapping.write_text(written, encoding="utf-8")
    migrate("run")
    assert migrate("report") == 1
    migrate("verify", "--final")
    assert migrate("report") == 0
    shop.execute(
        "update orders set price = price + 0.01 where order_id = 7 and line = 1",
        "delete from orders where order_id = 200",
        "insert into orders values (1000, 1, '새 구매자', null, null, null, null)",
        database="shop",
    )
    with pytest.raises(CommandError, match=r"orders \(price 1, missing rows 1, extra rows 3\)"):
        migrate("verify")
    migrate("run")
    migrate("verify", "--final")
    assert migrate("report") == 0
    with duckdb.connect(str(target)) as connection:
        rows = connection.execute("select count(*), sum(price), max(order_id) from orders")
        assert rows.fetchall() == [(898, Decimal("4036.48"), 1000)]
    shop.execute("alter table orders add column coupon int", database="shop")
    with pytest.raises(CommandError, match=r"column orders\.coupon is neither mapped nor excluded"):
        migrate("run")
    migrate("map")
    assert "{source: coupon, type: integer}" in mapping.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ({"user": "nobody", "password": "secret"}, "refuses the login, check OLD_BANK"),
        ({"database": "absent"}, "Unknown database"),
    ],
)
def test_what_a_server_refuses_is_one_line_without_a_password(
    server: mariadb.MariaDB, address: dict[str, str], why: str
) -> None:
    with pytest.raises(CommandError, match=why) as raised:
        _source(server, **address).tables()
    assert "secret" not in str(raised.value)


def test_a_server_that_cannot_be_reached_is_worth_another_try() -> None:
    source = MySQLSource("mysql://root@127.0.0.1:1/bank", "OLD_BANK", "", 20)
    with pytest.raises(TransientError, match="cannot be read"):
        source.tables()


@pytest.mark.deep
def test_a_table_without_snapshots_is_refused(server: mariadb.MariaDB) -> None:
    server.execute("create table plain (k bigint primary key, v int) engine = MyISAM")
    with pytest.raises(CommandError, match="engine MyISAM, which has no snapshots"):
        _source(server).plan(_table("plain", "integer"))
    server.execute("drop table plain")


def test_a_type_that_is_not_told_exactly_is_refused_by_name(server: mariadb.MariaDB) -> None:
    server.execute("create table shapes (k bigint primary key, v point)")
    with pytest.raises(CommandError, match=r"shapes\.v is point, which is not told exactly"):
        _source(server).plan(_table("shapes", "varchar"))
    with pytest.raises(CommandError, match=r"t5\.v is decimal\(18,2\): copy it with its scale"):
        _source(server).plan(_table("t5", "decimal(18,3)"))
    server.execute("drop table shapes")


def test_a_snapshot_does_not_see_later_writes_and_cannot_write(server: mariadb.MariaDB) -> None:
    source = _source(server)
    plan = source.plan(_table("t2", "bigint"))
    everything = Range(None, None)
    with source.snapshot() as snapshot, snapshot.reader() as reader:
        before = reader.sums(plan, everything)
        server.execute("insert into t2 values (77, 77)")
        assert reader.sums(plan, everything) == before
        with pytest.raises(CommandError, match="error 1792"):
            reader._all(plan, "delete from t2")
    server.execute("delete from t2 where k = 77")
