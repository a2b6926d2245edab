"""The comparison with SQLMesh counts rows that differ, and its twin is made from our models."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import duckdb

from benchmarks.sqlmesh.compare import MODELS, compare, late_lines
from benchmarks.sqlmesh.run import mend
from benchmarks.sqlmesh.twin import write_twin
from logmart.landed.text_files import scan_text_file


def database(path: Path, rows: str) -> Path:
    with duckdb.connect(str(path)) as connection:
        for model in MODELS:
            connection.execute(f"create schema if not exists {model.split('.')[0]}")
            connection.execute(
                f"create table {model} as"
                f" from (values {rows}) as t(landing_file, line_number, is_duplicate, load_number)"
            )
    return path


def test_a_row_that_differs_is_counted_on_both_sides_and_a_load_number_is_not(
    tmp_path: Path,
) -> None:
    ours = database(tmp_path / "logmart.duckdb", "('f', 1, false, 1), ('f', 2, false, 2)")
    same = database(tmp_path / "same.duckdb", "('f', 2, false, 9), ('f', 1, false, 9)")
    other = database(tmp_path / "other.duckdb", "('f', 1, true, 1), ('f', 2, false, 2)")
    assert all(each.is_equal for each in compare(ours, same))
    for each in compare(ours, other):
        assert (each.here, each.there, each.here_only, each.there_only) == (2, 2, 1, 1)
        assert not each.is_equal


def test_lines_that_a_peer_never_read_are_counted_with_their_files(tmp_path: Path) -> None:
    rows = "('f', 1, false, 1), ('g', 1, false, 1), ('g', 2, false, 1)"
    rebuilt = database(tmp_path / "logmart.duckdb", rows)
    peer = database(tmp_path / "peer.duckdb", "('f', 1, true, 1)")
    assert late_lines(rebuilt, peer) == (2, 1)


def test_a_mended_line_is_plain_text_and_still_json(tmp_path: Path) -> None:
    file = tmp_path / "app/dt=2026-01-01/events.jsonl.gz"
    file.parent.mkdir(parents=True)
    file.write_bytes(gzip.compress(b'{"a": 1}\r\n{"b": "\xff"}\n{"c": 3}\n'))
    assert not scan_text_file(file).is_plain_text
    assert mend(tmp_path) == 2
    assert scan_text_file(file).is_plain_text
    lines = gzip.decompress(file.read_bytes()).decode().splitlines()
    assert [list(json.loads(line)) for line in lines] == [["a"], ["b"], ["c"]]


def test_the_twin_is_our_compiled_sql_under_a_header(tmp_path: Path) -> None:
    def node(name: str, kind: str) -> dict[str, object]:
        return {
            "resource_type": "model",
            "name": name,
            "database": "logmart",
            "schema": "staging",
            "config": {"materialized": kind},
            "compiled_code": 'select * from "logmart"."restricted"."base_app__events"',
        }

    nodes = [node("stg_app__a", "view"), node("int_b", "table"), node("base_app__files", "table")]
    target = tmp_path / "target"
    target.mkdir()
    manifest = {"nodes": {str(number): each for number, each in enumerate(nodes)}}
    (target / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    write_twin(target, tmp_path / "twin", {"int_b": "VIEW"})
    models = tmp_path / "twin/models"
    assert {file.stem for file in models.iterdir()} == {"base_app__events", "stg_app__a", "int_b"}
    assert (models / "int_b.sql").read_text(encoding="utf-8") == (
        "MODEL (\n  name staging.int_b,\n  kind VIEW\n);\n\n"
        "select * from restricted.base_app__events\n"
    )
