"""Findings of a build become check results: open ones failed, ended ones passed."""

from __future__ import annotations

from datetime import UTC, date, datetime

import duckdb
import pytest
import yaml

from logmart.operations.finding_results import finding_records
from logmart.operations.pipeline import Run
from logmart.operations.task_records import Record
from logmart.settings import PROJECT

AT = datetime(2026, 3, 3, 18, tzinfo=UTC)


@pytest.fixture
def built() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute(
        """
        create schema marts;
        create schema intermediate;
        create table marts.ingestion_findings as
        select * from (values
            ('volume_low', 'critical', 'app', 'app_opened', null, 'android', null, 0, 120.0, true),
            ('volume_low', 'critical', 'app', 'app_opened', null, 'u_17', null, 0, 80.0, true),
            ('before_since', 'warning', 'app', 'app_opened', 'theme', 'ios', '5.2.0', 3, 9, true),
            ('before_since', 'warning', 'app', 'app_opened', 'theme', 'ios', 'a@b.c', 3, 9, true),
            ('deprecated', 'info', 'app', 'app_opened', null, 'ios', null, 3, 9, true),
            ('late_share', 'warning', 'app', 'app_opened', null, 'ios', null, 30, 90, false),
            ('stale', 'critical', 'crm', null, null, null, null, 0, null, true)
        ) as findings (finding, severity, source, event_name, property, platform, app_version,
            observed_count, compared_count, is_ongoing),
        (select date '2026-03-01' as ended_date);
        create table marts.metric_anomalies as
        select 'metric_low' as finding, 'warning' as severity, 'sessions' as metric,
            11.0::double as observed_value, 40.0::double as compared_value, true as is_ongoing,
            date '2026-03-01' as ended_date;
        create table intermediate.int_source_pauses as
        select * from (values
            ('app', true, true, false, timestamp '2026-03-01 14:00:00', 24),
            ('crm', true, true, false, timestamp '2026-02-20 00:00:00', 168),
            ('bank', true, true, false, timestamp '2026-03-01 16:00:00', 84),
            ('old', true, false, false, timestamp '2020-01-01 00:00:00', 24)
        ) as pauses (source, is_ongoing, is_alive, is_excused, started_at, stale_after_hours),
        (select date '2026-03-01' as last_date);
        create table intermediate.int_subject_owners as
        select 'model' as subject_kind, 'stg_app__app_opened' as subject, 'engagement' as owner;
        create table marts.incidents as
        select * from (values
            ('finding', 'volume_low app.app_opened android', 'stg_app__app_opened', 'open'),
            ('finding', 'volume_low app.app_opened ios', 'stg_app__app_opened', 'acknowledged'),
            ('finding', 'volume_low app.logged_in ios', 'stg_app__logged_in', 'resolved'),
            ('check', 'fct_events', 'fct_events', 'open')
        ) as incidents (incident_kind, incident_name, subject, incident_state),
        (select 'model' as subject_kind, 'engagement' as owner);
        """
    )
    return connection


def records(connection: duckdb.DuckDBPyConnection, day: date) -> dict[str, Record]:
    names = ("ios", "android")
    made = finding_records(
        connection, Run("run-1", day, "nightly"), AT, time_zone="Asia/Seoul", public_names=names
    )
    by_check = {record["check"]: record for record in made}
    assert len(by_check) == len(made)
    return by_check


def test_open_findings_fail_and_ended_ones_pass(built: duckdb.DuckDBPyConnection) -> None:
    made = records(built, date(2026, 3, 2))
    low = made["volume_low app.app_opened android"]
    assert low == {
        "runId": "run-1",
        "runDate": "2026-03-02",
        "task": "build",
        "stage": "anomaly",
        "platform": "logmart",
        "checkKind": "finding",
        "checkedAt": "2026-03-03T18:00:00.000Z",
        "check": "volume_low app.app_opened android",
        "subjectKind": "model",
        "subject": "stg_app__app_opened",
        "status": "failed",
        "severity": "critical",
        "owner": "engagement",
        "windowDate": "2026-03-01",
        "message": "0 beside 120 on 2026-03-01",
    }
    assert made["metric_low sessions"]["subject"] == "metrics_daily"
    assert made["metric_low sessions"]["message"] == "11 beside 40 on 2026-03-01"
    assert made["before_since app.app_opened theme ios 5.2.0"]["severity"] == "warning"
    passed = {name for name, record in made.items() if record["status"] == "passed"}
    assert passed == {"volume_low app.app_opened ios"}
    assert not [name for name in made if name.startswith(("deprecated", "late_share"))]


def test_no_value_of_a_client_is_in_a_record(built: duckdb.DuckDBPyConnection) -> None:
    made = str(records(built, date(2026, 3, 2)))
    assert "u_17" not in made
    assert "a@b.c" not in made


def test_everything_that_ended_is_stale_on_a_later_run(built: duckdb.DuckDBPyConnection) -> None:
    # What the build itself calls stale is told once; what never lived is not.
    stale = {name for name in records(built, date(2026, 3, 2)) if name.startswith("stale")}
    assert stale == {"stale crm"}
    later = records(built, date(2026, 3, 23))
    assert {name for name in later if name.startswith("stale")} == {
        *("stale app", "stale bank", "stale crm")
    }
    assert later["stale app"]["subjectKind"] == "source"
    assert later["stale app"]["message"] == "nothing since 2026-03-01"


def test_the_tables_of_these_tests_are_those_of_the_project(
    built: duckdb.DuckDBPyConnection,
) -> None:
    described = {
        model["name"]: {column["name"] for column in model.get("columns", ())}
        for path in (PROJECT / "models").rglob("_*__models.yml")
        for model in yaml.safe_load(path.read_text(encoding="utf-8"))["models"]
    }
    tables: dict[str, set[str]] = {}
    for table, column in built.execute(
        "select table_name, column_name from information_schema.columns"
    ).fetchall():
        tables.setdefault(table, set()).add(column)
    assert tables
    for table, columns in tables.items():
        assert columns <= described[table]
