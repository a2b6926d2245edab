"""A table of PostgreSQL is copied, caught up and proved, whatever its key."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from benchmarks.migration import source_table
from logmart.errors import CommandError
from operations.migration.mapping import Column, Exclusion, Load, Table
from operations.migration.results import EQUAL
from operations.tests.migration.bank import Bank, copied_chunks

_ROWS = 1_000
_TRANSFERS = Table(
    "transfers",
    "transfers",
    ("bank", "number"),
    (Column("bank", "varchar"), Column("number", "integer"), Column("memo", "varchar")),
)
_TRANSFERS_ROWS = (
    "insert into transfers select"
    " (array['국민', '신한', 'KB', 'kb', 'Ärzte', 'zeta', ''])[i % 7 + 1],"
    f" i, '이체 ' || i from generate_series(1, {_ROWS}) as i"
)


def _accounts(bank: Bank, rows: int = _ROWS) -> None:
    bank.tables.append(source_table.table("accounts"))
    bank.execute(*source_table.statements("accounts", rows))


def test_a_first_copy_is_proved_column_by_column_and_landed(bank: Bank) -> None:
    bank.load = Load(chunk_rows=100, parallel=2)
    _accounts(bank)
    assert len(copied_chunks(bank.run())) == 10
    bank.assert_equal()
    (table,) = bank.last_run()["tables"]
    assert table["sourceRows"] == table["targetRows"] == _ROWS
    assert len(table["columns"]) == len(source_table.COLUMNS)
    records = bank.landed()
    assert sum(record["copiedRows"] for record in records) == _ROWS
    assert [record["isFinal"] for record in records].count(True) == 2
    assert {record["status"] for record in records} == {"copied", "equal", "verified"}


def test_only_the_touched_chunks_are_copied_again(bank: Bank) -> None:
    _accounts(bank)
    bank.run()
    assert not copied_chunks(bank.run())
    bank.execute(
        "update accounts set amount = amount + 0.01, memo = '정정' where account_id = 150",
        "delete from accounts where account_id = 151",
        source_table.insert("accounts", 1_001, 1_003),
    )
    results = bank.run()
    # The update and the delete are of the second chunk, the new rows of the last two.
    assert copied_chunks(results) == ["000001", "000009", "000010"]
    assert sum(chunk.copied for chunk in results[0].chunks) == 100 + 100 + 2
    bank.assert_equal()


def test_what_was_changed_at_the_target_is_repaired(bank: Bank) -> None:
    _accounts(bank)
    bank.run()
    bank.change(
        "delete from accounts where account_id = 950",
        "insert into accounts by name select 5000 as account_id, 'only here' as memo",
        "update accounts set memo = memo || ' ' where account_id = 1",
    )
    bank.run()
    bank.assert_equal()


@pytest.mark.parametrize("collation", ["C", "default"])
def test_a_composite_key_with_text_is_cut_alike_on_both_sides(bank: Bank, collation: str) -> None:
    bank.add(
        _TRANSFERS,
        f'create table transfers (bank text collate "{collation}", number int, memo text,'
        " primary key (bank, number))",
        _TRANSFERS_ROWS,
    )
    bank.run()
    bank.assert_equal()
    bank.execute(
        "update transfers set memo = 'x' where bank = 'kb' and number = 10",
        "delete from transfers where number = 500",
        "insert into transfers values ('🏦', 1, null)",
    )
    results = bank.run()
    assert 1 <= len(copied_chunks(results)) <= 3
    assert results[0].statuses()[EQUAL] >= 7
    bank.assert_equal()


def test_a_text_key_of_another_collation_is_cut_into_buckets(bank: Bank) -> None:
    bank.add(
        Table("names", "names", ("name",), (Column("name", "varchar"),)),
        "create table names (name text primary key)",
        "insert into names select chr(44032 + i) || case i % 2 when 0 then 'a' else 'B' end"
        f" from generate_series(1, {_ROWS}) as i",
        "analyze names",
    )
    assert all("/" in chunk for chunk in copied_chunks(bank.run()))
    bank.assert_equal()
    bank.execute("delete from names where name like chr(44042) || '%'")
    assert len(copied_chunks(bank.run())) == 1
    bank.assert_equal()


def test_a_table_without_a_key_is_compared_as_a_multiset(bank: Bank) -> None:
    bank.add(
        Table("logs", "logs", (), (Column("line", "varchar"), Column("level", "integer"))),
        "create table logs (line text, level int)",
        "insert into logs select '줄 ' || i % 50, null from generate_series(1, 500) as i",
        "analyze logs",
    )
    bank.run()
    bank.assert_equal()
    # Two equal rows more: exclusive or would not see them.
    bank.execute("insert into logs values ('줄 1', null), ('줄 1', null)")
    with pytest.raises(AssertionError):
        bank.assert_equal()
    (line,) = bank.last_differences()
    assert (line["kind"], line["rowCount"], line["row"]) == (
        "missing",
        2,
        {"line": "줄 1", "level": None},
    )
    assert len(copied_chunks(bank.run())) == 1
    bank.assert_equal()
    assert bank.copied("select count(*) from logs where line = '줄 1'") == [(12,)]


def test_a_unique_key_with_nulls_loses_no_row(bank: Bank) -> None:
    bank.add(
        Table("codes", "codes", ("code",), (Column("code", "integer"), Column("name", "varchar"))),
        "create table codes (code int unique, name text)",
        "insert into codes values (1, 'a'), (null, 'b'), (2, 'c')",
    )
    bank.run()
    bank.assert_equal()
    assert bank.copied("select count(*) from codes") == [(3,)]


def test_a_key_that_repeats_is_refused(bank: Bank) -> None:
    bank.add(
        Table("codes", "codes", ("code",), (Column("code", "integer"),)),
        "create table codes (code int)",
        "insert into codes values (1), (1)",
    )
    with pytest.raises(CommandError, match="the key of codes does not tell its rows apart"):
        bank.run()
    assert bank.copied("select count(*) from codes") == [(0,)]


def test_names_need_quotes_and_columns_get_others(bank: Bank) -> None:
    bank.add(
        Table(
            'My "Table"',
            "renamed",
            ("Id",),
            (
                Column("Id", "bigint", target="id"),
                Column("select", "varchar", target="from"),
                Column("won", "bigint", transform="won * 100", reason="cents"),
            ),
            (Exclusion("old", "not used"),),
        ),
        'create table "My ""Table""" ("Id" bigint primary key, "select" text, won int, old int)',
        'insert into "My ""Table""" values (1, \'x\', 5, 1), (2, null, null, 2)',
    )
    bank.run()
    bank.assert_equal()
    assert bank.copied('select id, "from", won from renamed order by id') == [
        (1, "x", 500),
        (2, None, None),
    ]


