"""A small site whose figures and names are chosen by the tests: gaps, small samples, an open day,
and names that a page must not take for HTML.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from logmart.pages.site.definitions import Metric, Owner, Scorecard
from logmart.pages.site.figures import Earlier, Figure, Restatements, Series, Target
from logmart.pages.site.render import Site
from logmart.pages.site.sections import (
    Cohort,
    Delivery,
    Funnel,
    Retained,
    Sections,
    Step,
    Uplift,
)

FIRST = dt.date(2026, 1, 5)
COUNTS = ("check", "passed", "warned", "failed", "error", "skipped")
HOSTILE = "<script>alert('1')</script> \"quoted\" \u202eright-to-left & more"


def metric(name: str = "orders", **changes: object) -> Metric:
    """Return a metric of counts, with some attributes changed."""
    given = {
        "name": name,
        "label": "Orders",
        "label_ko": "주문",
        "description": "Orders of the date.",
        "unit": "orders",
        "group": "growth",
        "owner": Owner("Growth analytics", "growth@example.com"),
        "up_is": "good",
        "is_headline": True,
        "is_dated_by_receipt": False,
        "caveats": "",
        "file": "models/semantic/_growth__semantic.yml",
        "marts": ("fct_orders",),
    } | changes
    return Metric(**given)  # type: ignore[arg-type]


def figure(
    day: int,
    value: float | None,
    state: str = "final",
    denominator: float | None = None,
) -> Figure:
    """Return the figure of a day after FIRST."""
    numerator = value if denominator is None or value is None else value * denominator
    arrived = {"final": 1.0, "settling": 0.9996}.get(state)
    date = FIRST + dt.timedelta(day)
    return Figure(date, value, numerator, denominator, state, arrived, date)


def series(
    figures: Sequence[Figure], name: str = "orders", dimension: str = "all", value: str = "all"
) -> Series:
    """Return a series of figures."""
    return Series(name, dimension, value, tuple(figures))


def days(values: Sequence[float], settling: int = 3, is_open: int = 1) -> list[Figure]:
    """Return figures of consecutive days: final ones, then some that settle, then open ones."""
    final = len(values) - settling - is_open
    states = ["final"] * final + ["settling"] * settling + ["open"] * is_open
    return [figure(n, v, s) for n, (v, s) in enumerate(zip(values, states, strict=True))]


def site(card: Scorecard, many: Sequence[Series], **changes: object) -> Site:
    """Return a site of one scorecard with some series."""
    by_metric: dict[str, list[Series]] = {}
    for one in many:
        by_metric.setdefault(one.metric, []).append(one)
    given = {
        "cards": [card],
        "series": by_metric,
        "earlier": {("orders", FIRST + dt.timedelta(7)): {"month": Earlier(96.0, "final")}},
        "targets": {"orders": [Target(FIRST, 100.0, 120.0, 1.2, True)]},
        "summable": frozenset({"orders"}),
        "restatements": {"orders": Restatements(2, dt.datetime(2026, 2, 1, 3))},
        "published": "logmart.duckdb",
        "time_zone": "Asia/Seoul",
        "last_date": dt.date(2026, 3, 2),
    } | changes
    return Site(**given)  # type: ignore[arg-type]


def card(*metrics: Metric, **changes: str) -> Scorecard:
    """Return a scorecard of some metrics."""
    given = {"name": "growth", "label": "Growth", "label_ko": "성장", "description": "Arrivals."}
    return Scorecard(**{**given, **changes}, metrics=metrics)


def sections() -> Sections:
    """Return every section that a scorecard may have, with hostile names."""
    weeks = (Retained(0, 40, 1.0, True), Retained(1, 18, 0.45, True), Retained(2, 3, 0.075, False))
    return Sections(
        cohorts=[Cohort(FIRST, 40, weeks), Cohort(FIRST + dt.timedelta(7), 12, weeks[:2])],
        funnels=[Funnel(HOSTILE, FIRST, FIRST, (Step(1, "started", 9, 9), Step(2, HOSTILE, 4, 9)))],
        reconciliation=[("matched", 10, 0), (HOSTILE, 1, 12_345)],
        uplifts=[
            Uplift(HOSTILE, "push", 500, 24, 0.05, 0.04, 0.01, -0.02, 0.04),
            Uplift("새 캠페인", "push", 500, 240, 0.05, 0.01, 0.04, 0.02, 0.06),
        ],
        findings=[
            {
                "finding": "version_silent",
                "severity": "critical",
                "source": "app",
                "event_name": HOSTILE,
                "property": None,
                "platform": "ios",
                "app_version": "5.7.0",
                "started_date": FIRST,
                "observed_count": 0,
                "compared_count": 375.21,
            }
        ],
        has_findings=True,
        anomalies=[
            {
                "metric": "orders",
                "finding": "metric_low",
                "severity": "critical",
                "started_date": FIRST,
                "observed_value": 3.0,
                "compared_value": 120.5,
            }
        ],
        deliveries=[
            Delivery("met", "task", "build", "data", "growth", 28, 28, 0.99, None, None, None),
            Delivery(
                *(HOSTILE, "exposure", HOSTILE, "report", HOSTILE, 20, 19, 0.98),
                *(FIRST, "failed_then_fallback", FIRST - dt.timedelta(2)),
            ),
        ],
        incidents=[
            {
                "opened_at": dt.datetime(2026, 1, 5, 18),
                "incident_kind": "check",
                "incident_name": HOSTILE,
                "subject": "orders",
                "owner": "growth",
                "severity": "critical",
                "incident_state": "open",
                "observed": HOSTILE,
                "affected_count": 31,
                "breach_count": 2,
                "fallback_data_date": FIRST,
                "minutes_to_resolve": None,
            }
        ],
        stages=[
            {
                "stage": "raw",
                "platform": "great_expectations",
                "run_date": FIRST,
                **dict.fromkeys((f"{name}_count" for name in COUNTS), 7),
                "last_checked_at": dt.datetime(2026, 1, 5, 18),
            }
        ],
        decisions=[
            {
                "stage": "raw",
                "action": "quarantine",
                "policy_id": HOSTILE,
                "severity": "critical",
                "decision_count": 2,
                "check_name": HOSTILE,
                "subject": HOSTILE,
                "last_checked_at": dt.datetime(2026, 1, 5, 18),
            }
        ],
        quarantined=[
            {
                "landing_file": f"app/dt=2026-01-05/{HOSTILE}",
                "policy_id": "raw_truncated_file",
                "reason": HOSTILE,
                "quarantined_at": dt.datetime(2026, 1, 5, 18),
            }
        ],
        migrated=[
            {
                "source_table": HOSTILE,
                "target_table": HOSTILE,
                "migration_status": "differing",
                "status_since_at": dt.datetime(2026, 1, 5, 18),
                "source_row_count": 4_000_000,
                "copied_row_count": 4_000_100,
                "deleted_row_count": 7,
                "differing_chunk_count": 1,
                "chunk_count": 80,
                "verified_at": None,
            }
        ],
    )
