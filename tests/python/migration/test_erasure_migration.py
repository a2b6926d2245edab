"""An erased user is in no result of a migration, and where a copy has one is told."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
import pytest

from logmart.errors import CommandError
from logmart.mart.erasure_migration import erase_results, migrated_mentions, result_mentions

USER = 'u&"0042'


def _results(folder: Path) -> list[Path]:
    (folder / "r1").mkdir(parents=True)
    record = {"key": {"id": USER}, "source": "u_0043"}
    contents = {
        "r1/differences.jsonl": json.dumps(record) + "\n",
        "report.txt": f"id {USER}: memo is a at the source, b at the target\n",
        "report.html": "<td>id u&amp;&quot;0042</td><td>u_0043</td>\n",
        "report.json": json.dumps({"differences": [record]}, indent=1) + "\n",
        "landed-bank.duckdb": USER,
        "landed-bank.duckdb.wal": USER,
    }
    for name, text in contents.items():
        (folder / name).write_text(text, encoding="utf-8")
    return [folder / name for name in contents]


def test_an_id_is_in_no_result_of_a_migration(tmp_path: Path) -> None:
    paths = _results(tmp_path)
    assert len(result_mentions(tmp_path, USER)) == 4
    erase_results(tmp_path, USER)
    assert result_mentions(tmp_path, USER) == []
    left = [path for path in paths if path.exists()]
    assert [path.name for path in left] == [
        *("differences.jsonl", "report.txt", "report.html", "report.json"),
    ]
    for path in left:
        text = path.read_text(encoding="utf-8")
        assert "0042" not in text
        assert "erased" in text
    assert json.loads(left[0].read_text(encoding="utf-8"))["source"] == "u_0043"


def test_a_short_id_is_not_searched_for_in_texts(tmp_path: Path) -> None:
    _results(tmp_path)
    assert result_mentions(tmp_path, "u_0") == []


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "report.txt").write_bytes(b"\xff\xfe")
    with pytest.raises(CommandError, match=r"report\.txt cannot be read"):
        result_mentions(tmp_path, USER)


def test_a_copy_that_has_the_user_is_told(tmp_path: Path) -> None:
    path = tmp_path / "copy.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("create table users as select $user as id, 1 as n", {"user": USER})
        connection.execute("create table cards as select 7 as id")
    mapping = tmp_path / "mapping.yml"
    mapping.write_text(f"target: {{kind: duckdb, path: {path}}}\n", encoding="utf-8")
    (warning,) = migrated_mentions(USER, mapping)
    assert warning.startswith("1 rows of users in ")
    assert "erase them at the source" in warning
    assert USER not in warning
    assert migrated_mentions("another", mapping) == []
    assert migrated_mentions(USER, tmp_path / "none.yml") == []
