from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from logmart.errors import CommandError
from logmart.mart.publish import publish
from logmart.mart.stale_stamp import Stamp, read_stamp, write_stamp


class Build:
    """A build database with one mart, and the artifacts that go with it."""

    def __init__(self, folder: Path) -> None:
        self.database = folder / "build.duckdb"
        self.published = folder / "published.duckdb"
        self.target = folder / "target"
        self.target.mkdir()
        self.write_artifacts()
        self.run("create schema marts; create table marts.sales as select 1 as id, 'a' as name")

    def run(self, sql: str) -> None:
        with duckdb.connect(str(self.database)) as connection:
            connection.execute(sql)

    def write_artifacts(
        self, *, command: str = "build", test: str = "pass", invocation: str = "i"
    ) -> None:
        node = {
            "resource_type": "model",
            "fqn": ["logmart", "marts", "sales"],
            "schema": "marts",
            "alias": "sales",
            "description": 'What was sold; it\'s "all" here.',
            "columns": {"id": {"name": "id", "description": "Key."}},
        }
        metadata = {"invocation_id": "i"}
        results = [
            {"unique_id": "model.logmart.sales", "status": "success"},
            {"unique_id": "test.logmart.unique_sales_id.1", "status": test},
        ]
        self._write("manifest.json", {"metadata": metadata, "nodes": {"model.sales": node}})
        self._write(
            "run_results.json",
            {
                "metadata": {"invocation_id": invocation},
                "args": {"which": command},
                "results": results,
            },
        )

    def _write(self, name: str, content: dict[str, Any]) -> None:
        (self.target / name).write_text(json.dumps(content), encoding="utf-8")

    def publish(self) -> bool:
        return publish(self.database, self.published, self.target).changed

    def rows(self) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(self.published), read_only=True) as connection:
            return connection.execute("select * from marts.sales order by all").fetchall()


@pytest.fixture
def build(tmp_path: Path) -> Build:
    return Build(tmp_path)


def test_marts_are_published_with_their_docs(build: Build) -> None:
    assert build.publish()
    assert build.rows() == [(1, "a")]
    with duckdb.connect(str(build.published), read_only=True) as connection:
        comments = connection.execute(
            "select comment from duckdb_tables() union all"
            " select comment from duckdb_columns() where column_name = 'id' order by 1"
        ).fetchall()
    assert comments == [("Key.",), ('What was sold; it\'s "all" here.',)]


def test_what_is_published_already_is_left_alone(build: Build) -> None:
    build.publish()
    before = build.published.stat()
    assert not build.publish()
    after = build.published.stat()
    # Not the whole: to read the file for its comparison is to change when it was last read.
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


@pytest.mark.parametrize(
    "change",
    [
        "insert into marts.sales values (1, 'a')",
        "update marts.sales set name = 'b'",
        "alter table marts.sales add column price int",
        "alter table marts.sales alter id type bigint",
    ],
)
def test_any_change_is_published(build: Build, change: str) -> None:
    build.publish()
    build.run(change)
    assert build.publish()
    assert not build.publish()


def test_a_reader_keeps_what_it_opened(build: Build) -> None:
    build.publish()
    with duckdb.connect(str(build.published), read_only=True) as reader:
        build.run("update marts.sales set name = 'b'")
        build.publish()
        assert reader.execute("select name from marts.sales").fetchall() == [("a",)]
    assert build.rows() == [(1, "b")]


@pytest.mark.parametrize(
    ("artifacts", "message"),
    [
        ({"test": "fail"}, "unique_sales_id"),
        ({"test": "skipped"}, "unique_sales_id"),
        ({"command": "generate"}, "`generate`"),
        ({"invocation": "another"}, "different dbt commands"),
    ],
)
def test_a_build_that_did_not_pass_leaves_the_published_file(
    build: Build, artifacts: dict[str, str], message: str
) -> None:
    build.publish()
    build.run("update marts.sales set name = 'b'")
    build.write_artifacts(**artifacts)
    with pytest.raises(CommandError, match=message):
        build.publish()
    assert build.rows() == [(1, "a")]


def test_a_mart_that_is_not_there_leaves_the_published_file(build: Build) -> None:
    build.publish()
    build.run("drop table marts.sales")
    with pytest.raises(CommandError, match="left as it was"):
        build.publish()
    assert build.rows() == [(1, "a")]
    assert sorted(path.name for path in build.published.parent.glob("published*")) == [
        "published.duckdb"
    ]


@pytest.mark.parametrize("content", [None, "{"])
def test_artifacts_that_are_missing_or_cut_short_are_named(
    build: Build, content: str | None
) -> None:
    path = build.target / "run_results.json"
    path.unlink()
    if content is not None:
        path.write_text(content, encoding="utf-8")
    with pytest.raises(CommandError, match=r"run_results\.json is .*make build"):
        build.publish()


def test_a_stamp_is_removed_by_the_next_publish(build: Build) -> None:
    build.publish()
    stamp = Stamp(None, datetime(2026, 3, 1, 17, tzinfo=UTC), "build")
    for change in ("select 1", "update marts.sales set name = 'b'"):
        write_stamp(build.published, stamp)
        build.run(change)
        build.publish()
        assert read_stamp(build.published) is None
    write_stamp(build.published, stamp)
    build.write_artifacts(test="fail")
    with pytest.raises(CommandError):
        build.publish()
    assert read_stamp(build.published) == stamp
