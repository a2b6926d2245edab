"""A table of PostgreSQL is copied, caught up and proved, whatever its key."""

from __future__ import annotations

import io
import sys

import pytest

from benchmarks.migration import source_table
from logmart.errors import CommandError
from operations.migration.mapping import Column, Exclusion, Load, Table
from operations.migration.results import EQUAL
from operations.tests.migration.bank import Bank, copied_chunks

_ROWS = 500
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
    assert len(copied_chunks(bank.run())) == 5
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
        source_table.insert("accounts", 501, 503),
    )
    results = bank.run()
    # The update and the delete are of the second chunk, the new rows of the last two.
    assert copied_chunks(results) == ["000001", "000004", "000005"]
    assert sum(chunk.copied for chunk in results[0].chunks) == 100 + 100 + 2
    bank.assert_equal()


def test_what_was_changed_at_the_target_is_repaired(bank: Bank) -> None:
    _accounts(bank)
    bank.run()
    bank.change(
        "delete from accounts where account_id = 450",
        "insert into accounts by name select 5000 as account_id, 'only here' as memo",
        "update accounts set memo = memo || ' ' where account_id = 1",
    )
    bank.run()
    bank.assert_equal()


@pytest.mark.parametrize(
    "collation",
    # The buckets of another collation have a test of their own.
    ["C", pytest.param("default", marks=pytest.mark.deep)],
)
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
        "delete from transfers where number = 400",
        "insert into transfers values ('🏦', 1, null)",
    )
    results = bank.run()
    assert 1 <= len(copied_chunks(results)) <= 3
    assert results[0].statuses()[EQUAL] >= 2
    bank.assert_equal()


def test_a_text_key_of_another_collation_is_cut_into_buckets(bank: Bank) -> None:
    bank.add(
        Table("names", "names", ("name",), (Column("name", "varchar"),)),
        'create table names (name text collate "C.utf8" primary key)',
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


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_gets_a_progress_bar(bank: Bank, monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = _Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    _accounts(bank)
    bank.run()
    shown = terminal.getvalue().split("\r")[-1]
    assert "accounts: 100%" in shown
    assert "500/500" in shown
    assert "rows/s, 0 chunks left" in shown


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
