from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from logmart.__main__ import run
from logmart.errors import CommandError
from logmart.mart import freshness


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "logmart.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema intermediate")
        connection.execute(
            "create table intermediate.int_stale_sources as select * from (values"
            " ('web', timestamp '2026-01-02 03:04:00', true),"
            " ('app', timestamp '2026-01-01 00:00:00', true),"
            " ('app', timestamp '2025-12-01 00:00:00', false)"
            ") as stale (source, started_at, is_ongoing)"
        )
    return path


def test_a_source_that_is_stale_now_fails_and_past_pauses_do_not(
    database: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LOGMART_DATABASE", str(database))
    assert run(["mart", "freshness"]) == 1
    assert capsys.readouterr().out.splitlines() == [
        "app: nothing received since 2026-01-01 00:00 UTC",
        "web: nothing received since 2026-01-02 03:04 UTC",
    ]
    with duckdb.connect(str(database)) as connection:
        connection.execute("delete from intermediate.int_stale_sources where is_ongoing")
    assert run(["mart", "freshness"]) == 0


def test_without_a_build_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="is not there: build first with `make build`"):
        freshness.stale_sources(tmp_path / "logmart.duckdb")
