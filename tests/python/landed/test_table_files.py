"""Rows of files with columns, and what an erasure leaves of them."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import duckdb
import pytest

from logmart.landed.removed_lines import Changes, change_lines, lines_in
from logmart.landed.table_files import TableForm, table_facts, table_rows
from logmart.landed.text_files import read_text_lines

COMMA = TableForm()
TABLE = 'id,name,note\n1,a,"x, y"\n2,b,"first\nsecond"\n3,c,\n'


def rows(text: str, form: TableForm = COMMA) -> list[tuple[int, str]]:
    return list(table_rows(text.split("\n"), form))


def test_a_row_is_an_object_without_its_empty_cells() -> None:
    assert rows(TABLE) == [
        (2, '{"id": "1", "name": "a", "note": "x, y"}'),
        (3, '{"id": "2", "name": "b", "note": "first\\nsecond"}'),
        (5, '{"id": "3", "name": "c"}'),
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a,b\n1\n", [(2, "1")]),
        ("a,b\n1,2,3\n4,5\n", [(2, "1,2,3"), (3, '{"a": "4", "b": "5"}')]),
        ('a,b\n1,"open\n2,3\n', [(2, '1,"open'), (3, '{"a": "2", "b": "3"}')]),
        ('a,b\n1,5" pipe\n', [(2, '{"a": "1", "b": "5\\" pipe"}')]),
        ("a,b\r\n1,2\r\n", [(2, '{"a": "1", "b": "2"}')]),
        ("a,b\n\n1,2\n", [(3, '{"a": "1", "b": "2"}')]),
        ("a,a,\n1,2,3\n", [(2, '{"a": "1", "a_2": "2", "column_3": "3"}')]),
        ('a,b\n{"logmart":"erased","mark":"m"}\n', [(2, '{"logmart":"erased","mark":"m"}')]),
        ("a,b\n", []),
    ],
)
def test_odd_rows_stay_what_they_are(text: str, expected: list[tuple[int, str]]) -> None:
    assert rows(text) == expected


def test_columns_of_a_file_without_a_header_come_from_the_source() -> None:
    form = TableForm("\t", ("a", "b"))
    assert rows("1\t2\n", form) == [(1, '{"a": "1", "b": "2"}')]


@pytest.mark.parametrize(
    ("text", "row_count", "is_plain"),
    [
        ("a,b,c\n1,2,3\n4,5,6\n", 2, True),
        ('a,b,c\r\n1,"x,y",3\r\n', 1, True),
        (TABLE, 3, False),
        ("a,b,c\n1,2\n", 1, False),
        ("a,b,c\n\n1,2,3\n", 1, False),
        ("a,A,c\n1,2,3\n", 1, False),
        ("a,b,c\n", 0, True),
    ],
)
def test_the_reader_of_the_engine_takes_regular_files_only(
    tmp_path: Path, text: str, row_count: int, is_plain: bool
) -> None:
    path = tmp_path / "a.csv.gz"
    path.write_bytes(gzip.compress(text.encode()))
    facts = table_facts(path, COMMA)
    assert (facts.row_count, facts.is_plain) == (row_count, is_plain)


def test_bytes_that_are_not_utf_8_are_replaced_and_read_row_by_row(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"a,b,c\n1,\xb0\xa1,3\n")
    assert not table_facts(path, COMMA).is_plain
    ((_, row),) = table_rows(read_text_lines(path), COMMA)
    assert json.loads(row)["b"] == "\ufffd\ufffd"


def test_an_erased_row_leaves_none_of_its_lines(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(TABLE, encoding="utf-8")
    change_lines(path, Changes(frozenset({3})), "m", form=COMMA)
    text = path.read_text(encoding="utf-8")
    assert "second" not in text
    assert rows(text) == [
        (2, '{"id": "1", "name": "a", "note": "x, y"}'),
        (3, '{"logmart":"erased","mark":"m"}'),
        (5, '{"id": "3", "name": "c"}'),
    ]


def test_an_erased_row_of_parquet_is_empty(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    duckdb.sql(f"copy (select n as id, 'u' || n as uid from range(3) as t(n)) to '{path}'")
    change_lines(path, Changes(frozenset({2})), "m")
    change_lines(path, Changes(frozenset({3})), "n")
    assert lines_in(path) == [
        b'{"id":0,"uid":"u0"}',
        b'{"logmart":"erased","mark":"m"}',
        b'{"logmart":"erased","mark":"n"}',
    ]
    with duckdb.connect() as connection:
        left = connection.execute(f"select id, uid from read_parquet('{path}')").fetchall()
    assert left == [(0, "u0"), (None, None), (None, None)]