def test_views_partitions_domains_and_enums_are_copied(bank: Bank) -> None:
    columns = (Column("id", "bigint"), Column("mood", "varchar"), Column("price", "decimal(10,2)"))
    bank.tables += [Table(name, name, ("id",), columns) for name in ("parts", "seen")]
    bank.execute(
        f"create type {bank.schema}.mood as enum ('기쁨', 'sad')",
        f"create domain {bank.schema}.price as numeric(10,2)",
        f"create table parts (id bigint, mood {bank.schema}.mood, price {bank.schema}.price,"
        " primary key (id)) partition by hash (id)",
        *(
            f"create table parts{part} partition of parts for values with (modulus 2,"
            f" remainder {part})"
            for part in range(2)
        ),
        "insert into parts select i, '기쁨', i / 3.0 from generate_series(1, 300) as i",
        "create view seen as select * from parts where id > 20",
    )
    bank.run()
    bank.assert_equal()
    assert bank.copied("select count(*), min(id) from seen") == [(280, 21)]


def test_an_empty_table_is_proved(bank: Bank) -> None:
    _accounts(bank, 0)
    bank.run()
    bank.assert_equal()
    assert [record["sourceRows"] for record in bank.landed()] == [0, 0]


def test_a_database_in_euc_kr_is_copied(bank: Bank, monkeypatch: pytest.MonkeyPatch) -> None:
    bank.server.execute(
        "create database old_korean encoding 'EUC_KR' lc_collate 'C' lc_ctype 'C'"
        " template template0"
    )
    bank.server.execute(
        "set client_encoding = 'UTF8'",
        "create table names (name text primary key, memo text)",
        "insert into names select '이름 ' || i, '한글 메모 ' || i from generate_series(1, 9) as i",
        database="old_korean",
    )
    monkeypatch.setenv("OLD_BANK", bank.server.url("old_korean"))
    bank.schema = "public"
    bank.tables.append(
        Table("names", "names", ("name",), (Column("name", "varchar"), Column("memo", "varchar")))
    )
    bank.run()
    bank.assert_equal()
    assert bank.copied("select count(*) from names where memo like '한글 메모 %'") == [(9,)]


