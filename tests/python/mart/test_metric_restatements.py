"""The log of restatements: what a later build changed, whether it was final, and why."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from logmart.dbt.artifacts import read_model_tables
from logmart.mart.loaded_files import forget
from logmart.sample.command import main as write_sample
from mart_runs import Mart, Row, app_event, copy_project

WITHOUT_TESTS = ("--exclude-resource-type", "test", "--exclude-resource-type", "unit_test")
ONE_EVENT = (("planned_events", {"app": ["app_opened"], "wikipedia": ["page_edited"]}),)
METRICS = ("--select", "+metric_restatements", *WITHOUT_TESTS)
# The marts are as they were: the log is written again.
LOG = ("--select", "int_metric_inputs+", *WITHOUT_TESTS)
OLD_DAY, PAY_DAY, LATE_DAY, LAST_DAY = "2026-03-01", "2026-03-05", "2026-04-15", "2026-04-20"
TRANSFER = {
    "transferId": "t1",
    "userId": "u1",
    "amount": 1000,
    "bankCode": "004",
    "fee": 0,
    "status": "settled",
    "errorCode": None,
    "createdAt": f"{PAY_DAY}T03:00:00.000Z",
    "settledAt": f"{PAY_DAY}T03:00:05.000Z",
}


def opened(event_id: str, user: str, day: str, **fields: Any) -> dict[str, Any]:
    """Return an opening of the app at noon in Seoul, received a second later."""
    given = {
        "eventId": event_id,
        "userId": user,
        "deviceId": f"device of {user}",
        "occurredAt": f"{day}T12:00:00.000+09:00",
        "receivedAt": f"{day}T03:00:01.000Z",
    }
    return app_event("app_opened", {"launchSource": "icon"}, **{**given, **fields})


def restatements(mart: Mart, run: int, metric: str, day: str) -> list[Row]:
    """Return what a run restated of a date: dimension, old and new value, was_final, reasons."""
    return mart.query(
        "select dimension || ' ' || dimension_value, old_value, new_value, was_final, reasons"
        " from marts.metric_restatements"
        f" where run_number = {run} and metric = '{metric}' and metric_date = '{day}' order by all"
    )


def last_run(mart: Mart) -> int:
    return int(mart.query("select max(run_number) from intermediate.int_metric_versions")[0][0])


def landed(folder: Path, **options: Any) -> Mart:
    """Return a mart of two users on an old day and one on the last; built once."""
    mart = Mart(folder, **{"variables": ONE_EVENT, **options})
    mart.land(
        f"app/dt={OLD_DAY}/a.jsonl", [opened("e1", "u1", OLD_DAY), opened("e2", "u2", OLD_DAY)]
    )
    mart.land(f"app/dt={LAST_DAY}/a.jsonl", [opened("e3", "u1", LAST_DAY)])
    mart.build(*METRICS)
    return mart


def test_what_arrives_later_restates_and_says_why(tmp_path: Path) -> None:
    # All events: with others than most tests have, dbt would parse the project again.
    mart = landed(tmp_path, variables=())
    mart.build(*LOG)
    assert mart.query("select * from marts.metric_restatements") == []
    assert last_run(mart) == 1

    mart.land(
        f"app/dt={LAST_DAY}/late.jsonl",
        [opened("e4", "u3", LATE_DAY, receivedAt=f"{LAST_DAY}T03:00:00.000Z")],
    )
    # A copy that was received before, on another platform, is the one that counts.
    mart.land(
        f"app/dt={OLD_DAY}/copy.jsonl",
        [opened("e2", "u2", OLD_DAY, platform="web", receivedAt=f"{OLD_DAY}T03:00:00.500Z")],
    )
    mart.build(*METRICS)
    events = (False, "later_events")
    assert restatements(mart, 2, "daily_active_users", LATE_DAY) == [
        ("acquisition_campaign no_campaign", 0, 1, *events),
        ("acquisition_platform ios", 0, 1, *events),
        ("all all", 0, 1, *events),
        ("platform ios", 0, 1, *events),
    ]
    assert restatements(mart, 2, "monthly_active_users", LAST_DAY)[2] == ("all all", 1, 2, *events)
    assert restatements(mart, 2, "events", LATE_DAY) == [
        ("all all", None, 1, *events),
        ("event_name app_opened", None, 1, *events),
        ("platform ios", None, 1, *events),
        ("source app", None, 1, *events),
    ]
    copies = (True, "duplicates_removed")
    assert restatements(mart, 2, "sessions", OLD_DAY) == [
        ("platform ios", 2, 1, *copies),
        ("platform web", None, 1, *copies),
    ]
    assert mart.query("select * from marts.metric_restatements where reasons = 'unexplained'") == []


@pytest.mark.deep
def test_records_that_are_corrected_restate(tmp_path: Path) -> None:
    mart = Mart(tmp_path, record_sources=("bank",))
    mart.land(f"app/dt={LAST_DAY}/a.jsonl", [opened("e1", "u1", LAST_DAY)])
    mart.land(f"bank/dt={PAY_DAY}/transfers.jsonl", [TRANSFER])
    mart.build(*METRICS)
    mart.land(f"bank/dt={LAST_DAY}/transfers.jsonl", [{**TRANSFER, "amount": 900}])
    mart.build(*METRICS)
    records = (True, "later_records")
    assert restatements(mart, 2, "transfer_amount_krw", PAY_DAY) == [
        ("all all", 1000, 900, *records),
        ("bank_code 004", 1000, 900, *records),
        ("platform unknown", 1000, 900, *records),
        ("user_segment unknown", 1000, 900, *records),
    ]
    assert restatements(mart, 2, "transfers", PAY_DAY) == []


@pytest.mark.deep
def test_a_plan_that_changes_restates(tmp_path: Path) -> None:
    project = copy_project(tmp_path / "project")
    mart = landed(tmp_path / "mart", project=project)
    plan = project / "models/staging/app/_app__events.yml"
    text = plan.read_text(encoding="utf-8")
    rule = "property: launchSource, required: true, "
    assert text.count(rule) == 1
    plan.write_text(text.replace(rule, f'{rule}pattern: "no icon", '), encoding="utf-8")
    mart.build(*METRICS)
    replayed = (True, "plan_replayed")
    assert restatements(mart, 2, "known_users", OLD_DAY) == [("all all", 2, None, *replayed)]
    assert restatements(mart, 2, "rejected_events", OLD_DAY)[0] == ("all all", 0, 2, *replayed)


@pytest.mark.deep
def test_files_that_are_loaded_again_restate(tmp_path: Path) -> None:
    mart = landed(tmp_path)
    mart.land(f"app/dt={OLD_DAY}/a.jsonl", [opened("e1", "u1", OLD_DAY)])
    days = (date.fromisoformat(OLD_DAY), date.fromisoformat(OLD_DAY))
    forget(mart.database, read_model_tables(mart.target_path), ["app"], *days)
    mart.build(*METRICS)
    assert restatements(mart, 2, "known_users", OLD_DAY) == [("all all", 2, 1, True, "reload")]
    before = mart.query("select * from marts.metric_restatements order by all")
    mart.build("--full-refresh", *METRICS)
    assert mart.query("select * from marts.metric_restatements order by all") == before


@pytest.mark.deep
def test_a_definition_and_code_that_change_restate(tmp_path: Path) -> None:
    project = copy_project(tmp_path / "project")
    mart = landed(tmp_path / "mart", project=project)
    sooner = replace(mart, variables=(*ONE_EVENT, ("churn_after_days", 10)))
    sooner.build(*METRICS)
    assert restatements(mart, 2, "churned_users", "2026-03-11") == [
        ("all all", 0, 2, True, "definition_changed")
    ]
    entry = project / "models/semantic/_engagement__semantic.yml"
    text = entry.read_text(encoding="utf-8")
    counted = "case when is_bot then 0 else 1 end"
    assert text.count(counted) == 1
    entry.write_text(text.replace(counted, counted.replace("else 1", "else 5")), "utf-8")
    sooner.build(*METRICS)
    assert restatements(mart, 3, "events", OLD_DAY)[0] == (
        *("all all", 2, 10, True, "definition_changed"),
    )
    query = project / "models/marts/engagement/active_users_daily.sql"
    text = query.read_text(encoding="utf-8")
    query.write_text(text.replace("        dau,\n", "        dau + 1 as dau,\n"), encoding="utf-8")
    sooner.build(*METRICS)
    assert restatements(mart, 4, "daily_active_users", OLD_DAY) == [
        ("all all", 2, 3, True, "code_changed")
    ]
    macro = project / "macros/metrics/metric_rows.sql"
    text = macro.read_text(encoding="utf-8")
    changed = text.replace("cast({{ made_of.numerator }} as", "cast(2 * {{ made_of.numerator }} as")
    assert changed != text
    macro.write_text(changed, encoding="utf-8")
    sooner.build(*METRICS)
    assert restatements(mart, 5, "daily_active_users", OLD_DAY)[2] == (
        *("all all", 3, 6, True, "unexplained"),
    )


@pytest.mark.deep
def test_a_final_value_stays_as_days_land(tmp_path: Path) -> None:
    """The last ten days of a sample land after the others: what they change was not final."""
    size = ("--users", "200", "--days", "40", "--seed", "3", "--workers", "1")
    assert write_sample(["--out", str(tmp_path), *size]) == 0
    mart = Mart(tmp_path, variables=(("horizon_days", 5),))
    files = sorted(mart.landing.glob("app/*/*"))
    days = sorted({file.parent.name for file in files})
    held_back = [file for file in files if file.parent.name in days[-10:]]
    for file in held_back:
        (tmp_path / "held" / file.parent.name).mkdir(parents=True, exist_ok=True)
        file.rename(tmp_path / "held" / file.parent.name / file.name)
    mart.build(*METRICS)
    told = mart.query("select count(*) from marts.metrics_daily where date_state = 'final'")[0][0]
    for file in held_back:
        (tmp_path / "held" / file.parent.name / file.name).rename(file)
    mart.build(*METRICS)
    changed = "select count(*) from marts.metric_restatements where"
    assert told > 1000
    assert mart.query(f"{changed} not was_final")[0][0] > 100
    assert mart.query(f"{changed} was_final") == [(0,)]
    assert mart.query(f"{changed} reasons = 'unexplained'") == [(0,)]
