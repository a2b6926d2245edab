"""A listener that lands a record when a task of the pipeline starts and when it ends.

It does not hear of a worker that was killed: such an attempt has a start and no end. A state that
somebody sets by hand in Airflow lands nothing, because no task ran.
"""

from __future__ import annotations

import os
import sys
from datetime import UTC, date, datetime
from typing import Any

from airflow.listeners import hookimpl
from airflow.plugins_manager import AirflowPlugin
from airflow.sdk.execution_time.task_runner import RuntimeTaskInstance

from logmart.operations.airflow_run import run_of
from logmart.operations.pipeline import BY_NAME, Attempt
from logmart.operations.task_attempt import AttemptError, land_task_run
from logmart.operations.task_records import (
    task_failed,
    task_skipped,
    task_started,
    task_succeeded,
)

DAG_ID = "logmart_pipeline"


def attempt_of(task_instance: Any) -> Attempt | None:
    """Return the attempt of a task of the pipeline that runs here; None for anything else."""
    if not isinstance(task_instance, RuntimeTaskInstance) or task_instance.dag_id != DAG_ID:
        return None
    if task_instance.task_id not in BY_NAME:
        return None
    dag_run = task_instance.get_template_context()["dag_run"]
    return Attempt(run_of(dag_run), task_instance.task_id, task_instance.try_number)


@hookimpl  # type: ignore[untyped-decorator]
def on_task_instance_running(previous_state: Any, task_instance: Any) -> None:
    """Land the start of an attempt."""
    if attempt := attempt_of(task_instance):
        land_task_run(attempt, task_started(attempt, datetime.now(UTC)))


@hookimpl  # type: ignore[untyped-decorator]
def on_task_instance_success(previous_state: Any, task_instance: Any) -> None:
    """Land a success, with the date of the data that the task returned."""
    if attempt := attempt_of(task_instance):
        returned = task_instance.xcom_pull(task_ids=task_instance.task_id)
        data_date = date.fromisoformat(returned) if returned else None
        land_task_run(attempt, task_succeeded(attempt, datetime.now(UTC), data_date))


@hookimpl  # type: ignore[untyped-decorator]
def on_task_instance_failed(previous_state: Any, task_instance: Any, error: Any) -> None:
    """Land a failure: also one of Airflow itself, which is permanent."""
    if attempt := attempt_of(task_instance):
        kind = error.kind if isinstance(error, AttemptError) else "permanent"
        land_task_run(attempt, task_failed(attempt, datetime.now(UTC), kind, str(error)))


@hookimpl  # type: ignore[untyped-decorator]
def on_task_instance_skipped(previous_state: Any, task_instance: Any) -> None:
    """Land a task that was not run."""
    if attempt := attempt_of(task_instance):
        reason = BY_NAME[attempt.task].skip_reason(os.environ)
        land_task_run(attempt, task_skipped(attempt, datetime.now(UTC), reason))


class LandedTaskRuns(AirflowPlugin):  # type: ignore[misc]
    """The plugin, by which Airflow finds the listener."""

    name = "landed_task_runs"
    listeners = [sys.modules[__name__]]  # noqa: RUF012
