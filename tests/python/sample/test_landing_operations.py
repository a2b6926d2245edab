"""The runs of the pipeline: one a night, with the faults that are listed and no others."""

from __future__ import annotations

import gzip
import json
from collections import Counter, defaultdict
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from conftest import Generate
from landing_judge import Sample, moment

Records = list[dict[str, Any]]
TASKS = [
    *("land_check/app", "land_check/bank", "land_check/crm"),
    *("build", "pages", "catalog_apply", "catalog_verify"),
]


def records(out: Path, entity: str) -> Records:
    """Return the records of an entity in the order of the files, with the date each landed."""
    return [
        json.loads(line) | {"dt": path.parent.name[3:]}
        for path in sorted((out / "landing/operations").glob(f"dt=*/{entity}-*"))
        for line in gzip.decompress(path.read_bytes()).splitlines()
    ]


@pytest.fixture(scope="module")
def out(generate: Generate, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return generate(tmp_path_factory.mktemp("nights"), "--users", "5", "--days", "60")


@pytest.fixture(scope="module")
def task_runs(out: Path) -> dict[str, Records]:
    """Return the records of the tasks by the date of their run."""
    by_date: defaultdict[str, Records] = defaultdict(list)
    for record in records(out, "task_runs"):
        by_date[record["runDate"]].append(record)
    return by_date


@pytest.fixture(scope="module")
def faults(out: Path) -> dict[str, str]:
    """Return the planted faults by date."""
    lines = (out / "planted/operations.jsonl").read_text("utf-8").splitlines()
    return {row["key"]: row["kind"] for row in map(json.loads, lines)}


def found_fault(night: Records) -> str | None:
    """Say what is wrong with a night, from its records alone."""
    states = Counter((record["task"], record["state"]) for record in night)
    hours = {
        record["task"]: (moment(record["occurredAt"]).hour + 9) % 24
        for record in night
        if record["state"] == "succeeded"
    }
    signs = {
        "orchestrator_down": not night,
        "root_failure": states["build", "failed"] > 0,
        "failed_then_fallback": states["pages", "failed"] > 0,
        "retried_in_time": states["land_check/app", "failed"] > 0,
        "doubled_callback": states["build", "succeeded"] > 1,
        "killed_worker": states["build", "started"] > states["build", "succeeded"],
        "late_build": hours.get("build", 0) >= 7,
        "late_report": hours.get("pages", 0) >= 7,
    }
    return next((fault for fault, is_so in signs.items() if is_so), None)


def test_every_listed_fault_is_in_its_night_and_no_other(
    task_runs: dict[str, Records], faults: dict[str, str]
) -> None:
    nights = [str(date(2026, 1, 2) + timedelta(days=index)) for index in range(60)]
    assert set(task_runs) <= set(nights)
    found = {night: fault for night in nights if (fault := found_fault(task_runs.get(night, [])))}
    assert found == faults
    assert Counter(faults.values()) == {
        **{"late_build": 2, "late_report": 2, "orchestrator_down": 2, "failed_then_fallback": 2},
        **{"retried_in_time": 3, "killed_worker": 1, "doubled_callback": 1, "root_failure": 1},
    }
    assert all(date.fromisoformat(night).weekday() < 5 for night in faults)


def test_a_night_without_a_fault_runs_every_task_once(
    task_runs: dict[str, Records], faults: dict[str, str]
) -> None:
    for run_date, night in task_runs.items():
        if run_date in faults:
            continue
        assert [record["task"] for record in night if record["state"] == "started"] == TASKS
        assert [record["task"] for record in night if record["state"] == "succeeded"] == TASKS
        times = [moment(record["occurredAt"]) for record in night]
        assert times == sorted(times)
        start = datetime.fromisoformat(f"{run_date}T02:00:00+09:00").astimezone(UTC)
        assert start <= times[0] < start + timedelta(minutes=1)
        assert times[-1] < start + timedelta(hours=1)


def test_a_record_lands_on_the_day_it_is_written(out: Path) -> None:
    for entity, time in (
        ("task_runs", "occurredAt"),
        ("check_results", "checkedAt"),
        ("actions", "occurredAt"),
        ("migrated_chunks", "startedAt"),
    ):
        landed = records(out, entity)
        assert landed
        assert all(record[time][:10] == record["dt"] for record in landed)


def test_what_the_root_broke_names_what_is_above_it(out: Path, faults: dict[str, str]) -> None:
    (night,) = [night for night, fault in faults.items() if fault == "root_failure"]
    results = [each for each in records(out, "check_results") if each["status"] != "passed"]
    assert {each["runDate"] for each in results} == {night}
    assert Counter(each["status"] for each in results) == {"error": 1, "skipped": 24}
    broken = next(each for each in results if each["status"] == "error")
    assert broken["subject"] == "int_sessions"
    below = [each for each in results if each["status"] == "skipped"]
    assert len({each["subject"] for each in below}) == 24
    assert all("int_sessions" in each["ancestors"].split(",") for each in below)
    assert "int_sessions" not in broken["ancestors"].split(",")


def test_a_fallback_shows_the_data_of_the_day_before(out: Path, faults: dict[str, str]) -> None:
    fallbacks = [each for each in records(out, "actions") if each["action"] == "fallback"]
    nights = [night for night, fault in faults.items() if fault == "failed_then_fallback"]
    assert sorted(each["runDate"] for each in fallbacks) == sorted(nights)
    for each in fallbacks:
        assert date.fromisoformat(each["runDate"]) - date.fromisoformat(
            each["dataDate"]
        ) == timedelta(days=2)


def test_the_shared_sample_has_its_faults_too(sample: Sample) -> None:
    summary = json.loads((sample.out / "planted/summary.json").read_bytes())["planted"]
    assert sum(count for kind, count in summary.items() if kind.startswith("operations:")) == 13


def test_a_migration_copies_what_changed_and_ends_with_a_proof(out: Path) -> None:
    chunks = records(out, "migrated_chunks")
    by_run: defaultdict[str, Records] = defaultdict(list)
    for each in chunks:
        by_run[each["runId"]].append(each)
    first, *later, last = by_run.values()
    assert len(by_run) == 14
    assert {each["status"] for each in first} == {"copied"}
    assert {each["status"] for each in last} == {"verified"}
    assert {each["status"] for run in later for each in run} == {"equal", "copied"}
    assert all(sum(each["isFinal"] for each in run) == 3 for run in by_run.values())
