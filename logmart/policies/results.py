"""The results of checks, as they are decided on and landed: counts and names, no value of a row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import duckdb

from logmart.policies.decisions import Decision

STAGE = "raw"
PLATFORM = "great_expectations"


@dataclass(frozen=True)
class Run:
    """A run of the checks: its id, the calendar day that it is for, and when it started."""

    run_id: str
    run_date: date
    started_at: datetime


def start_run(run_id: str, run_date: date | None, variables: Mapping[str, Any]) -> Run:
    """Return a run that starts now."""
    now = datetime.now(UTC)
    day = run_date or now.astimezone(ZoneInfo(variables["business_time_zone"])).date()
    return Run(run_id or f"manual-{now:%Y%m%dT%H%M%S%f}", day, now)


@dataclass(frozen=True)
class CheckResult:
    """The result of a check on a model or on a file.

    `status` is passed, warned (violations that no policy minds), failed or error (it raised).
    """

    source: str
    check_name: str
    subject_kind: str
    subject: str
    status: str
    failure_count: int
    checked_count: int
    owner: str = ""
    severity: str = "info"
    message: str = ""
    action: str = ""

    @property
    def key(self) -> tuple[str, str, str]:
        """Return what identifies the result within a run."""
        return (self.subject_kind, self.subject, self.check_name)

    @property
    def task(self) -> str:
        """Return the task that checks the source."""
        return f"land_check/{self.source}"

    def record(self, run: Run) -> dict[str, Any]:
        """Return the record of check_results to land."""
        return {
            "runId": run.run_id,
            "runDate": run.run_date,
            "task": self.task,
            "stage": STAGE,
            "platform": PLATFORM,
            "check": self.check_name,
            "checkKind": "expectation",
            "subjectKind": self.subject_kind,
            "subject": self.subject,
            "status": self.status,
            "severity": self.severity,
            "action": self.action or None,
            "owner": self.owner or None,
            "failureCount": self.failure_count,
            "checkedCount": self.checked_count,
            "message": self.message or None,
            "checkedAt": run.started_at,
        }


def write_results(
    connection: duckdb.DuckDBPyConnection,
    run: Run,
    results: Sequence[CheckResult],
    stage: str = STAGE,
) -> None:
    """Make the table check_results, as quality_decisions() reads it."""
    connection.execute(
        "create or replace table check_results (run_id varchar, run_date date, stage varchar,"
        " check_name varchar, subject_kind varchar, subject varchar, check_status varchar,"
        " severity varchar, failure_count bigint, checked_count bigint, checked_at timestamp)"
    )
    at = run.started_at.replace(tzinfo=None)
    rows = [
        (run.run_id, run.run_date, stage, each.check_name, each.subject_kind, each.subject)
        + (each.status, each.severity, each.failure_count, each.checked_count, at)
        for each in results
    ]
    if rows:
        connection.executemany(f"insert into check_results values ({'?, ' * 10}?)", rows)


def of_decision(result: CheckResult, decision: Decision | None) -> CheckResult:
    """Return a result with the status, severity and message that its policy gives it.

    Violations are a warning where no policy minds them, and where a worse result on the same file
    is told.
    """
    if result.status not in ("failed", "error") or decision is None:
        return replace(result, status="warned" if result.status == "failed" else result.status)
    found = result.message or f"{result.failure_count:,} of {result.checked_count:,}"
    return replace(
        result,
        status="warned"
        if result.status == "failed" and not decision.is_reported
        else result.status,
        severity=decision.severity if decision.is_reported else result.severity,
        message=f"{found}, policy {decision.policy_id}: {decision.action}"
        if decision.action != "none"
        else result.message,
        action=decision.action if decision.is_reported else "",
    )
