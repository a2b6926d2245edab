"""What a scorecard shows below its cards: retention, funnels, reconciliation, uplift, findings,
anomalies, deliveries, incidents, quality by stage, files in quarantine and migrated tables.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import duckdb

from logmart.mart.complete_date import COMPLETE_DATE
from logmart.pages.site import operations_queries
from logmart.pages.site.numbers import SMALL_SAMPLE

# The marts that the sections of a group's scorecard read.
MARTS: dict[str, tuple[str, ...]] = {
    "growth": ("funnel_conversions_daily", "retention_cohorts"),
    "payments": ("transfer_reconciliation",),
    "crm": ("campaign_performance",),
    "data_platform": ("ingestion_findings", "metric_anomalies"),
    "operations": (
        "fct_quarantined_files",
        "incidents",
        "migrated_tables",
        "quality_decisions",
        "quality_results_daily",
        "sla_ledger",
    ),
}
_COHORTS = """
select cohort_date, cohort_user_count, period_number, retained_user_count, retention_rate,
    is_complete
from marts.retention_cohorts
where period = 'week'
order by cohort_date, period_number
"""
# Visitors who entered on several dates count on each: what is added up are entries.
_FUNNELS = f"""
select funnel, step_number, event_name, min(entry_date), max(entry_date), sum(visitor_count),
    sum(entered_visitor_count)
from marts.funnel_conversions_daily
where entry_date > {COMPLETE_DATE} - to_days(28)
    and entry_date <= {COMPLETE_DATE}
group by funnel, step_number, event_name
order by funnel, step_number
"""
_RECONCILIATION = """
select reconciliation_status, count(*), sum(abs(difference_krw))
from marts.transfer_reconciliation
group by reconciliation_status
order by count(*) desc, reconciliation_status
"""
_UPLIFT = """
select campaign_name, channel, treated_user_count, control_user_count, treated_conversion_rate,
    control_conversion_rate, uplift, uplift_low, uplift_high
from marts.campaign_performance
where uplift is not null
order by last_sent_at desc, campaign_id
limit 12
"""


@dataclass(frozen=True)
class Delivery:
    """How often a policy was met in four weeks, and the last date on which it was not."""

    policy: str
    subject_kind: str
    subject: str
    kind: str
    owner: str
    due_count: int
    on_time_count: int
    target: float
    last_breach_date: dt.date | None
    last_breach: str | None
    fallback_data_date: dt.date | None

    @property
    def share(self) -> float:
        """Return the share of the due dates that was on time."""
        return self.on_time_count / self.due_count


@dataclass(frozen=True)
class Cohort:
    """A week's new users, and the share of them who came back in each later week."""

    date: dt.date
    user_count: int
    weeks: tuple[Retained, ...]


@dataclass(frozen=True)
class Retained:
    """The users of a cohort who came in a week. An incomplete week is still to end."""

    number: int
    user_count: int
    rate: float
    is_complete: bool

    @property
    def level(self) -> int:
        """Return the depth of the cell's colour, 0 to 9."""
        return min(9, int(self.rate * 10))


@dataclass(frozen=True)
class Step:
    """A step of a funnel: how many entries reached it, of how many that began."""

    number: int
    event_name: str
    count: int
    entered_count: int

    @property
    def rate(self) -> float | None:
        """Return the share of the entries that reached the step."""
        return self.count / self.entered_count if self.entered_count else None


@dataclass(frozen=True)
class Funnel:
    """The steps of a funnel over the entries between two dates."""

    name: str
    first_date: dt.date
    last_date: dt.date
    steps: tuple[Step, ...]


@dataclass(frozen=True)
class Uplift:
    """What a campaign changed: conversions of those it was sent to, against those held out."""

    campaign: str
    channel: str
    treated_count: int
    control_count: int
    treated_rate: float
    control_rate: float
    uplift: float
    low: float
    high: float

    @property
    def is_small_sample(self) -> bool:
        """Tell whether a group is too small to compare."""
        return min(self.treated_count, self.control_count) < SMALL_SAMPLE


