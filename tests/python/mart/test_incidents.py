"""One matter is one incident and one notice, told to the right people and then silent."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from logmart.operations.acknowledge import acknowledge
from logmart.operations.incident_list import find_incident, read_incidents
from logmart.operations.notice_text import Notice
from logmart.settings import settings
from operations_mart import OperationsMart, Record, check_record, task_record

# Tuesday 2026-03-10, 02:00 in Seoul.
NIGHT = datetime(2026, 3, 9, 17, tzinfo=UTC)
DAY = "2026-03-10"
RUN = "run-1"
ABOVE = ("app", "base_app__events")
# fct_transfers fails, and 30 models below it fail with it or are skipped.
BELOW = [f"model_{number:02d}" for number in range(30)]


def minutes(number: float) -> datetime:
    """Return a moment so many minutes after the night began."""
    return NIGHT + timedelta(minutes=number)


def finding(run: str, status: str, at: datetime) -> Record:
    """Return the result of a finding in the events that fct_transfers is built from."""
    fields = {"check": "volume_low app", "checkKind": "finding", "stage": "anomaly"}
    fields |= {"platform": "logmart", "severity": "warning", "owner": "engagement"}
    return check_record(
        run, DAY, "base_app__events", status, at, **fields, message="0 beside 120 on 2026-03-08"
    )


def tasks(run: str, start: float, *names: str) -> list[Record]:
    """Return tasks that start one minute apart and each succeed in a minute."""
    return [
        task_record(run, DAY, name, state, minutes(start + number + shift))
        for number, name in enumerate(names)
        for state, shift in (("started", 0.1), ("succeeded", 0.9))
    ]


def first_night() -> tuple[list[Record], list[Record]]:
    """Return the task runs and check results of a night in which much goes wrong."""
    task_runs = [
        # A retry mends this one.
        task_record(RUN, DAY, "land_check/app", "started", minutes(0)),
        task_record(RUN, DAY, "land_check/app", "failed", minutes(1), isFinal=False),
        task_record(RUN, DAY, "land_check/app", "started", minutes(2), attempt=2),
        task_record(RUN, DAY, "land_check/app", "succeeded", minutes(3), attempt=2),
        *tasks(RUN, 3, "land_check/bank", "land_check/crm"),
        task_record(RUN, DAY, "build", "started", minutes(6)),
        task_record(RUN, DAY, "build", "failed", minutes(25), isFinal=True, failure="dbt failed"),
        # This one is to be tried again: that comes first, and a notice only when it fails for good.
        task_record("run-0", DAY, "catalog_apply", "started", minutes(27)),
        task_record("run-0", DAY, "catalog_apply", "failed", minutes(28), isFinal=False),
    ]
    root = {"owner": "payments", "ancestors": ",".join(ABOVE), "message": "no column amount"}
    below = {"owner": "growth", "ancestors": ",".join((*ABOVE, "fct_transfers"))}
    checks = [
        check_record(RUN, DAY, "fct_transfers", "error", minutes(10), **root),
        *(
            check_record(RUN, DAY, model, ("failed", "skipped")[number % 2], minutes(12), **below)
            for number, model in enumerate(BELOW)
        ),
        # One check that fails ten times, and one that somebody will acknowledge.
        *(
            check_record(
                f"earlier-{number}",
                DAY,
                "dim_users",
                "failed",
                minutes(number - 60),
                **{
                    "check": "dim_users_is_fresh",
                    "checkKind": "test",
                    "severity": "warning",
                    "owner": "growth",
                    "task": "land_check/crm",
                },
            )
            for number in range(10)
        ),
        check_record("earlier-0", DAY, "dim_dates", "failed", minutes(-30), task="land_check/crm"),
        # What the data says of itself is a matter of its own, found again by each run.
        finding("earlier-0", "failed", minutes(-20)),
        finding(RUN, "failed", minutes(20)),
    ]
    return task_runs, checks


def told(notices: list[Notice]) -> Counter[tuple[str, int, str]]:
    """Return what was told: subject, escalation level, recipient."""
    return Counter((one.subject, one.escalation_level, one.recipient) for one in notices)


@pytest.fixture
def mart(tmp_path: Path) -> OperationsMart:
    mart = OperationsMart(tmp_path)
    task_runs, checks = first_night()
    mart.land("task_runs", task_runs)
    mart.land("check_results", checks)
    return mart


ROOT = ("fct_transfers", 0, "payments-analytics on call")
REPEATED = ("dim_users", 0, "growth-analytics on call")
FOUND = ("base_app__events", 0, "engagement-analytics on call")
TO_ACKNOWLEDGE = ("dim_dates", 0, "data-platform on call")


def acknowledge_dim_dates(mart: OperationsMart, at: datetime) -> None:
    with mart.entered():
        seen = read_incidents(settings())
        (found,) = [one for one in seen[0] if one.subject == "dim_dates"]
        assert find_incident(seen, found.incident_id[:6]) == found
        acknowledge(settings().landing, found, "Kim", "looking", at)


def test_one_root_cause_is_one_notice_that_escalates_once(mart: OperationsMart) -> None:
    first = mart.watch(minutes(40))
    assert told(first) == Counter([ROOT, REPEATED, TO_ACKNOWLEDGE, FOUND])
    (found,) = [notice for notice in first if notice.subject == "base_app__events"]
    assert found.expected == "No finding volume_low app"
    assert found.observed == "0 beside 120 on 2026-03-08"
    (root,) = [notice for notice in first if notice.subject == "fct_transfers"]
    assert (root.owner, root.severity, root.affected_count) == ("payments", "critical", 32)
    assert root.observed == "no column amount"
    acknowledge_dim_dates(mart, minutes(45))
    # Payments escalates after 60 minutes, and the data platform after 30.
    assert told(mart.watch(minutes(100))) == Counter(
        [("fct_transfers", 1, "data-platform on call")]
    )
    states = mart.query(
        "select incident_kind, subject, incident_state, occurrence_count, notice_count"
        " from marts.incidents order by all"
    )
    assert states == [
        ("check", "dim_dates", "acknowledged", 1, 1),
        ("check", "dim_users", "open", 10, 1),
        ("check", "fct_transfers", "open", 32, 1),
        ("finding", "base_app__events", "open", 2, 1),
        ("task", "catalog_apply", "open", 1, 0),
        ("task", "land_check/app", "resolved", 1, 0),
    ]
    assert not (mart.folder / "build/logmart.duckdb").exists(), "it is the build's alone"


@pytest.mark.deep
def test_the_whole_life_of_an_incident(mart: OperationsMart) -> None:
    first = Counter([ROOT, REPEATED, TO_ACKNOWLEDGE, FOUND])
    assert told(mart.watch(minutes(39), is_reachable=False)) == first
    assert told(mart.watch(minutes(40))) == first
    assert mart.watch(minutes(40)) == []
    acknowledge_dim_dates(mart, minutes(45))
    assert mart.watch(minutes(99)) == []
    escalated = mart.watch(minutes(100))
    assert told(escalated) == Counter([("fct_transfers", 1, "data-platform on call")])
    assert mart.watch(minutes(105)) == []
    # The policies of the build and of all after it are broken by the same cause.
    assert mart.watch(minutes(300)) == []
    assert mart.query(
        "select breach_count > 0 from marts.incidents where subject = 'fct_transfers'"
    ) == [(True,)]

    gave_up = [
        task_record("run-0", DAY, "catalog_apply", "started", minutes(301), attempt=2),
        task_record("run-0", DAY, "catalog_apply", "failed", minutes(302), attempt=2, isFinal=True),
    ]
    mart.land("task_runs", gave_up, "retried")
    assert told(mart.watch(minutes(303))) == Counter(
        [("catalog_apply", 0, "data-platform on call")]
    )

    mart.land("task_runs", tasks("run-2", 310, "build", "pages", "catalog_apply"), "second")
    mended = check_record("run-2", DAY, "fct_transfers", "passed", minutes(310.5))
    ended = finding("run-2", "passed", minutes(311))
    mart.land("check_results", [mended, ended], "second")
    assert mart.watch(minutes(320)) == []
    first_id = escalated[0].incident_id
    assert mart.query(
        f"select incident_state, resolved_at from marts.incidents where incident_id = '{first_id}'"
    ) == [("resolved", minutes(310.5).replace(tzinfo=None))]
    assert mart.query(
        "select incident_state, resolved_at from marts.incidents where incident_kind = 'finding'"
    ) == [("resolved", minutes(311).replace(tzinfo=None))]

    again = check_record("run-3", DAY, "fct_transfers", "error", minutes(330), owner="payments")
    mart.land("check_results", [again], "third")
    reopened = mart.watch(minutes(335))
    assert told(reopened) == Counter([ROOT])
    assert reopened[0].incident_id != first_id
    assert mart.watch(minutes(340)) == []
    assert mart.violations() == [], "all that was landed is as planned"


@pytest.mark.deep
def test_a_database_of_no_use_is_made_anew(
    mart: OperationsMart, capsys: pytest.CaptureFixture[str]
) -> None:
    mart.watch_database.folder.mkdir(parents=True)
    mart.watch_database.database.write_bytes(b"of another version")
    assert len(mart.watch(minutes(40))) == 4
    assert "is made anew" in capsys.readouterr().out


@pytest.mark.deep
def test_a_fallback_is_dated_in_the_notice(tmp_path: Path) -> None:
    mart = OperationsMart(tmp_path)
    every = ("land_check/app", "land_check/bank", "land_check/crm", "build")
    failed = [
        task_record(RUN, DAY, "pages", "started", minutes(8)),
        task_record(RUN, DAY, "pages", "failed", minutes(9), isFinal=True, failure="no template"),
    ]
    mart.land("task_runs", [*tasks(RUN, 0, *every), *failed])
    fallback = {
        "actionId": "a1",
        "action": "fallback",
        "runId": RUN,
        "runDate": DAY,
        "task": "pages",
        "outcome": "succeeded",
        "dataDate": "2026-03-08",
        "occurredAt": "2026-03-09T17:10:00.000Z",
    }
    mart.land("actions", [fallback])
    (notice,) = mart.watch(minutes(300))
    assert notice.subject == "pages"
    assert notice.fallback_data_date == date(2026, 3, 8)


@pytest.mark.deep
def test_days_on_which_nothing_ran_are_one_incident(tmp_path: Path) -> None:
    mart = OperationsMart(tmp_path)
    every = ("land_check/app", "land_check/bank", "land_check/crm", "build", "pages")
    after = ("catalog_apply", "catalog_verify")
    mart.land("task_runs", tasks(RUN, 0, *every, *after))
    assert mart.watch(minutes(60)) == []
    # Nothing lands for three days: the clock alone says so.
    (notice,) = mart.watch(minutes(3 * 24 * 60 + 600))
    assert (notice.subject, notice.owner) == ("pipeline", "data_platform")
    assert mart.query(
        "select policy_id, count(*) from intermediate.int_sla_dates where sla_status = 'missing'"
        " and policy_id in ('mart_built', 'company_report') group by all order by all"
    ) == [("company_report", 3), ("mart_built", 3)]
