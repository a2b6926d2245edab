"""The faults that the sample plants in its nightly runs are in the ledger, and no others are."""

from __future__ import annotations

import csv
import json
from collections import Counter
from datetime import UTC, date, datetime

import pytest

from logmart.sample.command import main as write_sample
from mart_runs import PROJECT
from operations_mart import OperationsMart

pytestmark = pytest.mark.deep

AFTER_LAST_RUN = datetime(2026, 3, 1, 23, tzinfo=UTC)
DATA = ("app_landed", "bank_landed", "mart_built", "metrics_published")
# Not due on Saturdays, Sundays and holidays.
ON_WORKING_DAYS = ("company_report", "catalog_in_step")
BUILD_LATE = {"mart_built": "late", "metrics_published": "late", "company_report": "late"}
FOUND = {
    "late_build": BUILD_LATE,
    "late_report": {"company_report": "late"},
    "orchestrator_down": dict.fromkeys((*DATA, *ON_WORKING_DAYS), "missing"),
    "failed_then_fallback": {"company_report": "failed_then_fallback"},
    "retried_in_time": {},
    "killed_worker": {},
    "doubled_callback": {},
    "root_failure": BUILD_LATE,
}


@pytest.fixture(scope="module")
def mart(tmp_path_factory: pytest.TempPathFactory) -> OperationsMart:
    mart = OperationsMart(tmp_path_factory.mktemp("sample"))
    assert write_sample(["--out", str(mart.folder), "--users", "5"]) == 0
    mart.build(AFTER_LAST_RUN, {}, "sla_ledger", "notices_due")
    return mart


@pytest.fixture(scope="module")
def faults(mart: OperationsMart) -> dict[date, str]:
    lines = (mart.folder / "planted/operations.jsonl").read_text("utf-8").splitlines()
    return {date.fromisoformat(row["key"]): row["kind"] for row in map(json.loads, lines)}


def holidays() -> set[date]:
    with (PROJECT / "seeds/holidays.csv").open(encoding="utf-8") as file:
        return {date.fromisoformat(row["holiday_date"]) for row in csv.DictReader(file)}


def test_every_planted_fault_is_in_the_ledger_and_none_invented(
    mart: OperationsMart, faults: dict[date, str]
) -> None:
    days_off = holidays()
    assert set(faults.values()) == set(FOUND)
    expected = {
        (day, policy): status
        for day, fault in faults.items()
        for policy, status in FOUND[fault].items()
        if policy in DATA or (day.weekday() < 5 and day not in days_off)
    }
    found = mart.query(
        "select due_date, policy_id, sla_status from marts.sla_ledger"
        " where is_counted and not is_on_time"
    )
    assert {(day, policy): status for day, policy, status in found} == expected
    counted: dict[str, int] = dict(
        mart.query("select policy_id, count(*) from marts.sla_ledger where is_counted group by 1")
    )
    assert counted == {
        **dict.fromkeys(DATA, 60),
        **dict.fromkeys(ON_WORKING_DAYS, len(_working_days(days_off))),
    }


def _working_days(days_off: set[date]) -> list[date]:
    """Return the working days of the sixty dates of the runs, 2026-01-02 to 2026-03-02."""
    first = date(2026, 1, 2).toordinal()
    days = [date.fromordinal(number) for number in range(first, first + 60)]
    return [day for day in days if day.weekday() < 5 and day not in days_off]


def test_a_fault_is_one_incident_that_is_resolved_when_the_next_run_succeeds(
    mart: OperationsMart, faults: dict[date, str]
) -> None:
    silent = ("killed_worker", "doubled_callback")
    found = mart.query("select opened_date, incident_state from marts.incidents")
    assert Counter(found) == Counter(
        (day, "resolved") for day, fault in faults.items() if fault not in silent
    )
    assert mart.query("select count(*) from marts.notices_due") == [(0,)]


def test_the_broken_models_are_one_incident_of_their_root(mart: OperationsMart) -> None:
    assert mart.query(
        "select subject, owner, severity, affected_count >= 25 from marts.incidents"
        " where incident_kind = 'check'"
    ) == [("int_sessions", "engagement", "critical", True)]


def test_the_sample_lands_records_as_planned(mart: OperationsMart) -> None:
    assert mart.violations() == []
