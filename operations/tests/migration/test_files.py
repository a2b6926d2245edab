"""CSV and Parquet files as a source: copied and proved, and what cannot be told exactly."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import duckdb
import pytest

from logmart.errors import CommandError
from operations.migration.mapping import Column, Load, Mapping, Source, Table, Target
from operations.migration.passes import RUN, VERIFY, Job, carry_out
from operations.migration.sources import files
from operations.migration.sources.files import FilesSource

CSV = """id,name,amount,at,day,rate,is_open,note
1,김지아,0.01,2026-03-01 10:20:30.000001,2026-03-01,0.1,true,
2,"a ""b"", c",-5.50,2026-03-01T00:00:00,2026-02-28,1e300,false,""
3, x ,1000000000000000.99,1999-12-31 23:59:59.5,0001-01-01,-0,true,~
"""
COLUMNS = (
    Column("id", "bigint"),
    Column("name", "varchar"),
    Column("amount", "decimal(18,2)", "amount_krw", reason="carries its unit"),
    Column("at", "timestamp"),
    Column("day", "date"),
    Column("rate", "double"),
    Column("is_open", "boolean"),
    Column("note", "varchar"),
)


class Files:
    """A folder of files, and the DuckDB file that they are copied to."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder / "files"
        self.folder.mkdir()
        self.path = folder / "copy.duckdb"
        self.landing = folder / "landing"
        self._state = folder / "state"
        monkeypatch.setenv("OLD_FILES", str(self.folder))

    def carry_out(self, verb: str, *tables: Table, is_final: bool = False) -> list[Any]:
        mapping = Mapping(
            Source("files", "OLD_FILES"), Target("duckdb", path=str(self.path)), tables, Load(2)
        )
        job = Job(verb, mapping, self._state, self.landing, is_final=is_final)
        return carry_out(job)

    def query(self, query: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(self.path)) as connection:
            return connection.execute(query).fetchall()


@pytest.fixture
def old(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Files:
    return Files(tmp_path, monkeypatch)


def test_a_csv_file_is_copied_value_by_value(old: Files) -> None:
    (old.folder / "accounts.csv").write_text(CSV, encoding="utf-8")
    table = Table("accounts", "accounts", ("id",), COLUMNS)
    old.carry_out(RUN, table)
    assert old.query('select id, name, amount_krw::varchar, "at"::varchar, note from accounts') == [
        (1, "김지아", "0.01", "2026-03-01 10:20:30.000001", None),
        (2, 'a "b", c', "-5.50", "2026-03-01 00:00:00", ""),
        (3, " x ", "1000000000000000.99", "1999-12-31 23:59:59.5", "~"),
    ]
    (result,) = old.carry_out(VERIFY, table, is_final=True)
    assert result.is_equal
    assert len(result.column_sums) == len(COLUMNS)


@pytest.mark.deep
def test_only_what_changed_is_copied_again(old: Files) -> None:
    path = old.folder / "accounts.csv"
    path.write_text("id,v\n" + "".join(f"{n},{n}\n" for n in range(40)), encoding="utf-8")
    table = Table("accounts", "accounts", ("id",), (Column("id", "bigint"), Column("v", "varchar")))
    old.carry_out(RUN, table)
    path.write_text(
        path.read_text(encoding="utf-8").replace("7,7\n", "7,seven\n"), encoding="utf-8"
    )
    (result,) = old.carry_out(RUN, table)
    copied = [chunk for chunk in result.chunks if chunk.copied]
    assert 1 <= len(copied) <= 2
    assert sum(chunk.copied for chunk in copied) < 20
    assert old.query("select v from accounts where id = 7") == [("seven",)]


def test_parquet_files_of_a_folder_are_one_table(old: Files) -> None:
    (old.folder / "events").mkdir()
    with duckdb.connect() as connection:
        for number in range(3):
            path = old.folder / "events" / f"part-{number}.parquet"
            connection.execute(
                f"copy (select range + {number * 10} as id, ['가', null, 'b,'] as tags,"
                " '\\x00\\xff'::blob as raw, 1.5::float as f, 0.1::decimal(9,3) as d,"
                " timestamptz '2026-03-01 00:00:00.000001+09' as at"
                f" from range(10)) to '{path}'"
            )
    types = {"id": "bigint", "tags": "varchar[]", "raw": "blob", "f": "real", "d": "decimal(9,3)"}
    columns = tuple(Column(*each) for each in [*types.items(), ("at", "timestamptz")])
    found = FilesSource(str(old.folder), "OLD_FILES").tables()
    assert [(table.name, len(table.columns)) for table in found] == [("events", 6)]
    table = Table("events", "events", ("id",), columns)
    old.carry_out(RUN, table)
    (result,) = old.carry_out(VERIFY, table, is_final=True)
    assert result.is_equal
    assert result.sums[0].rows == 30


@pytest.mark.parametrize(
    ("type_name", "value"),
    [
        *(("bigint", "1.7"), ("bigint", "x"), ("decimal(9,2)", "0.001"), ("date", "2026-03-01 10")),
        ("timestamp", "2026-03-01 00:00:00.0000001"),
    ],
)
def test_a_text_that_its_type_would_change_is_named(old: Files, type_name: str, value: str) -> None:
    (old.folder / "t.csv").write_text(f"id,v\n1,{value}\n", encoding="utf-8")
    table = Table("t", "t", ("id",), (Column("id", "bigint"), Column("v", type_name)))
    (result,) = old.carry_out(RUN, table)
    assert not result.is_equal
    assert {name for chunk in result.chunks for name in chunk.columns} == {"v"}
    assert old.query("from t") == []


def test_a_key_that_repeats_is_refused(old: Files) -> None:
    (old.folder / "t.csv").write_text("id\n1\n1\n", encoding="utf-8")
    with pytest.raises(CommandError, match="key of t does not tell its rows apart"):
        old.carry_out(RUN, Table("t", "t", ("id",), (Column("id", "bigint"),)))


def test_a_file_that_changes_while_it_is_read_is_no_proof(old: Files) -> None:
    path = old.folder / "t.csv"
    path.write_text("id\n1\n", encoding="utf-8")
    source = FilesSource(str(old.folder), "OLD_FILES")
    with pytest.raises(CommandError, match="changed while it was read"), source.snapshot():
        path.write_text("id\n2\n3\n", encoding="utf-8")


@pytest.mark.deep
def test_what_a_run_did_lands_as_records(old: Files) -> None:
    (old.folder / "t.csv").write_text("id\n1\n2\n", encoding="utf-8")
    old.carry_out(RUN, Table("t", "t", ("id",), (Column("id", "bigint"),)))
    (path,) = old.landing.rglob("migrated_chunks*.jsonl")
    records = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    assert sum(record["copiedRows"] for record in records) == 2
    assert [record["isFinal"] for record in records].count(True) == 1


@pytest.mark.deep
def test_files_of_two_kinds_are_no_table(old: Files) -> None:
    (old.folder / "t").mkdir()
    for name in ("a.csv", "b.parquet"):
        (old.folder / "t" / name).write_text("id\n1\n", encoding="utf-8")
    with pytest.raises(CommandError, match="CSV and Parquet"):
        FilesSource(str(old.folder), "OLD_FILES").tables()


def test_a_missing_folder_is_named() -> None:
    with pytest.raises(CommandError, match="OLD_FILES is nowhere, which is no folder"):
        files.FilesSource("nowhere", "OLD_FILES")