@dataclass(frozen=True)
class Sections:
    """The sections of a scorecard; an empty one is left out of its page."""

    cohorts: Sequence[Cohort] = field(default_factory=tuple)
    funnels: Sequence[Funnel] = field(default_factory=tuple)
    reconciliation: Sequence[tuple[str, int, int]] = field(default_factory=tuple)
    uplifts: Sequence[Uplift] = field(default_factory=tuple)
    findings: Sequence[dict[str, Any]] = field(default_factory=tuple)
    has_findings: bool = False
    anomalies: Sequence[dict[str, Any]] = field(default_factory=tuple)
    deliveries: Sequence[Delivery] = field(default_factory=tuple)
    incidents: Sequence[dict[str, Any]] = field(default_factory=tuple)
    stages: Sequence[dict[str, Any]] = field(default_factory=tuple)
    decisions: Sequence[dict[str, Any]] = field(default_factory=tuple)
    quarantined: Sequence[dict[str, Any]] = field(default_factory=tuple)
    migrated: Sequence[dict[str, Any]] = field(default_factory=tuple)


def read_sections(connection: duckdb.DuckDBPyConnection, group: str) -> Sections:
    """Return the sections of a group's scorecard."""
    reader = _READERS.get(group)
    return reader(connection) if reader and _has(connection, MARTS[group]) else Sections()


def _growth(connection: duckdb.DuckDBPyConnection) -> Sections:
    cohorts: dict[tuple[dt.date, int], list[Retained]] = {}
    for date, users, *retained in connection.execute(_COHORTS).fetchall():
        cohorts.setdefault((date, users), []).append(Retained(*retained))
    funnels: dict[str, list[tuple[Any, ...]]] = {}
    for funnel, *step in connection.execute(_FUNNELS).fetchall():
        funnels.setdefault(funnel, []).append(tuple(step))
    return Sections(
        cohorts=[Cohort(*key, tuple(weeks)) for key, weeks in cohorts.items()],
        funnels=[
            Funnel(
                name,
                min(step[2] for step in steps),
                max(step[3] for step in steps),
                tuple(Step(step[0], step[1], int(step[4]), int(step[5])) for step in steps),
            )
            for name, steps in funnels.items()
        ],
    )


def _payments(connection: duckdb.DuckDBPyConnection) -> Sections:
    rows = connection.execute(_RECONCILIATION).fetchall()
    return Sections(reconciliation=[(str(row[0]), int(row[1]), int(row[2] or 0)) for row in rows])


def _crm(connection: duckdb.DuckDBPyConnection) -> Sections:
    return Sections(uplifts=[Uplift(*row) for row in connection.execute(_UPLIFT).fetchall()])


def _data_platform(connection: duckdb.DuckDBPyConnection) -> Sections:
    return Sections(
        findings=_rows(connection, operations_queries.FINDINGS),
        has_findings=True,
        anomalies=_rows(connection, operations_queries.ANOMALIES),
    )


def _operations(connection: duckdb.DuckDBPyConnection) -> Sections:
    deliveries = [
        Delivery(*row) for row in connection.execute(operations_queries.DELIVERIES).fetchall()
    ]
    return Sections(
        deliveries=deliveries,
        incidents=_rows(connection, operations_queries.INCIDENTS),
        stages=_rows(connection, operations_queries.STAGES),
        decisions=_rows(connection, operations_queries.DECISIONS),
        quarantined=_rows(connection, operations_queries.QUARANTINED),
        migrated=_rows(connection, operations_queries.MIGRATED),
    )


def _rows(connection: duckdb.DuckDBPyConnection, query: str) -> list[dict[str, Any]]:
    found = connection.execute(query)
    names = [column[0] for column in found.description]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def _has(connection: duckdb.DuckDBPyConnection, marts: Sequence[str]) -> bool:
    """Tell whether marts exist: those of records are built only where the records land."""
    listed = connection.execute(
        "select table_name from information_schema.tables where table_schema = 'marts'"
    ).fetchall()
    return set(marts) <= {name for (name,) in listed}


_READERS: dict[str, Callable[[duckdb.DuckDBPyConnection], Sections]] = {
    "growth": _growth,
    "payments": _payments,
    "crm": _crm,
    "data_platform": _data_platform,
    "operations": _operations,
}
