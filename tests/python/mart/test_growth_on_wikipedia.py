"""Sessions, growth and retention of a day of Wikipedia's edits, counted again in plain Python."""

from __future__ import annotations

import gzip
import json
from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from statistics import median

import pytest

from logmart.sample.wikipedia import DAY, LANDED_FILE, real_file
from mart_runs import Mart, Row, hashed
from wikipedia_mart import wikipedia_mart

SEOUL = timedelta(hours=9)
RECEIVED_AT = DAY + timedelta(days=1)
CHURN_AFTER = timedelta(days=28)


@dataclass(frozen=True)
class Log:
    """Each person's moments of editing, in order, and the first of all, a robot's too; in UTC."""

    edits: dict[str, list[datetime]]
    began_at: datetime

    def days(self) -> dict[str, list[date]]:
        return {
            user: sorted({(moment + SEOUL).date() for moment in moments})
            for user, moments in self.edits.items()
        }

    def dates(self) -> list[date]:
        """Every business date from the first edit, a robot's too, to the day of receipt."""
        last = (RECEIVED_AT + SEOUL).date()
        start = (self.began_at + SEOUL).date()
        return [start + timedelta(days=n) for n in range((last - start).days + 1)]


def read_log(path: Path) -> Log:
    edits: dict[str, list[datetime]] = defaultdict(list)
    began_at = RECEIVED_AT
    for line in gzip.decompress(path.read_bytes()).splitlines():
        edit = json.loads(line)
        moment = datetime.fromisoformat(edit["time"]).astimezone(UTC)
        began_at = min(began_at, moment)
        if moment <= RECEIVED_AT + timedelta(minutes=10) and not edit["isRobot"]:
            edits[edit["user"]].append(moment)
    return Log({user: sorted(moments) for user, moments in edits.items()}, began_at)


@pytest.fixture(scope="module")
def mart() -> Mart:
    return wikipedia_mart()


@pytest.fixture(scope="module")
def log(mart: Mart) -> Log:
    return read_log(mart.landing / LANDED_FILE)


def test_active_users_are_those_who_edited(mart: Mart, log: Log) -> None:
    days = log.days()

    def active(last: date, window: int) -> int:
        first = last - timedelta(days=window - 1)
        return sum(any(first <= day <= last for day in own) for own in days.values())

    expected = [(day, active(day, 1), active(day, 7), active(day, 28)) for day in log.dates()]
    query = "select activity_date, dau, wau, mau from {} order by activity_date"
    assert mart.query(query.format("marts.active_users_daily")) == expected
    by_platform = "marts.active_users_by_dimension_daily where dimension_value = 'web'"
    assert mart.query(query.format(f"{by_platform} and dimension = 'platform'")) == expected


def test_sessions_end_after_thirty_minutes(mart: Mart, log: Log) -> None:
    expected: Counter[Row] = Counter()
    for user, moments in log.edits.items():
        session = [moments[0]]
        for moment in [*moments[1:], datetime.max.replace(tzinfo=UTC)]:
            if moment - session[-1] > timedelta(minutes=30):
                expected[hashed(user), _bare(session[0]), _bare(session[-1]), len(session)] += 1
                session = []
            session.append(moment)
    rows = mart.query("select user_id, started_at, ended_at, event_count from marts.fct_sessions")
    assert Counter(rows) == expected


def test_every_editor_is_in_one_state_on_each_date(mart: Mart, log: Log) -> None:
    expected = []
    for today in log.dates():
        states: Counter[str] = Counter()
        for own in log.days().values():
            past = [day for day in own if day <= today]
            if not past:
                continue
            if past[-1] < today:
                states["churned" if today - past[-1] >= CHURN_AFTER else "idle"] += 1
            elif len(past) == 1:
                states["new"] += 1
            else:
                back = today - past[-2] <= CHURN_AFTER
                states["returning" if back else "resurrected"] += 1
        names = ("new", "returning", "resurrected", "idle", "churned")
        expected.append((today, states.total(), *(states[name] for name in names)))
    assert expected == mart.query(
        "select activity_date, known_users, new_users, returning_users, resurrected_users,"
        " idle_users, churned_users from marts.user_lifecycle_daily order by activity_date"
    )


@pytest.mark.parametrize("period", ["day", "week", "month"])
def test_retention_is_that_of_the_cohorts(mart: Mart, log: Log, period: str) -> None:
    cohorts: dict[date, list[set[int]]] = defaultdict(list)
    for own in log.days().values():
        cohorts[_start(own[0], period)].append(
            {_number(day, period) - _number(own[0], period) for day in own}
        )
    last = log.dates()[-1]
    expected = [
        (
            cohort,
            number,
            len(users),
            sum(number in periods for periods in users),
            sum(max(periods) >= number for periods in users),
        )
        for cohort, users in sorted(cohorts.items())
        for number in range(_number(last, period) - _number(cohort, period) + 1)
    ]
    assert expected == mart.query(
        "select cohort_date, period_number, cohort_user_count, retained_user_count,"
        " unbounded_retained_user_count from marts.retention_cohorts"
        f" where period = '{period}' and dimension = 'all' order by cohort_date, period_number"
    )


def test_a_second_edit_within_a_day_converts(mart: Mart, log: Log) -> None:
    waits: dict[date, list[float | None]] = defaultdict(list)
    for moments in log.edits.values():
        tries: dict[date, list[float | None]] = defaultdict(list)
        for moment, following in zip(moments, [*moments[1:], None], strict=True):
            wait = (following - moment).total_seconds() if following else None
            is_converted = wait is not None and wait <= 24 * 3600
            tries[(moment + SEOUL).date()].append(wait if is_converted else None)
        for day, own in tries.items():
            waits[day].append(next((wait for wait in own if wait is not None), None))
    expected = []
    for day in log.dates():
        converted = [wait for wait in waits[day] if wait is not None]
        middle = round(median(converted), 3) if converted else None
        expected.append((day, len(waits[day]), len(converted), middle))
    assert expected == mart.query(
        "select entry_date, entered_visitor_count, visitor_count,"
        " round(median_seconds_since_previous_step, 3) from marts.funnel_conversions_daily"
        " where funnel = 'repeated_edit' and step_number = 2 and dimension = 'all'"
        " order by entry_date"
    )


def test_the_real_log_has_the_growth_that_is_known_of_it(mart: Mart) -> None:
    if real_file() is None:
        pytest.skip(
            "the growth of the real Wikipedia log: it is not in LOGMART_REAL_DATA (default"
            " ../shared/data); a generated log of the same shape was counted instead"
        )
    assert mart.query("select max(mau), max(dau) from marts.active_users_daily") == [
        (10_355, 6_316)
    ]
    assert mart.query("select count(*) from marts.fct_sessions") == [(15_440,)]
    assert mart.query(
        "select cohort_user_count, retained_user_count from marts.retention_cohorts"
        " where period = 'day' and cohort_date = date '2015-09-12' and period_number = 1"
        " and dimension = 'all'"
    ) == [(6_315, 1_395)]


def _bare(moment: datetime) -> datetime:
    return moment.replace(tzinfo=None)


def _start(day: date, period: str) -> date:
    if period == "week":
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if period == "month" else day


def _number(day: date, period: str) -> int:
    if period == "month":
        return day.year * 12 + day.month
    return (_start(day, period).toordinal()) // (7 if period == "week" else 1)
