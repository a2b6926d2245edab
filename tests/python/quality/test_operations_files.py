"""Broken files of operations are moved out of the way, and their incident ends when they are."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from logmart.__main__ import run as run_logmart
from logmart.errors import TransientError
from logmart.landed.file_lock import held
from logmart.landed.quarantine import discard, quarantined_files
from logmart.operations.broken_files import LOCK, set_aside_broken
from logmart.operations.file_actions import Actions
from logmart.operations.landed_records import last_actions
from logmart.policies.results import Run, start_run
from logmart.quality.release import release
from logmart.quality.run import Place, run_checks
from logmart.settings import Settings, project_variables

DAY = "operations/dt=2026-03-01"
BROKEN = f"{DAY}/task_runs-x.parquet"
CUT = f"{DAY}/notices-x.jsonl.gz"


@pytest.fixture
def landing(tmp_path: Path) -> Path:
    """A landing zone with two broken files of operations, and three that can be loaded."""
    landing = tmp_path / "landing"
    (landing / DAY).mkdir(parents=True)
    (landing / BROKEN).write_bytes(b"PAR1 and no more")
    (landing / CUT).write_bytes(gzip.compress(b'{"noticeId":"n1"}\n' * 9)[:-9])
    broken_lines = b'{"actionId":"a1"}\nno JSON\n\xff\xfe\n[1]\n{"acti'
    (landing / DAY / "actions-cut.jsonl").write_bytes(broken_lines)
    (landing / DAY / "check_results-cut.jsonl").write_bytes(broken_lines)
    (landing / DAY / "actions-x.jsonl.gz").write_bytes(gzip.compress(b'{"actionId":"a1"}\n'))
    whole = landing / DAY / "actions-x.parquet"
    with duckdb.connect() as connection:
        connection.from_query("select '{}' as line").write_parquet(str(whole))
    return landing


def actions(landing: Path, run_id: str) -> Actions:
    return Actions(landing, Run(run_id, date(2026, 3, 1), datetime.now(UTC)), "test")


def set_aside(landing: Path, run_id: str) -> list[str]:
    return set_aside_broken(actions(landing, run_id), landing.parent / "build")


def results(landing: Path, run_id: str) -> list[dict[str, Any]]:
    files = landing.glob(f"operations/dt=*/check_results-quality-{run_id}-operations.jsonl")
    return [json.loads(line) for path in files for line in path.read_text().splitlines()]


def test_broken_files_are_moved_and_told_and_others_stay(landing: Path) -> None:
    assert set_aside(landing, "r1") == [CUT, BROKEN]
    assert [file.landing_file for file in quarantined_files(landing)] == [CUT, BROKEN]
    assert {path.name for path in (landing / DAY).iterdir()} == {
        "actions-cut.jsonl",
        "actions-x.jsonl.gz",
        "actions-x.parquet",
        "check_results-cut.jsonl",
    }
    assert {
        each["subject"]: (each["status"], each["action"]) for each in results(landing, "r1")
    } == {
        CUT: ("failed", "quarantine"),
        BROKEN: ("failed", "quarantine"),
    }
    last = last_actions(landing)[BROKEN]
    assert (last.action, last.policy_id) == ("quarantine", "raw_truncated_file")
    assert set_aside(landing, "r2") == []
    assert results(landing, "r2") == []


def test_what_is_replaced_or_gone_has_passed_once(landing: Path, tmp_path: Path) -> None:
    set_aside(landing, "r1")
    replacement = tmp_path / "whole.gz"
    replacement.write_bytes(gzip.compress(b'{"noticeId":"n1"}\n'))
    release(actions(landing, "release"), CUT, replacement)
    for file in quarantined_files(landing):
        discard(file)
    assert set_aside(landing, "r2") == []
    assert {each["subject"]: each["status"] for each in results(landing, "r2")} == {
        CUT: "passed",
        BROKEN: "passed",
    }
    set_aside(landing, "r3")
    assert results(landing, "r3") == []


def test_a_file_that_was_put_back_is_not_moved_again(landing: Path) -> None:
    set_aside(landing, "r1")
    release(actions(landing, "release"), BROKEN, None)
    assert set_aside(landing, "r2") == []
    assert (landing / BROKEN).exists()


def test_of_two_processes_one_moves_files(
    landing: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = Settings(landing, tmp_path / "build/logmart.duckdb", tmp_path / "published.duckdb")
    monkeypatch.setenv("LOGMART_LANDING", str(landing))
    monkeypatch.setenv("LOGMART_DATABASE", str(paths.database))
    place = Place(paths, tmp_path / "pages", project_variables())
    with held(tmp_path / "build" / LOCK) as is_ours:
        assert is_ours
        assert set_aside(landing, "r1") == []
        with pytest.raises(TransientError, match=r"quality\.lock: run again"):
            run_checks(place, [], start_run("r1", None, place.variables))
        with pytest.raises(TransientError, match=r"quality\.lock: run again"):
            run_logmart(["quality", "release", BROKEN])
    assert (landing / BROKEN).exists()
    run_checks(place, [], start_run("r1", None, place.variables))
    assert not (landing / BROKEN).exists()
