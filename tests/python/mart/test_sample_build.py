"""The mart on generated samples: every planted defect is found, and none invented."""

from __future__ import annotations

import gzip
import json
import shutil
from collections import Counter
from datetime import date, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

import pytest

from comparison import compared_models, contents
from logmart.landed.text_files import read_text_lines
from logmart.sample.command import main as write_sample
from mart_runs import NO_ARTIFACTS, NO_UNIT_TESTS, Mart

# What is received more than a day after it occurred by its nature.
ALWAYS_LATE = {"late_arrival", "too_late", "duplicate_beyond_horizon"}


def make_sample(folder: Path, *, users: int, seed: int, file_format: str = "jsonl") -> Mart:
    arguments = ["--out", str(folder), "--users", str(users), "--days", "40", "--seed", str(seed)]
    assert write_sample([*arguments, "--format", file_format, "--workers", "1"]) == 0
    return Mart(folder)


def planted(mart: Mart) -> dict[tuple[str, int], dict[str, Any]]:
    """Return what the generator planted in a row, by file and line."""
    lines = (mart.folder / "planted/app.jsonl").read_text(encoding="utf-8").splitlines()
    plantings = [json.loads(line) for line in lines]
    return {(row["file"], row["line"]): row for row in plantings if row["line"] is not None}


def landed_events(mart: Mart) -> dict[tuple[str, int], dict[str, Any]]:
    """Return the fields of each landed line of the app, by file and line; none of a broken line."""
    events = {}
    for path in sorted(mart.landing.glob("app/*/*")):
        file = str(path.relative_to(mart.landing))
        for number, line in enumerate(read_text_lines(path), start=1):
            try:
                fields = json.loads(line)
            except ValueError:
                fields = {}
            events[file, number] = fields if isinstance(fields, dict) else {}
    return events


def due_of(
    place: tuple[str, int], fields: dict[str, Any], planting: dict[str, Any]
) -> dict[str, Any]:
    """Return what is to be found in a line: as it landed, and what was planted in it."""
    is_duplicate = planting["kind"] == "duplicate_within_horizon"
    is_late = False
    if planting["kind"] != "unreadable_line":
        occurred_at, received_at = (
            datetime.fromisoformat(fields[name]) for name in ("occurredAt", "receivedAt")
        )
        is_late = received_at - occurred_at > timedelta(hours=24)
    accepted = "duplicate" if is_duplicate else "valid"
    return {
        "event_id": fields.get("eventId") or f"{place[0]}:{place[1]}",
        "violations": [planting["violation"]] if planting["violation"] else [],
        "is_duplicate": is_duplicate,
        "is_bot": planting["kind"] == "bot",
        "is_late": is_late,
        "outcome": "rejected" if planting["violation"] else accepted,
    }


def assert_each_defect_is_found_and_none_invented(mart: Mart) -> None:
    expected, landed = planted(mart), landed_events(mart)
    columns = ("event_id", "violations", "is_duplicate", "is_bot", "is_late", "outcome")
    rows = mart.query(
        f"select landing_file, line_number, {', '.join(columns)}"
        " from intermediate.int_judged_events"
    )
    wrong = []
    late_kinds = set()
    for file, line, *values in rows:
        planting = expected.get((file, line), {"kind": "none", "violation": None})
        found = dict(zip(columns, values, strict=True))
        due = due_of((file, line), landed[file, line], planting)
        if found != due:
            wrong.append((file, line, planting["kind"], found, due))
        assert found["is_late"] or planting["kind"] not in ALWAYS_LATE
        if found["is_late"]:
            late_kinds.add(planting["kind"])
    assert wrong == []
    assert late_kinds - {"duplicate_within_horizon"} == ALWAYS_LATE
    # Each line once, those of the files that were held back too.
    assert Counter((file, line) for file, line, *_ in rows) == Counter(landed.keys())
    lines = (mart.folder / "planted/app.jsonl").read_text(encoding="utf-8").splitlines()
    held_back = {
        row["file"] for row in map(json.loads, lines) if row["kind"] == "old_partition_file"
    }
    assert held_back
    assert held_back <= {file for file, *_ in rows}


def assert_findings_are_the_planted_ones(mart: Mart) -> None:
    """Compare the registry, the reasons and the findings with what the generator planted."""
    lines = (mart.folder / "planted/app.jsonl").read_text(encoding="utf-8").splitlines()
    plantings = [json.loads(line) for line in lines]
    unplanned = Counter(
        row["detail"]["event_name"] for row in plantings if row["kind"] == "unplanned_event"
    )
    assert dict(
        mart.query(
            "select event_name, sum(event_count)::bigint from marts.unplanned_registry group by 1"
        )
    ) == dict(unplanned)
    assert mart.query("select * from marts.unplanned_registry where kind = 'property'") == []
    reasons = Counter(row["violation"] for row in plantings if row["violation"])
    assert dict(
        mart.query(
            "select reason, sum(reason_count)::bigint from marts.rejected_events_daily group by 1"
        )
    ) == dict(reasons)
    silent = {
        (row["detail"]["app_version"], row["detail"]["event_name"], row["detail"]["from_date"])
        for row in plantings
        if row["kind"] == "silent_version"
    }
    # It falls silent at midnight UTC, so the first whole business date of it is the next. Where
    # many use the version, the volume of the event falls with it; nothing else may be found.
    found = mart.query(
        "select finding, app_version, event_name, (started_date - interval 1 day)::date::varchar"
        " from marts.ingestion_findings"
    )
    assert {row[1:] for row in found if row[0] == "version_silent"} == silent
    ((_, event_name, from_date),) = silent
    others = {row for row in found if row[0] != "version_silent"}
    assert {(row[0], row[2]) for row in others} <= {("volume_low", event_name)}
    assert all(row[3] >= from_date for row in others)


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Mart:
    mart = make_sample(tmp_path_factory.mktemp("sample"), users=300, seed=11)
    mart.build(*NO_UNIT_TESTS)
    return mart


