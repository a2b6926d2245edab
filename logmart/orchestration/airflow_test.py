"""Runs the pipeline once through Airflow, without a scheduler: `logmart airflow test`."""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from logmart.orchestration.airflow_environment import (
    AIRFLOW,
    DAG_ID,
    airflow_environment,
    prepare,
)
from logmart.settings import project_variables


@click.command(help=__doc__)
@click.option(
    "--date",
    "day",
    type=click.DateTime(["%Y-%m-%d"]),
    help="The business date of the run; default: today's.",
)
@click.option(
    "--home",
    type=click.Path(path_type=Path, file_okay=False, resolve_path=True),
    default="data/airflow",
    show_default=True,
    help="Folder of Airflow's database and logs.",
)
def main(day: datetime | None, home: Path) -> int:
    """Run the DAG in place of this process, which ends with 1 when a task failed."""
    # No API server is started: tasks run in this process.
    environment = airflow_environment(home, port=0)
    prepare(home, environment)
    zone = ZoneInfo(project_variables()["business_time_zone"])
    moment = (day.replace(tzinfo=zone) if day else datetime.now(zone)).astimezone(UTC)
    words = [str(AIRFLOW), "dags", "test", DAG_ID, moment.isoformat()]
    sys.stdout.flush()
    os.execve(AIRFLOW, words, environment)
