from __future__ import annotations

import json
from pathlib import Path

import duckdb
import pytest

from logmart.__main__ import run
from logmart.errors import CommandError


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder of artifacts beside marts that hold nothing yet."""
    published = tmp_path / "logmart.duckdb"
    fill(
        published,
        "create schema marts; create table marts.fct_landed_files"
        " (entity varchar, line_count bigint, valid_count bigint, rejected_count bigint,"
        " duplicate_count bigint, erased_count bigint, landed_date date);"
        "create table marts.active_users_daily (activity_date date, dau bigint, wau bigint,"
        " mau bigint, stickiness double);"
        "create table marts.metrics_daily (metric varchar, metric_date date, dimension varchar,"
        " date_state varchar)",
    )
    metadata = {"invocation_id": "i"}
    args = {"which": "build", "vars": {"business_time_zone": "Asia/Tokyo"}}
    manifest = {"metadata": metadata, "nodes": {}}
    run_results = {"metadata": metadata, "args": args, "results": []}
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))
    (tmp_path / "run_results.json").write_text(json.dumps(run_results))
    monkeypatch.setenv("LOGMART_PUBLISHED", str(published))
    return tmp_path


def summary(folder: Path) -> int:
    return run(["mart", "summary", "--no-catalog", "--target-path", str(folder)])


def fill(database: Path, sql: str) -> None:
    with duckdb.connect(str(database)) as connection:
        connection.execute(sql)


@pytest.mark.parametrize(
    ("state", "day"),
    [
        ("settling", "on 2026-03-01 in Asia/Tokyo, the last finished day; 3 in 7 days, 4 in 28"),
        ("open", "on 2026-03-02 in Asia/Tokyo, a day that is not over; 2 in 7 days, 4 in 28"),
    ],
)
def test_active_users_are_those_of_a_finished_day_where_there_is_one(
    state: str, day: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fill(
        folder / "logmart.duckdb",
        "insert into marts.fct_landed_files values ('events', 9, 7, 1, 1, 0, '2026-03-01');"
        "insert into marts.active_users_daily values"
        " ('2026-03-01', 2, 3, 4, 0.5), ('2026-03-02', 1, 2, 4, 0.25);"
        "insert into marts.metrics_daily values"
        f" ('daily_active_users', '2026-03-01', 'all', '{state}'),"
        " ('daily_active_users', '2026-03-02', 'all', 'open'),"
        " ('daily_active_users', '2026-03-02', 'platform', 'final'),"
        " ('sessions', '2026-03-02', 'all', 'final')",
    )
    assert summary(folder) == 0
    printed = capsys.readouterr().out
    assert day in printed
    assert "in 1 file\n" in printed


def test_a_mart_of_rejected_lines_alone_has_no_active_users(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fill(
        folder / "logmart.duckdb",
        "insert into marts.fct_landed_files values ('events', 9, 0, 9, 0, 0, '2026-03-01')",
    )
    assert summary(folder) == 0
    assert "active users   none  no landed event is valid\n" in capsys.readouterr().out


def test_a_mart_without_any_event_says_what_to_do(folder: Path) -> None:
    with pytest.raises(CommandError, match="holds no events: land some"):
        summary(folder)
