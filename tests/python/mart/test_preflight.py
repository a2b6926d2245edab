from __future__ import annotations

import shutil
import subprocess
import sys
from collections import namedtuple
from pathlib import Path

import duckdb
import pytest

from logmart.errors import CommandError
from logmart.mart.preflight import (
    check_database,
    check_free_space,
    check_landing_zone,
    check_planned_events,
)
from logmart.settings import record_sources

HOLD = "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print('held', flush=True); input()"
Usage = namedtuple("Usage", "total used free")


def test_a_source_without_files_is_named_with_the_remedy(tmp_path: Path) -> None:
    (tmp_path / "app" / "dt=2026-01-01").mkdir(parents=True)
    with pytest.raises(CommandError, match=r"no landed files in .*app.*make sample"):
        check_landing_zone(tmp_path, ["app"])
    (tmp_path / "app" / "dt=2026-01-01" / "events.jsonl").write_bytes(b"12345")
    assert check_landing_zone(tmp_path, ["app"]) == 5


def test_records_must_have_landed_where_the_app_is_built() -> None:
    listed = {"bank": ["users"], "crm": ["sends"]}
    both = {"sources": ["app", "wikipedia"], "record_sources": listed}
    assert record_sources(both) == ["bank", "crm"]
    assert record_sources({**both, "sources": ["wikipedia"]}) == []


def test_a_database_that_another_process_holds_names_the_process(tmp_path: Path) -> None:
    database = tmp_path / "logmart.duckdb"
    check_database(database)
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(database)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdin is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(CommandError, match=f"in use by .*PID {holder.pid}") as error:
            check_database(database)
        holder.stdin.write(b"\n")
        holder.stdin.close()
    assert "\n" not in str(error.value)
    check_database(database)


def test_a_file_that_is_no_database_is_named_with_the_remedy(tmp_path: Path) -> None:
    database = tmp_path / "logmart.duckdb"
    database.write_text("not a database" * 1000, encoding="utf-8")
    with pytest.raises(CommandError, match="cannot be opened.*make clean") as error:
        check_database(database)
    assert "\n" not in str(error.value)
    database.unlink()
    duckdb.connect(str(database)).close()
    check_database(database)


def test_a_full_disk_is_told_before_the_build(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(10**12, 0, 10**9))
    database = tmp_path / "not" / "made" / "yet.duckdb"
    check_free_space(database, landed_bytes=10**8)
    with pytest.raises(CommandError, match="make room"):
        check_free_space(database, landed_bytes=10**9)


def test_a_source_without_planned_events_is_named_with_the_remedy() -> None:
    check_planned_events(["app"], {"app": ["app_opened"]})
    nothing_planned: list[dict[str, list[str]]] = [{}, {"own": []}]
    for planned in nothing_planned:
        with pytest.raises(CommandError, match=r"source own has no events in planned_events of"):
            check_planned_events(["own"], planned)
    with pytest.raises(CommandError, match="sources of dbt_project.yml is empty"):
        check_planned_events([], {})


def test_hidden_and_unfinished_files_have_not_landed(tmp_path: Path) -> None:
    day = tmp_path / "app" / "dt=2026-01-01"
    day.mkdir(parents=True)
    for name in (".DS_Store", "_SUCCESS", "a.jsonl.part", "a.jsonl.gz.tmp", "a._COPYING_"):
        (day / name).write_bytes(b"12345")
    with pytest.raises(CommandError, match="no landed files"):
        check_landing_zone(tmp_path, ["app"])
    (day / "a_part.jsonl").write_bytes(b"1234")
    assert check_landing_zone(tmp_path, ["app"]) == 4
