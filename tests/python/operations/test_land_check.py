from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from logmart.__main__ import run
from logmart.errors import TransientError
from logmart.operations.land_check import Arrival, arrivals, main

DAY = date(2026, 3, 1)
VARIABLES = {
    "sources": ["app"],
    "record_sources": {"bank": ["users"], "crm": ["sends"]},
    "stale_after_hours": 24,
    "records_stale_after_hours": {"bank": 84, "crm": 168},
}


def file(landing: Path, source: str, day: date, name: str = "a.jsonl") -> None:
    path = landing / source / f"dt={day}" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()


def landed(landing: Path) -> dict[str, bool]:
    return {one.source: one.has_landed for one in arrivals(landing, VARIABLES, DAY)}


@pytest.mark.parametrize(
    ("source", "age", "expected"),
    [
        ("app", 0, True),
        ("app", 1, False),
        ("bank", 3, True),
        ("bank", 4, False),
        ("crm", 7, True),
        ("crm", 8, False),
    ],
)
def test_a_source_lands_as_often_as_its_system_does(
    tmp_path: Path, source: str, age: int, expected: bool
) -> None:
    for one in ("app", "bank", "crm"):
        file(tmp_path, one, DAY - timedelta(age) if one == source else DAY)
    assert landed(tmp_path) == {"app": True, "bank": True, "crm": True, source: expected}


def test_a_file_that_is_not_landed_does_not_count(tmp_path: Path) -> None:
    for name in ("a.jsonl.part", ".a.jsonl", "_a.jsonl"):
        file(tmp_path, "app", DAY, name)
    assert not landed(tmp_path)["app"]


@given(st.dates(), st.dates())
def test_a_source_has_landed_from_its_due_date_on(last: date, due: date) -> None:
    assert Arrival("app", last, due).has_landed == (last >= due)
    assert not Arrival("app", None, due).has_landed


def test_the_command_lands_a_record_for_each_source_and_may_be_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LOGMART_LANDING", str(tmp_path))
    file(tmp_path, "app", DAY)
    file(tmp_path, "bank", DAY)
    words = ["operations", "land-check", "--date", "2026-03-01", "--run-id", "r1"]
    with pytest.raises(TransientError, match="crm: nothing landed, due 2026-02-22"):
        run([*words, "--orchestrator", "nightly", "--attempt", "2"])
    assert capsys.readouterr().out.splitlines()[:2] == [
        "app: landed up to 2026-03-01",
        "bank: landed up to 2026-03-01",
    ]
    (path,) = tmp_path.glob("operations/dt=*/task_runs-nightly-r1-land_check_sources-2.jsonl")
    records = [json.loads(line) for line in path.read_text().splitlines()]
    # The files of a day are due on the next.
    assert {one["runDate"] for one in records} == {"2026-03-02"}
    assert [(one["task"], one["state"], one["attempt"]) for one in records] == [
        ("land_check/app", "succeeded", 2),
        ("land_check/bank", "succeeded", 2),
        ("land_check/crm", "failed", 2),
    ]
    file(tmp_path, "crm", DAY)
    assert run(words) == 0


@pytest.mark.parametrize("words", [["--orchestrator", "cron"], ["--attempt", "0"]])
def test_what_the_plan_of_records_would_reject_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str]
) -> None:
    monkeypatch.setenv("LOGMART_LANDING", str(tmp_path))
    done = CliRunner().invoke(main, ["--date", "2026-03-01", "--run-id", "r1", *words])
    assert (done.exit_code, "Invalid value" in done.stderr) == (2, True)
    assert list(tmp_path.iterdir()) == []
