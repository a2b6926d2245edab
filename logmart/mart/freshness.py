"""Fails when a source has landed nothing for too long: `logmart mart freshness`.

It reads the database that dbt built. The limits are the variables `stale_after_hours` and, for bank
and CRM, `records_stale_after_hours`; files of bank and CRM count once their date has ended. The age
is measured at the build's variable `now`, or else when the last valid event was received.
"""

from __future__ import annotations

from pathlib import Path

import click
import duckdb

from logmart.errors import CommandError
from logmart.settings import settings


@click.command(help=__doc__)
def main() -> int:
    """Print a line for each stale source; return 1 when there is one."""
    stale = stale_sources(settings().database)
    for source, last_received in stale:
        print(f"{source}: nothing received since {last_received:%Y-%m-%d %H:%M} UTC")
    if not stale:
        print("every source is fresh")
    return int(bool(stale))


def stale_sources(database: Path) -> list[tuple[str, object]]:
    """Return the sources that are stale at the end of the build, and when each last received data.

    Raises CommandError when nothing is built.
    """
    if not database.exists():
        raise CommandError(f"{database} is not there: build first with `make build`")
    with duckdb.connect(str(database), read_only=True) as connection:
        return connection.execute(
            "select source, started_at from intermediate.int_stale_sources"
            " where is_ongoing order by source"
        ).fetchall()
