"""What a build compared with itself, as checks of the catalog: one a kind of finding and table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from logmart.operations.finding_results import Finding, open_findings
from logmart.quality_results.check import CatalogCheck, catalog_check
from logmart.quality_results.nodes import CheckedNodes

if TYPE_CHECKING:
    import duckdb

# A kind of finding, the kind of its subject, and the subject.
_Watched = tuple[str, str, str]
_COMPARED_DAYS = """
select finding, source, event_name, count(distinct (property, platform, app_version)),
    max(business_date)
from intermediate.{table}
group by all
"""
_COMPARED_METRICS = """
select finding, count(distinct metric), max(metric_date)
from intermediate.int_metric_checks
group by all
"""
_LIVING_SOURCES = "select distinct source from intermediate.int_source_pauses where is_alive"
# Of silent versions only those that were found are listed.
_EVER_FOUND = """
select distinct finding, source, event_name
from marts.ingestion_findings
where severity <> 'info'
"""


def anomaly_checks(
    connection: duckdb.DuckDBPyConnection,
    nodes: CheckedNodes,
    variables: Mapping[str, Any],
    now: datetime,
    tables: Set[str],
) -> Iterator[CatalogCheck]:
    """Yield a check for each kind of finding and each table that it is looked for in.

    In: the variables of the build; `now`, when it was read; `tables`, the names of its tables.
    """
    zone = variables["business_time_zone"]
    found: dict[_Watched, list[Finding]] = {}
    for finding in open_findings(
        connection,
        _run_date(variables.get("ledger_until"), zone),
        time_zone=zone,
        public_names=variables["public_names"],
    ):
        key = (finding.kind, finding.subject_kind, finding.subject)
        found.setdefault(key, []).append(finding)
    compared = {**dict.fromkeys(found, ""), **_compared(connection, tables)}
    for key, extent in sorted(compared.items()):
        kind, subject_kind, subject = key
        if node := nodes.of_subject(subject_kind, subject):
            findings = found.get(key, [])
            first = [f"{len(findings):,} open, one of {findings[0].sentence()}"] if findings else []
            text = "; ".join(filter(None, [*first, extent])) or "nothing found"
            yield catalog_check(node, kind, "failed" if findings else "passed", text, now)


def _compared(connection: duckdb.DuckDBPyConnection, tables: Set[str]) -> dict[_Watched, str]:
    """Return what a build compared: how many series, and up to which day ("" if unknown)."""
    compared: dict[_Watched, str] = {}
    for kind, source, event in connection.execute(_EVER_FOUND).fetchall():
        compared[kind, *_subject(source, event)] = ""
    for (source,) in connection.execute(_LIVING_SOURCES).fetchall():
        compared["stale", "source", source] = ""
    for table in sorted({"int_ingestion_checks", "int_record_checks"} & tables):
        rows = connection.execute(_COMPARED_DAYS.format(table=table)).fetchall()
        for kind, source, event, count, last in rows:
            compared[kind, *_subject(source, event)] = f"{count:,} series up to {last}"
    for kind, count, last in connection.execute(_COMPARED_METRICS).fetchall():
        compared[kind, "model", "metrics_daily"] = f"{count:,} metrics up to {last}"
    return compared


def _subject(source: str, event: str | None) -> tuple[str, str]:
    return ("source", source) if event is None else ("model", f"stg_{source}__{event}")


def _run_date(ledger_until: str | None, time_zone: str) -> date | None:
    """Return the business date of the clock that a build was given, None for no clock."""
    if ledger_until is None:
        return None
    moment = datetime.fromisoformat(str(ledger_until)).replace(tzinfo=UTC)
    return moment.astimezone(ZoneInfo(time_zone)).date()
