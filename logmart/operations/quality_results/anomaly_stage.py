"""What a build compared with itself, as checks of the catalog: one a kind of finding and table."""

from __future__ import annotations

from collections.abc import Iterator

from logmart.operations.finding_results import Finding, open_findings
from logmart.operations.quality_results.build import ReadBuild
from logmart.operations.quality_results.check import CatalogCheck, catalog_check

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


def anomaly_checks(build: ReadBuild) -> Iterator[CatalogCheck]:
    """Yield a check for each kind of finding and each table that it is looked for in."""
    found: dict[_Watched, list[Finding]] = {}
    for finding in open_findings(
        build.connection,
        build.run_date,
        time_zone=build.variables["business_time_zone"],
        public_names=build.variables["public_names"],
    ):
        key = (finding.kind, finding.subject_kind, finding.subject)
        found.setdefault(key, []).append(finding)
    compared = {**dict.fromkeys(found, ""), **_compared(build)}
    for key, extent in sorted(compared.items()):
        kind, subject_kind, subject = key
        if node := build.nodes.of_subject(subject_kind, subject):
            findings = found.get(key, [])
            first = [f"{len(findings):,} open, one of {findings[0].sentence()}"] if findings else []
            text = "; ".join(filter(None, [*first, extent])) or "nothing found"
            yield catalog_check(node, kind, "failed" if findings else "passed", text, build.now)


def _compared(build: ReadBuild) -> dict[_Watched, str]:
    """Return what a build compared: how many series, and up to which day ("" if unknown)."""
    compared: dict[_Watched, str] = {}
    connection = build.connection
    for kind, source, event in connection.execute(_EVER_FOUND).fetchall():
        compared[kind, *_subject(source, event)] = ""
    for (source,) in connection.execute(_LIVING_SOURCES).fetchall():
        compared["stale", "source", source] = ""
    for table in sorted({"int_ingestion_checks", "int_record_checks"} & build.tables):
        rows = connection.execute(_COMPARED_DAYS.format(table=table)).fetchall()
        for kind, source, event, count, last in rows:
            compared[kind, *_subject(source, event)] = f"{count:,} series up to {last}"
    for kind, count, last in connection.execute(_COMPARED_METRICS).fetchall():
        compared[kind, "model", "metrics_daily"] = f"{count:,} metrics up to {last}"
    return compared


def _subject(source: str, event: str | None) -> tuple[str, str]:
    return ("source", source) if event is None else ("model", f"stg_{source}__{event}")
