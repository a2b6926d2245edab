"""Versions, deprecation and unplanned properties: they warn and never reject; and the replay."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from dbt_common.exceptions import DbtRuntimeError

from mart_runs import KEY, NO_UNIT_TESTS, PROJECT, Mart, app_event, copy_project

# What becomes of events and what is found about them: a warning reaches no other mart.
WARNINGS = (
    *("--select", "+fct_events", "+fct_rejected_events", "+ingestion_findings"),
    *("+unplanned_registry", "--indirect-selection", "cautious", *NO_UNIT_TESTS),
)
PLAN = "models/staging/app/_app__events.yml"
OPENED, VIEWED = "stg_app__app_opened", "stg_app__screen_viewed"
LAUNCH_SOURCE = """
        description: What the user opened the app from.
        config: {meta: {property: launchSource, """
IDENTIFIER = f"{LAUNCH_SOURCE}personal_data: DirectIdentifier, "
EDITS = [
    ('event: app_opened, since: "1.0.0"', 'event: app_opened, since: {ios: "5.2.0", web: "7.0.0"}'),
    ("property: campaignId}", 'property: campaignId, until: "5.9.0"}'),
    ('event: screen_viewed, since: "1.0.0"', 'event: screen_viewed, until: "5.10.0"'),
    ("property: durationMs, min: 0", 'property: durationMs, required: true, since: "5.10.0"'),
    (
        "property: scrollDepth, min: 0, max: 1",
        'property: scrollDepth, deprecated: {since: "5.3.0", use: scrollShare}',
    ),
    (
        'event: logged_in, since: "1.0.0"',
        'event: logged_in, deprecated: {date: "2026-04-01", use: session_started}',
    ),
]
# event, platform, version, properties, occurred -> violations, warnings
EVENTS: dict[str, tuple[str, str, str | None, dict[str, object], list[str], list[str]]] = {
    "old": ("app_opened", "ios", "5.1.9", {"launchSource": "icon"}, [], ["before_since"]),
    "first": ("app_opened", "ios", "5.2", {"launchSource": "icon"}, [], []),
    "later": ("app_opened", "ios", "5.10.0", {"launchSource": "icon"}, [], []),
    "other platform": ("app_opened", "android", "1.0.0", {"launchSource": "icon"}, [], []),
    "no version": ("app_opened", "ios", None, {"launchSource": "icon"}, [], []),
    "odd version": ("app_opened", "ios", "nightly", {"launchSource": "icon"}, [], []),
    "old and bad": (
        "app_opened",
        "ios",
        "5.1.9",
        {"launchSource": "x"},
        ["not_allowed:launchSource"],
        ["before_since"],
    ),
    "last with campaign": (
        "app_opened",
        "ios",
        "5.9.0",
        {"launchSource": "icon", "campaignId": "c"},
        [],
        [],
    ),
    "late with campaign": (
        "app_opened",
        "ios",
        "5.10.0",
        {"launchSource": "icon", "campaignId": "c"},
        [],
        ["after_until:campaignId"],
    ),
    "campaign is null": (
        "app_opened",
        "ios",
        "5.10.0",
        {"launchSource": "icon", "campaignId": None},
        [],
        [],
    ),
    "unplanned": (
        "app_opened",
        "ios",
        "5.4.0",
        {"launchSource": "icon", "theme": "Dark", "abTest": 12},
        [],
        ["unplanned_property:abTest", "unplanned_property:theme"],
    ),
    "no duration yet": ("screen_viewed", "ios", "5.9.0", {"screenName": "home"}, [], []),
    "duration is due": (
        "screen_viewed",
        "ios",
        "5.10.0",
        {"screenName": "home"},
        ["missing_required:durationMs"],
        [],
    ),
    "duration is due of nobody knows": (
        "screen_viewed",
        "ios",
        None,
        {"screenName": "home"},
        ["missing_required:durationMs"],
        [],
    ),
    "wrong duration of old": (
        "screen_viewed",
        "ios",
        "5.9.0",
        {"screenName": "home", "durationMs": "1"},
        ["wrong_type:durationMs"],
        ["before_since:durationMs"],
    ),
    "too new": (
        "screen_viewed",
        "ios",
        "5.11.0",
        {"screenName": "home", "durationMs": 1, "scrollDepth": 0.5},
        [],
        ["after_until", "deprecated:scrollDepth"],
    ),
    "scroll of old": (
        "screen_viewed",
        "ios",
        "5.2.9",
        {"screenName": "home", "scrollDepth": 0.5},
        [],
        [],
    ),
}


@dataclass(frozen=True)
class Trial:
    """A mart on a copy of the project whose plan a test may change."""

    mart: Mart

    def edit(self, old: str, new: str) -> None:
        path = self.mart.project / PLAN
        text = path.read_text(encoding="utf-8")
        assert old in text, old
        path.write_text(text.replace(old, new, 1), encoding="utf-8")

    def replay(self) -> subprocess.CompletedProcess[str]:
        environment = {
            **os.environ,
            "PYTHONPATH": str(PROJECT),
            "DBT_PROFILES_DIR": str(PROJECT / "profiles"),
            "LOGMART_PROJECT": str(PROJECT),
            "LOGMART_ID_KEY": KEY,
            "LOGMART_LANDING": str(self.mart.landing),
            "LOGMART_DATABASE": str(self.mart.database),
            "LOGMART_PUBLISHED": str(self.mart.folder / "published.duckdb"),
        }
        command = [sys.executable, "-m", "logmart", "plan", "replay"]
        return subprocess.run(
            [
                *command,
                "--target-path",
                str(self.mart.target_path),
                "--vars",
                "{record_sources: {}}",
            ],
            cwd=self.mart.project,
            env=environment,
            check=False,
            capture_output=True,
            text=True,
        )


@pytest.fixture(scope="module")
def trial(tmp_path_factory: pytest.TempPathFactory) -> Trial:
    folder = tmp_path_factory.mktemp("lifetime")
    trial = Trial(Mart(folder, project=copy_project(folder / "project")))
    for old, new in EDITS:
        trial.edit(old, new)
    lines: list[str | bytes | dict[str, object]] = [
        app_event(name, properties, eventId=key, platform=platform, appVersion=version)
        for key, (name, platform, version, properties, _, _) in EVENTS.items()
    ]
    # A business date begins at 15:00 UTC of the day before.
    for moment in ("2026-03-31T14:59:59Z", "2026-03-31T15:00:00Z"):
        at = {"occurredAt": moment, "receivedAt": moment}
        lines.append(app_event("logged_in", {"method": "pin"}, eventId=moment, **at))
    trial.mart.land("app/dt=2026-03-31/events.jsonl", lines)
    trial.mart.build(*WARNINGS)
    return trial


def test_versions_and_deprecation_warn_and_never_reject(trial: Trial) -> None:
    rows = trial.mart.query(
        "select event_id, violations, warnings from intermediate.int_judged_events"
        " where event_name <> 'logged_in'"
    )
    found = {event_id: (violations, warnings) for event_id, violations, warnings in rows}
    assert found == {key: (event[4], event[5]) for key, event in EVENTS.items()}


def test_an_event_is_deprecated_from_its_business_date_on(trial: Trial) -> None:
    assert trial.mart.query(
        "select event_id, outcome, warnings from intermediate.int_judged_events"
        " where event_name = 'logged_in' order by event_id"
    ) == [
        ("2026-03-31T14:59:59Z", "valid", []),
        ("2026-03-31T15:00:00Z", "valid", ["deprecated"]),
    ]


def test_warnings_are_findings(trial: Trial) -> None:
    rows = trial.mart.query(
        "select finding, severity, event_name, property, app_version, observed_count,"
        " compared_count from marts.ingestion_findings order by all"
    )
    assert rows == [
        ("after_until", "warning", "app_opened", "campaignId", "5.10.0", 1, 3),
        ("after_until", "warning", "screen_viewed", None, "5.11.0", 1, 1),
        ("before_since", "warning", "app_opened", None, "5.1.9", 2, 2),
        ("before_since", "warning", "screen_viewed", "durationMs", "5.9.0", 1, 2),
        ("deprecated", "info", "logged_in", None, "5.2.0", 1, 1),
        ("deprecated", "info", "screen_viewed", "scrollDepth", "5.11.0", 1, 1),
    ]


def test_unplanned_properties_are_registered_with_their_shape(trial: Trial) -> None:
    assert trial.mart.query(
        "select kind, event_name, property, value_kinds, masked_sample, max_app_version"
        " from marts.unplanned_registry order by property"
    ) == [
        ("property", "app_opened", "abTest", "number", "99", "5.4.0"),
        ("property", "app_opened", "theme", "string", '"aaaa"', "5.4.0"),
    ]


def test_a_rejected_event_has_the_shape_of_a_valid_one(trial: Trial) -> None:
    query = (
        "select column_name, data_type from information_schema.columns"
        " where table_schema = 'marts' and table_name = '{}'"
    )
    valid = trial.mart.query(query.format("fct_events"))
    assert set(valid) <= set(trial.mart.query(query.format("fct_rejected_events")))


@pytest.mark.deep
def test_a_replay_says_what_a_changed_plan_did(trial: Trial) -> None:
    verdicts = trial.mart.database.with_name("verdicts-before-replay.duckdb")
    trial.edit('required: true, since: "5.10.0"', 'required: true, since: "nightly"')
    stopped = trial.replay()
    assert stopped.returncode == 1
    assert "'nightly' is no version" in stopped.stdout + stopped.stderr
    assert verdicts.exists()
    trial.edit('required: true, since: "nightly"', 'required: true, since: "5.11.0"')
    trial.edit("allowed: [icon, push, deeplink, widget]", "allowed: [push, x]")
    trial.mart.land(
        "app/dt=2026-03-31/more.jsonl", [app_event("logged_in", {"method": "pin"}, eventId="new")]
    )
    ended = trial.replay()
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert not verdicts.exists()
    report = json.loads((trial.mart.target_path / "replay.json").read_text(encoding="utf-8"))
    openings = sum(event[0] == "app_opened" for event in EVENTS.values())
    views = len(EVENTS) - openings
    changes = {
        (each["change"], each["event_name"], each["reason"]): each["event_count"]
        for each in report.pop("changes")
    }
    assert report == {
        "restated": openings + views,
        "valid": 2,
        "invalid": openings - 1,
        "loaded": 1,
        "outdated": 0,
    }
    assert changes == {
        ("became invalid", "app_opened", "not_allowed:launchSource"): openings - 1,
        ("became valid", "app_opened", "not_allowed:launchSource"): 1,
        ("became valid", "screen_viewed", "missing_required:durationMs"): 1,
    }
    assert f"became invalid  {openings - 1:>9,}" in ended.stdout
    again = trial.replay()
    assert "Replayed: 0 events" in again.stdout


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("launchSource, required: true", "launchSource, since: 5", "since '5' is no version"),
        ("launchSource, required: true", 'launchSource, since: {ios: "x"}', "'x' is no version"),
        ("launchSource, required: true", "launchSource, deprecated: soon", "deprecated says"),
        (
            "launchSource, required: true",
            'launchSource, deprecated: {since: "5.0", use: a, by: b}',
            "knows no 'by'",
        ),
        ("launchSource, required: true", "launchSource, personal_data: Secret", "'Secret' is no"),
        (f"varchar{LAUNCH_SOURCE}", f"bigint{IDENTIFIER}", "data_type is 'bigint'"),
        ("event: app_opened, since", "event: app_opened, sinse", "'sinse' is nothing that"),
    ],
)
def test_an_entry_that_cannot_be_read_stops_with_the_remedy(
    tmp_path: Path, old: str, new: str, message: str
) -> None:
    trial = Trial(Mart(tmp_path, project=copy_project(tmp_path / "project")))
    trial.edit(old, new)
    with pytest.raises(DbtRuntimeError, match=OPENED) as stopped:
        trial.mart.dbt("compile", "--select", OPENED)
    assert message in str(stopped.value)
