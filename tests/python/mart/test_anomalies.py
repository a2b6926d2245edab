"""Anomalies: none on clean samples, and each planted one is found at its stage."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from random import Random
from typing import Any

import duckdb
import pytest

from logmart.operations.finding_results import finding_records
from logmart.operations.pipeline import Run
from logmart.pages.site.definitions import read_metrics, scorecards
from logmart.policies.build_decisions import decide_on_findings
from logmart.sample.command import main as write_sample
from mart_runs import NO_ARTIFACTS, NO_UNIT_TESTS, Mart, Row, copy_project

NO_TESTS = ("--exclude-resource-type", "test", *NO_UNIT_TESTS, NO_ARTIFACTS)
SELECTED = ("+metric_anomalies", "+ingestion_findings")
BUILT = ("--select", *SELECTED, *NO_TESTS)
SEOUL = timezone(timedelta(hours=9))
Event = dict[str, Any]
Change = Callable[[Event, date], list[Event]]

# The last landed date is 2026-03-01 in UTC; in Seoul, 2026-03-02 has begun.
OUTAGE = date(2026, 2, 11)
ENDED_ON = date(2026, 2, 8)
LAST_WHOLE = date(2026, 2, 28)
DOUBLED = date(2026, 2, 20)
# By date, which share of the events carry another value in each property.
SHIFTED = {
    date(2026, 2, 23): 0.3,
    date(2026, 2, 24): 0.3,
    date(2026, 2, 25): 0.1,
    date(2026, 2, 26): 0.1,
    date(2026, 2, 27): 0.05,
    date(2026, 2, 28): 0.05,
}
OTHER_VALUES = {
    "launchSource": "widget",
    "scrollDepth": 1.0,
    "durationMs": 90_000,
    "channel": "qr",
    "method": "password",
    "authMethod": "pin",
    "amount": 2_000_000,
}
ADDED_METRIC = """
  - name: android_sessions
    label: Sessions on Android
    description: Added by a test.
    type: simple
    type_params: {measure: session_count}
    filter: "{{ Dimension('session__platform') }} = 'android'"
    config:
      group: engagement
      meta:
        unit: sessions
        additive_over: dates and dimension
        page: {label_ko: 안드로이드 세션}
