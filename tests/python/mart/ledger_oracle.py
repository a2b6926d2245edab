"""Judges a policy's dates from the landed records alone; it shares no code with the mart."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

Record = dict[str, Any]
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True)
class Verdict:
    """What the ledger says of one date: its status, when it was done, what readers saw instead."""

    status: str
    completed_at: datetime | None = None
    minutes_late: int | None = None
    fallback_date: date | None = None


@dataclass(frozen=True)
class History:
    """All that the ledger of one policy depends on."""

    policy: Record
    task_runs: list[Record]
    actions: list[Record]
    holidays: frozenset[date]
    first_date: date
    until: datetime

    def verdicts(self) -> dict[date, Verdict]:
        """Return the verdict on every date of the policy, due or not."""
        return {day: self._judge(day) for day in self._dates()}

    def _dates(self) -> Iterator[date]:
        day = self.policy["valid_from"] or self.first_date
        last = self.until.astimezone(ZoneInfo(self.policy["time_zone"])).date()
        if self.policy["valid_until"]:
            last = min(last, self.policy["valid_until"])
        while day <= last:
            yield day
            day += timedelta(days=1)

    def _judge(self, day: date) -> Verdict:
        policy = self.policy
        is_holiday = policy["skips_holidays"] and day in self.holidays
        if is_holiday or WEEKDAYS[day.weekday()] not in policy["weekdays"].split():
            return Verdict("not_due")
        zone = ZoneInfo(policy["time_zone"])
        due = datetime.combine(day, time.fromisoformat(policy["due_time"]), zone).astimezone(UTC)
        latest = due + timedelta(minutes=policy["grace_minutes"])
        ends = [end for end in self._first_ends() if end["runDate"] == day.isoformat()]
        done = min((_at(end) for end in ends if end["state"] == "succeeded"), default=None)
        if done is not None and done <= latest:
            return Verdict("on_time", done)
        if self.until <= latest:
            return Verdict("not_due")
        if done is not None:
            return Verdict("late", done, int((done - due).total_seconds() // 60))
        fallback = self._fallback(day)
        has_failed = any(end["state"] == "failed" for end in ends)
        status = "failed_then_fallback" if fallback else "failed" if has_failed else "missing"
        return Verdict(status, fallback_date=fallback)

    def _first_ends(self) -> list[Record]:
        ends = defaultdict(list)
        for record in self.task_runs:
            if record["task"] == self.policy["task"] and record["state"] != "started":
                ends[record["runId"], record["attempt"]].append(record)
        return [min(copies, key=_at) for copies in ends.values()]

    def _fallback(self, day: date) -> date | None:
        dates = [
            date.fromisoformat(action["dataDate"])
            for action in self.actions
            if action["action"] == "fallback"
            and action["outcome"] == "succeeded"
            and action["task"] == self.policy["task"]
            and action["runDate"] == day.isoformat()
        ]
        return max(dates, default=None)


def _at(record: Record) -> datetime:
    return datetime.fromisoformat(record["occurredAt"])
