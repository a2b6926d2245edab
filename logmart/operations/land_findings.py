"""Lands the open findings of the last build as check results: `logmart operations land-findings`.

So a finding becomes an incident, and a watch knows it without the build's database. The results of
all checks are written for the catalog, beside dbt's artifacts.
"""

from __future__ import annotations

from datetime import UTC, datetime

import click

from logmart.dbt.manifest import read_manifest
from logmart.mart.build_options import BuildOptions, build_options
from logmart.operations.build_database import reading_build
from logmart.operations.finding_results import finding_records
from logmart.operations.landing import land
from logmart.operations.pipeline import Run
from logmart.operations.quality_results.build import ReadBuild
from logmart.operations.quality_results.nodes import CheckedNodes
from logmart.operations.quality_results.write import write_quality_results
from logmart.policies.build_decisions import by_key, decide_on_findings
from logmart.policies.decisions import refuse_broken
from logmart.policies.kept_decisions import with_decision
from logmart.settings import settings

_HAS_INCIDENTS = """
select count(*) > 0
from information_schema.tables
where table_schema = 'marts' and table_name = 'incidents'
"""


@click.command(help=__doc__)
@click.option("--run-id", required=True, help="The run, as its landed records name it.")
@click.option("--date", "day", type=click.DateTime(["%Y-%m-%d"]), required=True, help="Its date.")
@click.option("--orchestrator", required=True, help="What runs it.")
@build_options
def main(build: BuildOptions, run_id: str, day: datetime, orchestrator: str) -> int:
    """Land a record for each finding, and write the results of all checks.

    Raises TransientError while a build holds the database, and CommandError where it lacks a table
    or its manifest is missing.
    """
    paths, variables, now = settings(), build.variables, datetime.now(UTC)
    run = Run(run_id, day.date(), orchestrator)
    with reading_build(paths.database, "the findings") as connection:
        (is_built,) = connection.execute(_HAS_INCIDENTS).fetchall()[0]
        if not is_built:
            print("the build has no incidents: its findings are not landed", flush=True)
            return 0
        records = finding_records(
            connection,
            run,
            now,
            time_zone=variables["business_time_zone"],
            public_names=variables["public_names"],
        )
        nodes = CheckedNodes(read_manifest(build.target_path / "manifest.json"))
        read = ReadBuild(connection, nodes, variables, now, run.run_date)
        written = write_quality_results(read, build.target_path)
    decisions = decide_on_findings(records)
    records = [with_decision(record, by_key(decisions)) for record in records]
    failed = sum(record["status"] == "failed" for record in records)
    if records:
        name = f"{run_id}-findings"
        land(paths.landing, "check_results", records, writer=orchestrator, name=name, at=now)
    print(f"{failed} findings are open, {len(records) - failed} have ended", flush=True)
    print(written, flush=True)
    refuse_broken(decisions, "the pages stay as they are")
    return 0