"""


def clean_sample(folder: Path, users: int, seed: int) -> Mart:
    size = ("--users", str(users), "--days", "60", "--seed", str(seed), "--workers", "1")
    assert write_sample(["--out", str(folder), *size, "--clean"]) == 0
    return Mart(folder, record_sources=("bank", "crm"), has_operations=True)


def assert_nothing_is_found_in_events(mart: Mart) -> None:
    assert mart.query("select * from marts.ingestion_findings") == []
    # It looked: at weeks of days of each kind.
    checks = mart.query(
        "select finding, count(distinct business_date) from intermediate.int_ingestion_checks"
        " where finding in ('volume_low', 'distribution_shift', 'repeated_content')"
        " group by finding"
    )
    assert len(checks) == 3
    assert min(days for _, days in checks) > 30


def test_the_events_of_a_clean_sample_have_no_finding(tmp_path: Path) -> None:
    mart = replace(clean_sample(tmp_path, 200, 6), record_sources=(), has_operations=False)
    mart.build("--select", "+ingestion_findings", *NO_TESTS)
    assert_nothing_is_found_in_events(mart)


@pytest.mark.deep
@pytest.mark.parametrize("seed", [1, 2, 3, 4, 5])
def test_clean_samples_have_no_finding(seed: int, tmp_path: Path) -> None:
    mart = clean_sample(tmp_path, 1_000, seed)
    mart.build(*BUILT)
    assert_nothing_is_found_in_events(mart)
    assert mart.query("select * from marts.metric_anomalies") == []
    checks = mart.query(
        "select finding, count(distinct metric_date) from intermediate.int_metric_checks"
        " group by finding"
    )
    assert len(checks) == 3
    assert min(days for _, days in checks) > 30


def change_events(mart: Mart, change: Change) -> None:
    """Replace each landed line of the app by what a change makes of it; a date is that in Seoul."""
    for path in sorted(mart.landing.glob("app/*/*")):
        changed: list[str] = []
        for line in gzip.decompress(path.read_bytes()).decode().splitlines():
            event = json.loads(line)
            day = datetime.fromisoformat(event["occurredAt"]).astimezone(SEOUL).date()
            changed += [json.dumps(each) for each in change(event, day)]
        path.write_bytes(gzip.compress("".join(f"{line}\n" for line in changed).encode()))


def planted(event: Event, day: date) -> list[Event]:
    if day == OUTAGE:
        return []
    is_android = event["platform"] == "android"
    if event["eventName"] == "app_opened" and is_android and day >= ENDED_ON:
        return []
    if day == DOUBLED:
        return [event, event | {"eventId": event["eventId"][::-1]}]
    properties = event["properties"]
    if Random(event["eventId"]).random() < SHIFTED.get(day, 0):
        others = {name: OTHER_VALUES[name] for name in properties if name in OTHER_VALUES}
        return [event | {"properties": properties | others}]
    return [event]


@pytest.fixture(scope="module")
def disturbed(tmp_path_factory: pytest.TempPathFactory) -> Mart:
    """Return a clean sample with planted anomalies, in a project with one more metric."""
    mart = clean_sample(tmp_path_factory.mktemp("disturbed"), 2_500, 21)
    change_events(mart, planted)
    mart = replace(mart, project=copy_project(mart.folder / "project"))
    entries = mart.project / "models/semantic/_engagement__semantic.yml"
    text = entries.read_text("utf-8")
    entries.write_text(text.replace("\nmetrics:\n", f"\nmetrics:{ADDED_METRIC}", 1), "utf-8")
    mart.build("--select", "+incidents", *SELECTED, *NO_TESTS[:-1])
    return mart


def found(mart: Mart, day: date, *findings: str) -> set[Row]:
    """Return what was found on a date: the finding, event, property and platform."""
    return set(
        mart.query(
            "select finding, event_name, property, platform from marts.ingestion_findings"
            f" where date '{day}' between started_date and ended_date and finding in {findings}"
        )
    )


@pytest.mark.deep
def test_the_outage_of_a_day_is_found(disturbed: Mart) -> None:
    lows = found(disturbed, OUTAGE, "volume_low", "")
    phones = ("ios", "android")
    assert {("volume_low", "screen_viewed", None, phone) for phone in phones} <= lows
    metrics = disturbed.query(
        "select metric, severity, is_ongoing from marts.metric_anomalies"
        f" where finding = 'metric_low' and started_date = '{OUTAGE}'"
    )
    assert {
        ("events", "critical", False),
        ("sessions", "critical", False),
        ("daily_active_users", "critical", False),
        ("android_sessions", "critical", False),
    } <= set(metrics)


@pytest.mark.deep
def test_what_ended_three_weeks_ago_is_low_to_this_day(disturbed: Mart) -> None:
    assert disturbed.query(
        "select severity, started_date, ended_date, is_ongoing from marts.ingestion_findings"
        " where finding = 'volume_low' and event_name = 'app_opened' and platform = 'android'"
    ) == [("critical", ENDED_ON, LAST_WHOLE, True)]


@pytest.mark.deep
def test_a_doubled_day_is_found(disturbed: Mart) -> None:
    assert {event for _, event, _, _ in found(disturbed, DOUBLED, "repeated_content", "")} >= {
        *("app_opened", "screen_viewed", "transfer_started", "transfer_completed", "logged_in")
    }
    assert disturbed.query(
        "select distinct started_date, ended_date, severity, is_ongoing"
        " from marts.ingestion_findings where finding = 'repeated_content'"
    ) == [(DOUBLED, DOUBLED, "critical", False)]


@pytest.mark.deep
def test_a_distribution_that_shifts_by_30_percent_is_found(disturbed: Mart) -> None:
    days = {day for day, share in SHIFTED.items() if share == 0.3}
    for day in days:
        assert found(disturbed, day, "distribution_shift", "") >= {
            ("distribution_shift", "screen_viewed", "scrollDepth", None),
            ("distribution_shift", "screen_viewed", "durationMs", None),
        }
    # What a tenth or less moves stays below the alert, as docs/data-quality.md says.
    others = disturbed.query(
        "select distinct business_date from intermediate.int_property_shifts where is_shifted"
    )
    assert {day for (day,) in others} == days


@pytest.mark.deep
def test_an_added_metric_is_on_its_scorecard_without_a_further_file(disturbed: Mart) -> None:
    manifest = json.loads((disturbed.target_path / "manifest.json").read_bytes())
    cards = scorecards(read_metrics(manifest), manifest)
    shown = {
        card.name for card in cards for each in card.metrics if each.name == "android_sessions"
    }
    assert shown == {"engagement"}


@pytest.mark.deep
def test_each_open_anomaly_is_told(disturbed: Mart) -> None:
    run = Run("r1", date(2026, 3, 2), "nightly")
    with duckdb.connect(str(disturbed.database), read_only=True) as connection:
        records = finding_records(
            connection,
            run,
            datetime.now(SEOUL),
            time_zone="Asia/Seoul",
            public_names=("ios", "android"),
        )
    failed = {each["check"] for each in records if each["status"] == "failed"}
    assert "volume_low app.app_opened android" in failed
    decisions = decide_on_findings(records)
    assert {each.check_name for each in decisions} == failed
    assert {each.action for each in decisions} == {"slack"}
