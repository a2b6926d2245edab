"""The results of the raw stage as checks of the catalog: the newest of Great Expectations, and the
files in quarantine.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from logmart.plan.entries import read_plan, read_records
from logmart.plan.grammar import PlannedEvent, PlannedRecord
from logmart.quality.results import PLATFORM
from logmart.quality.suites import suite_of
from logmart.quality_results.check import IN_QUARANTINE, CatalogCheck, catalog_check
from logmart.quality_results.nodes import CheckedNodes

if TYPE_CHECKING:
    import duckdb

_OF_MODELS = """
select subject, check_name, check_status, failure_count, checked_count, message, checked_at
from intermediate.int_check_results
where stage = 'raw' and platform = $platform and subject_kind = 'model'
qualify row_number() over (partition by subject, check_name order by checked_at desc, run_id) = 1
order by subject, check_name
"""
# What holds of a file as a whole, in the last run that checked files of its source.
_OF_FILES = """
with results as (
    select *, split_part(subject, '/', 1) as source
    from intermediate.int_check_results
    where
        stage = 'raw' and platform = $platform and subject_kind = 'file'
        and check_name like '%:files'
),
last_runs as (
    select source, max_by(run_id, checked_at) as run_id, max(checked_at) as checked_at
    from results group by source
),
file_counts as (
    select source, count(distinct subject) as file_count
    from results inner join last_runs using (source, run_id) group by source
)
select
    source,
    check_name,
    count(distinct subject) filter (where check_status = 'failed' and run_id = last_run_id),
    count(distinct subject) filter (where check_status = 'warned' and run_id = last_run_id),
    file_count,
    last_checked_at
from results
inner join (select source, run_id as last_run_id, checked_at as last_checked_at from last_runs)
    using (source)
inner join file_counts using (source)
group by all
order by source, check_name
"""
_QUARANTINED = """
select landing_file, min(quarantined_at) from marts.fct_quarantined_files
where is_quarantined group by landing_file order by landing_file
"""


def raw_checks(
    connection: duckdb.DuckDBPyConnection, nodes: CheckedNodes, project: Path
) -> Iterator[CatalogCheck]:
    """Yield the newest result of each check that the tracking plan still makes, and what the last
    run found of the files of each source, which counts for the table that reads them all.

    In: `project`, the folder of the tracking plan. A message has counts, or the class that raised.
    """
    columns = _planned_columns(project)
    given = {"platform": PLATFORM}
    for model, name, status, failures, count, message, at in connection.execute(
        _OF_MODELS, given
    ).fetchall():
        node = nodes.of_subject("model", model)
        if node is None or (model, name) not in columns:
            continue
        text = message if status == "error" else f"{failures or 0:,} of {count or 0:,}"
        made = catalog_check(node, name, status, text or "", at)
        yield replace(made, platform=PLATFORM, column=columns[model, name])
    for source, name, failed, warned, count, at in connection.execute(_OF_FILES, given).fetchall():
        if node := nodes.of_source(source):
            status = "failed" if failed else "warned" if warned else "passed"
            text = f"{failed + warned:,} of {count:,} files"
            yield replace(catalog_check(node, name, status, text, at), platform=PLATFORM)


def quarantined_files(connection: duckdb.DuckDBPyConnection) -> dict[str, datetime]:
    """Return the files in quarantine, each with the moment (UTC) since when it is there."""
    return dict(connection.execute(_QUARANTINED).fetchall())


def quarantine_checks(
    nodes: CheckedNodes,
    sources: Sequence[str],
    quarantined: Mapping[str, datetime],
    now: datetime,
) -> Iterator[CatalogCheck]:
    """Yield a check for each table that reads landed files: whether one of them is in quarantine.

    In: the sources that are loaded; `quarantined`, since when each file is in quarantine.
    """
    moments: dict[str, list[datetime]] = {}
    for name, moment in quarantined.items():
        if node := nodes.of_file(name):
            moments.setdefault(node.unique_id, []).append(moment)
    for node in nodes.of_landed(sources):
        found = moments.get(node.unique_id, [])
        text = f"{len(found):,} in quarantine"
        if found:
            text += f", the first since {min(found):%Y-%m-%d %H:%M} UTC"
        yield catalog_check(node, IN_QUARANTINE, "failed" if found else "passed", text, now)


def _planned_columns(project: Path) -> dict[tuple[str, str], str]:
    """Return the column that each planned check is about, by model and name of the check."""
    entries: list[PlannedEvent | PlannedRecord] = [*read_plan(project), *read_records(project)]
    suites = [suite_of(entry) for entry in entries]
    return {
        (suite.model, expectation.check): each.column
        for suite in suites
        for each in suite.properties
        for expectation in suite.expectations
        if expectation.check.endswith(f":{suite.entity}.{each.name}")
    }
