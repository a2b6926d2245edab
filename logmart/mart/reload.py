"""Reprocesses landed days: `logmart mart reload --from 2026-01-05 --to 2026-01-09`.

Forgets what was loaded from the files of these partitions and builds, which loads them again as
they are now: corrected in place, moved, removed, or read by a changed model. The result is that of
a full refresh; what is published stays as it is until the build has passed.
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
    """Forget a range of partitions, say what is to be loaded again, and build."""
    here = settings()
    if last < first:
        raise CommandError(f"--to {last.date()} is before --from {first.date()}: swap them")
    if not here.database.exists():
        raise CommandError(f"{here.database} is not there: build first with `make build`")
    variables = build.variables
    check_build(here, variables)
    tables = read_model_tables(build.target_path)
    reload = forget(here.database, tables, variables["sources"], first.date(), last.date())
    print(reload.sentence(), flush=True)
    build_mart(build)
    return 0
