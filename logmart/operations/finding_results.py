"""Makes the records of `check_results` from the findings of a build: open ones failed, ended ones
passed. So a finding becomes an incident, and a watch knows it from landed files alone.

A build is later than its data by nature, so it cannot see that everything ended. Here the date of
the run says so: a source whose last moment is too long before it is `stale` too.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from logmart.operations.landing import utc_text
from logmart.operations.pipeline import Run
from logmart.operations.task_records import Record
from logmart.plan.event_names import event_form

if TYPE_CHECKING:
    import duckdb


# A platform or version may be anything that a client sent: what looks otherwise is not shown.
_VERSION = re.compile(r"\d{1,4}(\.\d{1,6}){0,3}")
_FINDINGS = """
select finding, severity, source, event_name, property, platform, app_version, null as metric,
    observed_count::double, compared_count, ended_date
from marts.ingestion_findings
where is_ongoing and severity <> 'info'
union all
select finding, severity, null, null, null, null, null, metric, observed_value, compared_value,
    ended_date
from marts.metric_anomalies
where is_ongoing
order by all
"""
# The run is not earlier than the start of its date.
_ENDED_SOURCES = """
select source, last_date
from intermediate.int_source_pauses
where is_ongoing and is_alive and not is_excused
    and started_at + to_hours(stale_after_hours)
        < timezone('UTC', timezone($time_zone, $run_date::date::timestamp))
order by source
"""
_OWNERS = "select subject_kind, subject, owner from intermediate.int_subject_owners"
_OPEN_INCIDENTS = """
select incident_name, subject_kind, subject, owner
from marts.incidents
where incident_kind = 'finding' and incident_state <> 'resolved'
order by all
"""


class Finding(NamedTuple):
    """An open finding: what it says, of what, and what was observed and compared with."""

    check: str
    severity: str
    subject_kind: str
    subject: str
    observed: float | None
    compared: float | None
    ended_date: date

    @property
    def kind(self) -> str:
        """What kind of finding it is: the first word of its check."""
        return self.check.split(" ")[0]

    def sentence(self) -> str:
        """Return what was observed, beside what it was compared with."""
        if self.compared is None:
            return f"nothing since {self.ended_date}"
        return f"{self.observed or 0:,.6g} beside {self.compared:,.6g} on {self.ended_date}"


def finding_records(
    connection: duckdb.DuckDBPyConnection,
    run: Run,
    checked_at: datetime,
    *,
    time_zone: str,
    public_names: Iterable[str],
) -> list[Record]:
    """Return a failed record for each open finding of a build, and a passed one for each incident
    of a finding that is no longer open.

    In: the database that was built, with the records of operations; `time_zone` and `public_names`,
    the project's variables business_time_zone and public_names. Findings of severity info are left
    out.
    """
    found = open_findings(connection, run.run_date, time_zone=time_zone, public_names=public_names)
    owners = {row[:2]: row[2] for row in connection.execute(_OWNERS).fetchall()}
    common = {
        "runId": run.run_id,
        "runDate": run.run_date.isoformat(),
        "task": "build",
        "stage": "anomaly",
        "platform": "logmart",
        "checkKind": "finding",
        "checkedAt": utc_text(checked_at),
    }
    failed = {(each.check, each.subject): _failed(each, owners, common) for each in found}
    incidents = connection.execute(_OPEN_INCIDENTS).fetchall()
    passed = [
        {
            **common,
            "check": check,
            "subjectKind": subject_kind,
            "subject": subject,
            "status": "passed",
            "severity": "info",
            "owner": owner,
        }
        for check, subject_kind, subject, owner in incidents
        if (check, subject) not in failed
    ]
    return [*failed.values(), *passed]


def open_findings(
    connection: duckdb.DuckDBPyConnection,
    run_date: date | None,
    *,
    time_zone: str,
    public_names: Iterable[str],
) -> list[Finding]:
    """Return the open findings of a build, those of severity info left out.

    In: `run_date`, the date of the run, on which a source may have ended for too long; None where
    only the data say so. The others are those of `finding_records`.
    """
    rows = connection.execute(_FINDINGS).fetchall()
    found = [_finding(row, frozenset(public_names)) for row in rows]
    if run_date is None:
        return found
    stale = {each.subject for each in found if each.check.startswith("stale ")}
    ended = connection.execute(_ENDED_SOURCES, {"time_zone": time_zone, "run_date": run_date})
    return found + [
        Finding(f"stale {source}", "critical", "source", source, 0, None, last_date)
        for source, last_date in ended.fetchall()
        if source not in stale
    ]


def _finding(row: tuple[Any, ...], public_names: frozenset[str]) -> Finding:
    finding, severity, source, event, property_name, platform, version, metric, *figures = row
    if metric is not None:
        return Finding(f"{finding} {metric}", severity, "model", "metrics_daily", *figures)
    parts = [finding, f"{source}.{event}" if event else source, property_name]
    if platform:
        parts.append(platform if platform in public_names else _digest(platform))
    if version:
        parts.append(version if _VERSION.fullmatch(version) else _digest(version))
    check = " ".join(part for part in parts if part)
    if event is None:
        return Finding(check, severity, "source", source, *figures)
    return Finding(check, severity, "model", f"stg_{source}__{event_form(event)}", *figures)


def _failed(finding: Finding, owners: Mapping[tuple[str, str], str], common: Record) -> Record:
    record = {
        **common,
        "check": finding.check,
        "subjectKind": finding.subject_kind,
        "subject": finding.subject,
        "status": "failed",
        "severity": finding.severity,
        "owner": owners.get((finding.subject_kind, finding.subject)),
        "windowDate": finding.ended_date.isoformat(),
        "message": finding.sentence(),
    }
    return {key: value for key, value in record.items() if value is not None}


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:8]
