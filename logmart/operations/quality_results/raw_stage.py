"""The results of the raw stage as checks of the catalog: the newest of Great Expectations, and the
files in quarantine.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime

from logmart.operations.quality_results.build import ReadBuild
from logmart.operations.quality_results.check import IN_QUARANTINE, CatalogCheck, catalog_check
from logmart.settings import landed_sources

_PLATFORM = "great_expectations"
_OF_MODELS = """
select subject, check_name, check_status, failure_count, checked_count, message, checked_at
from intermediate.int_check_results
where stage = 'raw' and platform = $platform and subject_kind = 'model'
qualify
    row_number() over (partition by subject, check_name order by checked_at desc, run_id) = 1
    and checked_at = max(checked_at) over (partition by subject)
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


def raw_checks(build: ReadBuild) -> Iterator[CatalogCheck]:
    """Yield the newest result of each check of a planned property, and what the last run found of
    the files of each source, which counts for the table that reads them all.

    A run makes all checks of a model: one that its last run did not make is in the plan no more. A
    message has counts, or the class that raised.
    """
    given = {"platform": _PLATFORM}
    rows = build.connection.execute(_OF_MODELS, given).fetchall()
    for model, name, status, failures, count, message, at in rows:
        node = build.nodes.of_subject("model", model)
        # A check is named `<class>:<event or entity>.<property>`.
        column = build.nodes.column_of(model, name.partition(":")[2].partition(".")[2])
        if node is None or not column:
            continue
        text = message if status == "error" else f"{failures or 0:,} of {count or 0:,}"
        made = catalog_check(node, name, status, text or "", at)
        yield replace(made, platform=_PLATFORM, column=column)
    rows = build.connection.execute(_OF_FILES, given).fetchall()
    for source, name, failed, warned, count, at in rows:
        if node := build.nodes.of_source(source):
            status = "failed" if failed else "warned" if warned else "passed"
            text = f"{failed + warned:,} of {count:,} files"
            yield replace(catalog_check(node, name, status, text, at), platform=_PLATFORM)


def quarantined_files(build: ReadBuild) -> dict[str, datetime]:
    """Return the files in quarantine, each with the moment (UTC) since when it is there."""
    return dict(build.connection.execute(_QUARANTINED).fetchall())


def quarantine_checks(
    build: ReadBuild, quarantined: Mapping[str, datetime]
) -> Iterator[CatalogCheck]:
    """Yield a check for each table that reads landed files: whether one of them is in quarantine.

    In: `quarantined`, since when each file is in quarantine.
    """
    nodes, sources = build.nodes, landed_sources(dict(build.variables))
    moments: dict[str, list[datetime]] = {}
    for name, moment in quarantined.items():
        if node := nodes.of_file(name):
            moments.setdefault(node.unique_id, []).append(moment)
    for node in nodes.of_landed(sources):
        found = moments.get(node.unique_id, [])
        text = f"{len(found):,} in quarantine"
        if found:
            text += f", the first since {min(found):%Y-%m-%d %H:%M} UTC"
        yield catalog_check(node, IN_QUARANTINE, "failed" if found else "passed", text, build.now)
