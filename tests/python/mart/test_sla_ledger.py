"""The ledger finds every planted fault of sixty days and no other, and agrees with an oracle."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ledger_oracle import WEEKDAYS, History, Verdict
from logmart.operations.landing import utc_text
from logmart.operations.pipeline import Attempt, Run, run_date
from logmart.operations.task_records import task_started, task_succeeded
from operations_mart import OperationsMart, Record, task_record

FIRST = date(2026, 2, 2)
DAYS = [FIRST + timedelta(days=number) for number in range(60)]
UNTIL = datetime(2026, 4, 2, 3, tzinfo=UTC)
HOLIDAYS = frozenset({date(2026, 2, 17), date(2026, 3, 2)})
SEOUL_HOURS = timedelta(hours=9)
DATA: Record = {
    "policy_id": "mart_built",
    "subject_kind": "model",
    "subject": "metrics_daily",
    "task": "build",
    "policy_kind": "data",
    "due_time": "05:00",
    "time_zone": "Asia/Seoul",
    "weekdays": "mon tue wed thu fri sat sun",
    "skips_holidays": False,
    "grace_minutes": 30,
    "target_share": 0.99,
    "severity": "critical",
    "action": "notify",
    "valid_from": None,
    "valid_until": None,
}
# The report is held to a stricter hour than its data: without grace, on working days only.
REPORT: Record = DATA | {
    "policy_id": "company_report",
    "subject_kind": "exposure",
    "subject": "company_scorecard",
    "task": "pages",
    "policy_kind": "report",
    "due_time": "06:30",
    "weekdays": "mon tue wed thu fri",
    "skips_holidays": True,
    "grace_minutes": 0,
    "action": "fallback",
}
# By hand: the dates of 60 that are not on time. 2026-02-02 is a Monday, so 16 of the 60 dates are
# of a weekend; two more are holidays, which leaves 42 dates for the report.
DATA_FAULTS = {
    "2026-02-05": "late",
    "2026-02-20": "missing",
    "2026-02-21": "missing",
    "2026-02-22": "missing",
    "2026-02-26": "late",
    "2026-03-10": "late",
    "2026-03-25": "missing",
    "2026-03-31": "missing",
    "2026-04-01": "failed",
}
REPORT_FAULTS = {
    "2026-02-05": "late",
    "2026-02-11": "late",
    "2026-02-13": "failed_then_fallback",
    "2026-02-20": "missing",
    "2026-03-10": "late",
    "2026-03-12": "failed_then_fallback",
    "2026-03-19": "late",
    "2026-03-25": "missing",
    "2026-03-31": "missing",
    "2026-04-01": "missing",
}
REAL_NIGHT = date(2026, 3, 10)
OF_REAL_NIGHT = DATA | {
    "policy_id": "real_night",
    "task": "real_task",
    "valid_from": REAL_NIGHT,
    "valid_until": REAL_NIGHT,
}
DATA_SHARE = 51 / 60
REPORT_SHARE = 32 / 42


def seoul(day: date, clock: str) -> datetime:
    """Return a clock time in Seoul as UTC."""
    moment = datetime.fromisoformat(f"{day}T{clock}").replace(tzinfo=UTC)
    return moment - SEOUL_HOURS


class Nights:
    """The records of sixty nights; a night is planned unless a method plants a fault in it."""

    def __init__(self) -> None:
        self.task_runs: list[Record] = []
        self.actions: list[Record] = []

    def attempt(  # noqa: PLR0913 - a fault may lie in each of them
        self,
        day: date,
        task: str,
        end: str | None,
        *,
        state: str = "succeeded",
        attempt: int = 1,
        run: str = "",
        **fields: Any,
    ) -> None:
        """Land the start of an attempt at 02:00, and its end unless its worker was killed."""
        run_id, day_text = f"{day}{run}", day.isoformat()
        start = seoul(day, "02:00") + timedelta(minutes=attempt)
        times = {"started": start} | ({state: seoul(day, end)} if end else {})
        for each, at in times.items():
            given = fields if each == state else {}
            record = task_record(run_id, day_text, task, each, at, attempt=attempt, **given)
            self.task_runs.append(record)

    def night(self, day: date, build: str = "02:30", pages: str | None = "02:35") -> None:
        self.attempt(day, "build", build)
        if pages:
            self.attempt(day, "pages", pages)

    def fall_back(self, day: date) -> None:
        self.night(day, pages=None)
        self.attempt(day, "pages", "02:36", state="failed", isFinal=True, failureKind="permanent")
        action = {
            "actionId": f"fallback-{day}",
            "action": "fallback",
            "runId": day.isoformat(),
            "runDate": day.isoformat(),
            "task": "pages",
            "outcome": "succeeded",
            "dataDate": (day - timedelta(days=2)).isoformat(),
            "occurredAt": utc_text(seoul(day, "02:37")),
        }
        self.actions.append(action)


def sixty_nights() -> Nights:
    """Plant the faults of the tables above, and what must not be found."""
    nights = Nights()
    faulty: dict[str, Callable[[date], None]] = {
        "2026-02-05": lambda day: nights.night(day, "06:00", "06:40"),
        "2026-03-10": lambda day: nights.night(day, "06:00", "06:40"),
        "2026-02-11": lambda day: nights.night(day, "02:30", "06:31"),
        "2026-03-19": lambda day: nights.night(day, "02:30", "06:30:00.001"),
        "2026-02-24": lambda day: nights.night(day, "05:29", "06:30"),
        "2026-02-25": lambda day: nights.night(day, "05:30", "06:00"),
        "2026-02-26": lambda day: nights.night(day, "05:30:00.001", "06:00"),
        "2026-02-13": nights.fall_back,
        "2026-03-12": nights.fall_back,
        "2026-03-14": nights.fall_back,
        **dict.fromkeys(("2026-02-20", "2026-02-21", "2026-02-22"), lambda _: None),
        "2026-03-25": lambda _: None,
        "2026-03-04": lambda day: _retried(nights, day),
        "2026-03-27": lambda day: _retried(nights, day),
        "2026-03-06": lambda day: _killed(nights, day, is_retried=True),
        "2026-03-31": lambda day: _killed(nights, day, is_retried=False),
        "2026-02-09": lambda day: _reported_twice(nights, day),
        "2026-03-17": lambda day: _run_again_by_hand(nights, day),
        "2026-04-01": lambda day: _failed(nights, day),
    }
    for day in DAYS:
        faulty.get(day.isoformat(), nights.night)(day)
    # Somebody runs the build for a date on which nothing was due yet.
    backfill, long_ago = seoul(date(2026, 3, 5), "14:00"), "2025-11-03"
    for state, at in (("started", backfill), ("succeeded", backfill + timedelta(minutes=9))):
        nights.task_runs.append(task_record("backfill", long_ago, "build", state, at))
    return nights


def _retried(nights: Nights, day: date) -> None:
    nights.attempt(day, "build", "02:20", state="failed", isFinal=False, failureKind="transient")
    nights.attempt(day, "build", "02:50", attempt=2)
    nights.attempt(day, "pages", "02:55")


def _killed(nights: Nights, day: date, *, is_retried: bool) -> None:
    nights.attempt(day, "build", None)
    if is_retried:
        nights.attempt(day, "build", "03:10", attempt=2)
        nights.attempt(day, "pages", "03:15")


def _reported_twice(nights: Nights, day: date) -> None:
    nights.night(day)
    # The second callback of the build's end comes hours later.
    nights.attempt(day, "build", "07:00")


def _run_again_by_hand(nights: Nights, day: date) -> None:
    _failed(nights, day)
    nights.attempt(day, "build", "04:50", run="-2")
    nights.attempt(day, "pages", "04:55", run="-2")


def _failed(nights: Nights, day: date) -> None:
    nights.attempt(day, "build", "02:30", state="failed", isFinal=True, failureKind="permanent")
    nights.attempt(day, "pages", "02:30", state="skipped")


def real_night(day: date) -> list[Record]:
    """Return what the pipeline itself lands of a build between 02:00 and 02:30 in Seoul."""
    started, ended = seoul(day, "02:00"), seoul(day, "02:30")
    run = Run("nightly-1", run_date(started, "Asia/Seoul"), "nightly")
    attempt = Attempt(run, "build", 1)
    return [task_started(attempt, started), task_succeeded(attempt, ended, run.data_date)]


def random_history(rng: Random, number: int) -> tuple[Record, list[Record], list[Record]]:
    """Return a policy with a task of its own, and what landed of that task."""
    task = f"task_{number}"
    weekdays = [day for day in WEEKDAYS if rng.random() < 0.8] or ["mon"]
    start = FIRST + timedelta(days=rng.randrange(30, 50))
    policy = DATA | {
        "policy_id": f"policy_{number}",
        "task": task,
        "due_time": f"{rng.randrange(4, 24):02d}:{rng.randrange(60):02d}",
        "time_zone": rng.choice(["Asia/Seoul", "UTC", "America/New_York", "Europe/London"]),
        "weekdays": " ".join(weekdays),
        "skips_holidays": rng.random() < 0.5,
        "grace_minutes": rng.choice([0, 15, 600]),
        "valid_from": start if rng.random() < 0.8 else None,
        "valid_until": start + timedelta(days=rng.randrange(25)) if rng.random() < 0.3 else None,
    }
    task_runs: list[Record] = []
    actions: list[Record] = []
    for offset in range(-2, 20):
        day = start + timedelta(days=offset)
        for run in range(rng.choice([0, 1, 1, 1, 2])):
            task_runs += _random_run(rng, f"{task}-{day}-{run}", day, task)
        if rng.random() < 0.2:
            actions.append(_random_action(rng, day, task))
    task_runs = [one for one in task_runs if datetime.fromisoformat(one["occurredAt"]) <= UNTIL]
    rng.shuffle(task_runs)
    return policy, task_runs, actions


def _random_run(rng: Random, run_id: str, day: date, task: str) -> list[Record]:
    moment = datetime.combine(day, datetime.min.time(), UTC)
    moment += timedelta(hours=rng.randrange(-9, 26), milliseconds=rng.randrange(3_600_000))
    records = []
    # The ledger is the same, whatever ran the task.
    orchestrator = rng.choice(["airflow", "nightly", "manual"])
    for attempt in range(1, rng.choice([1, 1, 2, 3]) + 1):
        fields: Record = {"attempt": attempt, "isFinal": rng.random() < 0.5}
        fields["orchestrator"] = orchestrator
        records.append(task_record(run_id, str(day), task, "started", moment, **fields))
        for _ in range(rng.choice([0, 1, 1, 1, 2])):
            moment += timedelta(milliseconds=rng.randrange(1, 7_200_000))
            state = rng.choice(["succeeded", "succeeded", "failed", "skipped"])
            end = task_record(run_id, str(day), task, state, moment, **fields)
            records += [end] * rng.choice([1, 1, 2])
    return records


def _random_action(rng: Random, day: date, task: str) -> Record:
    return {
        "actionId": f"{task}-{day}",
        "action": rng.choice(["fallback", "fallback", "retry"]),
        "runDate": day.isoformat(),
        "task": task,
        "outcome": rng.choice(["succeeded", "succeeded", "failed"]),
        "dataDate": (day - timedelta(days=rng.randrange(1, 4))).isoformat(),
        "occurredAt": utc_text(datetime.combine(day, datetime.min.time(), UTC)),
    }


def first_night(start: Record) -> date:
    """Return the date of a run, or that of its start when it filled an earlier date."""
    started = datetime.fromisoformat(start["occurredAt"]) + SEOUL_HOURS
    return max(date.fromisoformat(start["runDate"]), started.date())


def judged(mart: OperationsMart) -> dict[str, dict[date, Verdict]]:
    """Return what the ledger says, by policy and date."""
    found: dict[str, dict[date, Verdict]] = {}
    for policy, day, status, completed, minutes, fallback in mart.query(
        "select policy_id, due_date, sla_status, completed_at, minutes_late,"
        " case when sla_status = 'failed_then_fallback' then fallback_data_date end"
        " from marts.sla_ledger"
    ):
        assert day not in found.get(policy, {}), "a date is judged once"
        done = completed.replace(tzinfo=UTC) if completed and status != "not_due" else None
        found.setdefault(policy, {})[day] = Verdict(status, done, minutes, fallback)
    return found


def build(folder: Path, rng: Random, count: int) -> tuple[OperationsMart, dict[str, History]]:
    """Build the ledger of sixty nights and of random histories, all in one build."""
    nights = sixty_nights()
    task_runs, actions, policies = nights.task_runs, nights.actions, [DATA, REPORT]
    task_runs += [record | {"task": "real_task"} for record in real_night(REAL_NIGHT)]
    policies.append(OF_REAL_NIGHT)
    for number in range(count):
        policy, own_runs, own_actions = random_history(rng, number)
        policies.append(policy)
        task_runs += own_runs
        actions += own_actions
    mart = OperationsMart(folder)
    mart.land("task_runs", task_runs[::2], "even")
    mart.land("task_runs", task_runs[1::2], "odd")
    mart.land("actions", actions)
    holidays = [{"holiday_date": day, "holiday_name": "a holiday"} for day in HOLIDAYS]
    mart.build(UNTIL, {"sla_policies": policies, "holidays": holidays}, "sla_weekly")
    first = min(first_night(record) for record in task_runs if record["state"] == "started")
    histories = {
        policy["policy_id"]: History(policy, task_runs, actions, HOLIDAYS, first, UNTIL)
        for policy in policies
    }
    return mart, histories


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[OperationsMart, dict[str, History]]:
    return build(tmp_path_factory.mktemp("ledger"), Random(23), 20)


@pytest.mark.parametrize(
    ("policy", "faults", "due"), [(DATA, DATA_FAULTS, 60), (REPORT, REPORT_FAULTS, 42)]
)
def test_every_planted_fault_is_found_and_none_invented(
    built: tuple[OperationsMart, dict[str, History]],
    policy: Record,
    faults: dict[str, str],
    due: int,
) -> None:
    verdicts = judged(built[0])[policy["policy_id"]]
    assert sorted(verdicts) == DAYS
    counted = {day: each for day, each in verdicts.items() if each.status != "not_due"}
    assert len(counted) == due
    found = {str(day): each.status for day, each in counted.items() if each.status != "on_time"}
    assert found == faults


def test_the_shares_are_those_that_were_computed_by_hand(
    built: tuple[OperationsMart, dict[str, History]],
) -> None:
    shares: dict[str, float] = dict(
        built[0].query(
            "select policy_id, count(*) filter (where is_on_time) / count(*)"
            " from marts.sla_ledger where is_counted"
            " and policy_id in ('mart_built', 'company_report') group by 1"
        )
    )
    assert shares == {"mart_built": DATA_SHARE, "company_report": REPORT_SHARE}
    week = built[0].query(
        "select policy_id, due_count, on_time_count, missing_count, on_time_share, is_target_met"
        " from marts.sla_weekly where week_start_date = '2026-02-16'"
        " and policy_id in ('mart_built', 'company_report') order by 1"
    )
    assert week == [
        ("company_report", 4, 3, 1, 0.75, False),
        ("mart_built", 7, 4, 3, 4 / 7, False),
    ]


def test_a_run_can_be_on_time_for_its_data_and_late_for_its_report(
    built: tuple[OperationsMart, dict[str, History]],
) -> None:
    verdicts = judged(built[0])
    day = date(2026, 2, 11)
    assert verdicts["mart_built"][day] == Verdict("on_time", seoul(day, "02:30"))
    assert verdicts["company_report"][day] == Verdict("late", seoul(day, "06:31"), 1)


def test_a_night_of_the_pipeline_itself_is_on_time_on_the_day_it_runs(
    built: tuple[OperationsMart, dict[str, History]],
) -> None:
    verdict = Verdict("on_time", seoul(REAL_NIGHT, "02:30"))
    assert judged(built[0])["real_night"] == {REAL_NIGHT: verdict}


def test_a_fallback_names_the_date_of_the_data_that_was_shown(
    built: tuple[OperationsMart, dict[str, History]],
) -> None:
    verdicts = judged(built[0])["company_report"]
    assert verdicts[date(2026, 2, 13)].fallback_date == date(2026, 2, 11)
    assert verdicts[date(2026, 3, 12)].fallback_date == date(2026, 3, 10)


def test_the_ledger_agrees_with_the_oracle_on_random_histories(
    built: tuple[OperationsMart, dict[str, History]],
) -> None:
    assert_agrees(*built)


@pytest.mark.deep
@settings(
    max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(seed=st.integers(min_value=0))
def test_the_ledger_agrees_with_the_oracle_whatever_lands(
    tmp_path_factory: pytest.TempPathFactory, seed: int
) -> None:
    assert_agrees(*build(tmp_path_factory.mktemp("ledger"), Random(seed), 60))


def assert_agrees(mart: OperationsMart, histories: dict[str, History]) -> None:
    verdicts = judged(mart)
    assert mart.violations() == []
    statuses = set()
    for policy_id, history in histories.items():
        expected = history.verdicts()
        assert verdicts.get(policy_id, {}) == expected, history.policy
        statuses |= {each.status for each in expected.values()}
    assert statuses == {"on_time", "late", "failed_then_fallback", "failed", "missing", "not_due"}