_KEYS = {
    "bigint": st.integers(-(2**63), 2**63 - 1).map(str),
    "uuid": st.uuids().map(str),
    "date": st.dates().map(str) | st.just("-infinity") | st.just("0044-03-15 BC"),
    "timestamptz": st.datetimes().map(str) | st.just("infinity"),
    "text": st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=4),
}
_TARGETS = {"text": "varchar"}


def test_ranges_of_a_key_mean_the_same_on_both_sides(bank: Bank) -> None:
    bank.load = Load(chunk_rows=9, parallel=1)
    for number, type_name in enumerate(_KEYS):
        collated = ' collate "C"' if type_name == "text" else ""
        column = Column("k", _TARGETS.get(type_name, type_name))
        bank.add(
            Table(f"keys{number}", f"keys{number}", ("k",), (column,)),
            f"create table keys{number} (k {type_name}{collated} primary key)",
        )

    @settings(max_examples=2, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(st.tuples(*(st.sets(keys, min_size=20, max_size=40) for keys in _KEYS.values())))
    def check(keys: tuple[set[str], ...]) -> None:
        for number, each in enumerate(keys):
            values = ", ".join("('" + key.replace("'", "''") + "')" for key in each)
            bank.execute(f"truncate keys{number}", f"insert into keys{number} values {values}")
        for result in bank.run():
            assert "/" not in result.chunks[0].chunk_id
        # A range that were another at the target would be copied again, or lose rows.
        assert not copied_chunks(bank.run())
        bank.assert_equal()

    check()


@pytest.mark.parametrize(
    ("source_type", "target_type", "said"),
    [
        ("money", "decimal(18,2)", r"bank\.v is money: .*lc_monetary.*transform"),
        ("double precision", "decimal(18,2)", r"bank\.v is float8: .*not told exactly as decimal"),
        ("numeric(10,2)", "double", r"bank\.v is numeric\(10,2\): .*copy its text, as varchar"),
        ("timestamptz", "timestamp", r"bank\.v is timestamptz: .*not told exactly as timestamp"),
        ("interval", "interval", r"bank\.v cannot be copied as interval: copy its text"),
        ("numeric", "decimal", r"bank\.v cannot be copied as decimal: give its digits"),
        ("bytea[]", "blob[]", r"bank\.v cannot be copied as blob\[\]: copy its text"),
    ],
)
def test_a_type_that_cannot_be_told_exactly_is_refused_by_name(
    bank: Bank, source_type: str, target_type: str, said: str
) -> None:
    bank.add(
        Table("bank", "bank", ("k",), (Column("k", "integer"), Column("v", target_type))),
        f"create table bank (k int primary key, v {source_type})",
    )
    with pytest.raises(CommandError, match=said):
        bank.run()


@pytest.mark.parametrize(
    ("source_type", "value", "target_type"),
    [
        ("integer[]", "'{{1,2},{3,4}}'", "integer[]"),
        ("integer[]", "'[0:1]={1,2}'", "integer[]"),
        ("numeric(5,2)", "'NaN'", "decimal(5,2)"),
        ("numeric", "0.001", "decimal(18,2)"),
        ("bigint", "3000000000", "integer"),
        ("timestamp", "'294270-01-01'", "timestamp"),
    ],
)
def test_a_value_that_the_copy_cannot_hold_is_never_kept(
    bank: Bank, source_type: str, value: str, target_type: str
) -> None:
    bank.add(
        Table("bank", "bank", ("k",), (Column("k", "integer"), Column("v", target_type))),
        f"create table bank (k int primary key, v {source_type})",
        f"insert into bank values (1, null), (2, {value})",
    )
    (result,) = bank.run()
    assert not result.is_equal
    assert result.chunks[0].columns == ("v",)
    assert bank.copied("select count(*) from bank") == [(0,)]
