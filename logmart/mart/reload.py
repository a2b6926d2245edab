"""Reprocesses landed days: `logmart mart reload --from 2026-01-05 --to 2026-01-09`.

Deletes the rows that were loaded from the files of these partitions, and builds. The build loads
the files as they are now: after a correction in place, a move, a removal, or a change of the models
that read them. The result equals a full refresh. The published file does not change until the build
has passed.
"""

from __future__ import annotations

from datetime import datetime

import click

from logmart.dbt.artifacts import read_model_tables
from logmart.errors import CommandError
from logmart.mart.build import build_mart
from logmart.mart.build_options import BuildOptions, build_options
from logmart.mart.loaded_files import forget
from logmart.mart.preflight import check_build
from logmart.settings import settings


@click.command(help=__doc__)
@click.option("--from", "first", type=click.DateTime(["%Y-%m-%d"]), required=True)
@click.option("--to", "last", type=click.DateTime(["%Y-%m-%d"]), required=True)
@build_options
def main(build: BuildOptions, first: datetime, last: datetime) -> int:
    """Delete the rows of a range of partitions, print what will be loaded again, and build."""
    paths = settings()
    if last < first:
        raise CommandError(f"--to {last.date()} is before --from {first.date()}: swap them")
    if not paths.database.exists():
        raise CommandError(f"{paths.database} is not there: build first with `make build`")
    variables = build.variables
    check_build(paths, variables)
    tables = read_model_tables(build.target_path)
    reload = forget(paths.database, tables, variables["sources"], first.date(), last.date())
    print(reload.sentence(), flush=True)
    build_mart(build)
    return 0