def test_every_planted_defect_is_found_and_none_invented(sample: Mart) -> None:
    kinds = {row["kind"] for row in planted(sample).values()}
    assert {"duplicate_within_horizon", "unreadable_line", "wrong_type", "future_time"} <= kinds
    assert "no_event_id" in kinds
    assert_each_defect_is_found_and_none_invented(sample)


@pytest.mark.deep
@pytest.mark.parametrize("seed", [1, 2, 3, 4, 5])
def test_every_planted_defect_is_found_at_any_seed(tmp_path: Path, seed: int) -> None:
    mart = make_sample(tmp_path, users=1500, seed=seed)
    mart.build()
    assert_each_defect_is_found_and_none_invented(mart)
    assert_findings_are_the_planted_ones(mart)


def test_the_operations_marts_find_what_was_planted_and_nothing_else(sample: Mart) -> None:
    assert_findings_are_the_planted_ones(sample)


def test_a_volume_is_expected_to_be_the_median_of_its_weekday(sample: Mart) -> None:
    holidays = {row[0] for row in sample.query("select holiday_date from reference.holidays")}
    first, last = sample.query(
        "select min(timezone('Asia/Seoul', timezone('UTC', received_at)))::date + 1,"
        " max(timezone('Asia/Seoul', timezone('UTC', received_at)))::date - 1"
        " from intermediate.int_judged_events where outcome <> 'duplicate'"
    )[0]
    counts = Counter(sample.query("select event_name, platform, event_date from marts.fct_events"))
    begins: dict[tuple[str, str], date] = {}
    for event_name, platform, day in sorted(counts):
        begins.setdefault((event_name, platform), max(day, first))
    expected = {}
    for (event_name, platform), begin in begins.items():
        for number in range((last - begin).days + 1):
            day = begin + timedelta(days=number)
            past = [day - timedelta(days=7 * week) for week in (1, 2, 3, 4)]
            past = [each for each in past if each >= begin and each not in holidays]
            references = [counts[event_name, platform, each] for each in past]
            expected[event_name, platform, day] = (
                counts[event_name, platform, day],
                len(references),
                median(references) if references else None,
                day in holidays,
            )
    rows = sample.query(
        "select event_name, platform, business_date, event_count, reference_count, expected_count,"
        " is_left_out from intermediate.int_event_volumes where is_all_versions"
    )
    assert {row[:3]: row[3:] for row in rows} == expected
    assert len({row[4] for row in rows}) == 5


def test_the_ledger_counts_the_lines_that_are_there(sample: Mart) -> None:
    counted = {
        str(path.relative_to(sample.landing)): gzip.decompress(path.read_bytes()).count(b"\n")
        for path in sample.landing.glob("app/*/*")
    }
    assert (
        dict(sample.query("select landing_file, line_count from marts.fct_landed_files")) == counted
    )


def test_building_again_changes_nothing(sample: Mart) -> None:
    before = sample.tables()
    loads = sample.query("select max(load_number) from restricted.base_app__events")
    sample.build("--exclude-resource-type", "test", *NO_UNIT_TESTS, NO_ARTIFACTS)
    assert sample.tables() == before
    assert sample.query("select max(load_number) from restricted.base_app__events") == loads


@pytest.mark.deep
def test_files_that_arrive_one_by_one_give_the_tables_of_a_full_load(
    sample: Mart, tmp_path: Path
) -> None:
    arrivals = sorted(path for path in sample.landing.glob("app/*/*"))
    step_by_step = Mart(tmp_path)
    # Out of order: what lies in old partitions comes last, the copies of an event before it.
    for batch in (arrivals[1::3], arrivals[2::3], arrivals[0::3]):
        for path in batch:
            landed = step_by_step.landing / path.relative_to(sample.landing)
            landed.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, landed)
        step_by_step.build(*NO_UNIT_TESTS)
    compared = compared_models(sample)
    assert contents(step_by_step, compared) == contents(sample, compared)


@pytest.mark.deep
def test_parquet_files_give_the_tables_of_json_lines(sample: Mart, tmp_path: Path) -> None:
    parquet = make_sample(tmp_path, users=300, seed=11, file_format="parquet")
    parquet.build(*NO_UNIT_TESTS)
    query = (
        "select regexp_replace(landing_file, '[.].*', ''), line_number, event_name, occurred_at,"
        " session_id is null, violations::varchar, outcome"
        " from intermediate.int_judged_events left join intermediate.int_sessionized_events"
        " using (landing_file, line_number, event_name, occurred_at) order by all"
    )
    assert parquet.query(query) == sample.query(query)
