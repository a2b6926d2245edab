"""Writes the newest results of all checks of the last build for the catalog: `logmart quality
results`.

They are in `quality_results.json` beside dbt's artifacts. The pipeline's task `findings` writes the
file, too.
"""

from __future__ import annotations

from datetime import UTC, datetime

import click

from logmart.dbt.manifest import read_manifest
from logmart.errors import CommandError
from logmart.mart.build_options import BuildOptions, build_options
from logmart.operations.build_database import reading_build
from logmart.operations.quality_results.build import ReadBuild
from logmart.operations.quality_results.nodes import CheckedNodes
from logmart.operations.quality_results.write import write_quality_results
from logmart.settings import settings


@click.command(help=__doc__)
@build_options
def main(build: BuildOptions) -> int:
    """Write the file.

    Raises TransientError while a build holds the database, and CommandError where it or the
    manifest is missing.
    """
    database = settings().database
    nodes = CheckedNodes(read_manifest(build.target_path / "manifest.json"))
    if not database.exists():
        raise CommandError(f"{database} is not there: build first with `make build`")
    with reading_build(database, "the results") as connection:
        read = ReadBuild(connection, nodes, build.variables, datetime.now(UTC))
        print(write_quality_results(read, build.target_path), flush=True)
    return 0
