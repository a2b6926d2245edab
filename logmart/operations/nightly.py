"""Runs the pipeline without Airflow, for cron: `logmart operations nightly`.

The tasks, retries, fallbacks and landed records are those of the DAG. Ends with 1 when a task
failed.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from datetime import UTC, datetime

import click

from logmart.errors import CommandError
from logmart.operations.fallback import fall_back
from logmart.operations.pipeline import TASKS, Attempt, PipelineTask, Run, run_date
from logmart.operations.task_attempt import AttemptError, land_task_run, run_attempt
from logmart.operations.task_records import (
    task_failed,
    task_skipped,
    task_started,
    task_succeeded,
)
from logmart.settings import PROJECT, project_variables, settings


@click.command(help=__doc__)
@click.option(
    "--date",
    "day",
    type=click.DateTime(["%Y-%m-%d"]),
    help="The business date of the run; default: today's. Its data are of the day before.",
)
def main(day: datetime | None) -> int:
    """Run the tasks in order, up to the first that fails. Raises CommandError when one failed."""
    now = datetime.now(UTC)
    today = run_date(now, project_variables()["business_time_zone"])
    due = day.date() if day else today
    if due > today:
        raise CommandError(f"{due} is in the future: the ledger would call it on time already")
    run = Run(f"nightly__{now:%Y-%m-%dT%H:%M:%S.%f}+00:00", due, "nightly")
    failed = run_pipeline(run, time.sleep)
    if failed is None:
        return 0
    paths = settings().within(PROJECT)
    for sentence in fall_back(run, paths, datetime.now(UTC)):
        print(sentence, flush=True)
    raise CommandError(f"the task {failed} failed: the lines above say why")


def run_pipeline(run: Run, wait: Callable[[float], None]) -> str | None:
    """Run the tasks in order; return the one that failed, None when each succeeded or was skipped.

    In: `wait`, which waits for a number of seconds before another attempt.
    """
    for task in TASKS:
        print(f"== {task.name}", flush=True)
        if not _run_task(task, run, wait):
            return task.name
    return None


def _run_task(task: PipelineTask, run: Run, wait: Callable[[float], None]) -> bool:
    """Attempt a task until it succeeds or no retry follows; return whether it succeeded."""
    rule = task.retry.changed_by(os.environ)
    number = 0
    while True:
        number += 1
        attempt = Attempt(run, task.name, number)
        land_task_run(attempt, task_started(attempt, datetime.now(UTC)))
        if reason := task.skip_reason(os.environ):
            print(f"skipped: {reason}", flush=True)
            land_task_run(attempt, task_skipped(attempt, datetime.now(UTC), reason))
            return True
        try:
            data_date = run_attempt(attempt)
        except AttemptError as error:
            record = task_failed(attempt, datetime.now(UTC), error.kind, str(error))
            land_task_run(attempt, record)
            if rule.is_final(number, error.kind):
                return False
            seconds = rule.wait_seconds(number)
            print(f"attempt {number} failed; the next follows in {seconds:g} s", flush=True)
            wait(seconds)
        else:
            land_task_run(attempt, task_succeeded(attempt, datetime.now(UTC), data_date))
            return True
