"""Fails while a source has not landed the files of a date: `logmart operations land-check`.

A source of events lands every day: it has landed when it has a file in the partition of the date,
or in a later one. Records of a system that does not land every day have landed while the end of
their last partition is at most `records_stale_after_hours` before the end of the date.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import click

from logmart.errors import TransientError
from logmart.landed.file_names import landed_date, landed_files
from logmart.mart.build_options import BuildOptions, build_options
from logmart.operations.landing import land
from logmart.operations.pipeline import ORCHESTRATORS, Attempt, Run
from logmart.operations.task_records import Record, task_failed, task_succeeded
from logmart.settings import record_sources, settings


@dataclass(frozen=True)
class Arrival:
    """A source, the date of its last partition that holds a file, and the earliest such date with
    which it has landed.
    """

    source: str
    last_date: date | None
    due_date: date

    @property
    def has_landed(self) -> bool:
        """Whether the files of the date have landed."""
        return self.last_date is not None and self.last_date >= self.due_date

    def sentence(self) -> str:
        """Return the arrival as a line to print."""
        last = f"landed up to {self.last_date}" if self.last_date else "nothing landed"
        return f"{self.source}: {last}" + ("" if self.has_landed else f", due {self.due_date}")


@click.command(help=__doc__)
@click.option(
    "--date",
    "day",
    type=click.DateTime(["%Y-%m-%d"]),
    required=True,
    help="The UTC date whose files must have landed.",
)
@click.option("--run-id", help="Land a record for each source, of this run.")
@click.option(
    "--orchestrator",
    type=click.Choice(ORCHESTRATORS),
    default="manual",
    help="What runs it, for the records.",
)
@click.option(
    "--attempt",
    type=click.IntRange(min=1),
    default=1,
    help="Number of the attempt, for the records.",
)
@build_options
def main(
    build: BuildOptions, day: datetime, run_id: str | None, orchestrator: str, attempt: int
) -> int:
    """Print a line for each source. Raises TransientError when a source has not landed."""
    landing = settings().landing
    found = list(arrivals(landing, build.variables, day.date()))
    for arrival in found:
        print(arrival.sentence(), flush=True)
    if run_id:
        run, now = Run(run_id, _next(day.date()), orchestrator), datetime.now(UTC)
        records = [_record(arrival, run, attempt, now) for arrival in found]
        name = Attempt(run, "land_check/sources", attempt).name
        land(landing, "task_runs", records, writer=orchestrator, name=name, at=now)
    missing = [arrival.sentence() for arrival in found if not arrival.has_landed]
    if missing:
        raise TransientError("; ".join(missing))
    return 0


def arrivals(landing: Path, variables: dict[str, Any], day: date) -> Iterator[Arrival]:
    """Yield the arrival of each source of a build with these variables, for a UTC date."""
    for source in variables["sources"]:
        yield Arrival(source, _last_date(landing / source), day)
    for source in record_sources(variables):
        hours = variables["records_stale_after_hours"].get(source, variables["stale_after_hours"])
        due = (datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(hours=hours)).date()
        # The end of a partition counts: one that ended in the middle of the due date is too old.
        is_within = hours % 24 == 0
        yield Arrival(source, _last_date(landing / source), due if is_within else _next(due))


def _next(day: date) -> date:
    return day + timedelta(days=1)


def _last_date(folder: Path) -> date | None:
    dates = (landed_date(path, folder) for path in landed_files(folder))
    return max((found for found in dates if found), default=None)


def _record(arrival: Arrival, run: Run, number: int, now: datetime) -> Record:
    attempt = Attempt(run, f"land_check/{arrival.source}", number)
    if arrival.has_landed:
        return task_succeeded(attempt, now, arrival.last_date)
    return task_failed(attempt, now, "transient", arrival.sentence())
