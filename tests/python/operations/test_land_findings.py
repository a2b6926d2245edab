"""The command that lands findings, where there is nothing to read."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from logmart.__main__ import run
from logmart.errors import CommandError, TransientError

WORDS = ["operations", "land-findings", "--run-id", "r1", "--date", "2026-03-02"]


def test_a_build_without_operations_has_nothing_to_land(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LOGMART_LANDING", str(tmp_path / "landing"))
    monkeypatch.setenv("LOGMART_DATABASE", str(tmp_path / "logmart.duckdb"))
    duckdb.connect(str(tmp_path / "logmart.duckdb")).close()
    assert run([*WORDS, "--orchestrator", "nightly"]) == 0
    assert capsys.readouterr().out == "the build has no incidents: its findings are not landed\n"
    assert not (tmp_path / "landing").exists()


def test_a_database_that_cannot_be_opened_is_worth_another_try(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOGMART_DATABASE", str(tmp_path / "logmart.duckdb"))
    with pytest.raises(TransientError, match=r"logmart\.duckdb: .*does not exist"):
        run([*WORDS, "--orchestrator", "nightly"])


def test_a_database_without_the_findings_is_one_clear_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = tmp_path / "logmart.duckdb"
    monkeypatch.setenv("LOGMART_DATABASE", str(database))
    with duckdb.connect(str(database)) as connection:
        connection.execute("create schema marts; create table marts.incidents (incident_id text)")
    with pytest.raises(CommandError, match="lacks what the findings are read from: build it"):
        run([*WORDS, "--orchestrator", "nightly"])
