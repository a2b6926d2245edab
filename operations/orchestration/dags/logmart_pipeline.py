"""The pipeline as a DAG: migration, land check, build with publish, pages, catalog, messages.

Each task runs the project's own command in a process of its own: DuckDB has one writer, and this
environment has no dbt. The plugin `landed_task_runs` lands what the tasks did.
"""

from __future__ import annotations

import os
import subprocess
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from airflow.providers.standard.operators.python import PythonOperator
from airflow.sdk import DAG, ExceptionRetryPolicy, RetryAction, RetryRule
from airflow.sdk.exceptions import AirflowSkipException

from logmart.operations.airflow_run import run_of
from logmart.operations.pipeline import BY_NAME, FALLBACK, TASKS, Attempt, fallback_command
from logmart.operations.task_attempt import PermanentFailure, TransientFailure, run_attempt
from logmart.settings import PROJECT, project_variables

TIME_ZONE = ZoneInfo(project_variables()["business_time_zone"])
# What cannot succeed is not tried again.
RETRY_POLICY = ExceptionRetryPolicy(
    rules=[
        RetryRule(TransientFailure, RetryAction.RETRY, reason="the failure may go away by itself"),
        RetryRule(PermanentFailure, RetryAction.FAIL, reason="no attempt can succeed"),
    ]
)


def attempt_task(name: str, ti: Any, dag_run: Any) -> str | None:
    """Run an attempt of a task; return the last complete business date that it delivered."""
    reason = BY_NAME[name].skip_reason(os.environ)
    if reason:
        raise AirflowSkipException(reason)
    data_date = run_attempt(Attempt(run_of(dag_run), name, ti.try_number))
    return data_date.isoformat() if data_date else None


def fall_back(dag_run: Any) -> None:
    """Stamp what readers go on to see."""
    subprocess.run(fallback_command(run_of(dag_run)), cwd=PROJECT, check=True)


with DAG(
    "logmart_pipeline",
    schedule="0 2 * * *",
    # A run for an earlier date would run no task.
    start_date=datetime(2000, 1, 1, tzinfo=TIME_ZONE),
    catchup=False,
    max_active_runs=1,
    is_paused_upon_creation=False,
    doc_md=__doc__,
):
    tasks: list[PythonOperator] = []
    for task in TASKS:
        rule = task.retry.changed_by(os.environ)
        operator = PythonOperator(
            task_id=task.name,
            python_callable=attempt_task,
            op_kwargs={"name": task.name},
            retries=rule.most_attempts - 1,
            retry_delay=timedelta(seconds=rule.first_wait_seconds),
            retry_exponential_backoff=rule.factor if rule.factor > 1 else 0,
            retry_policy=RETRY_POLICY,
            # A task that was skipped does not skip the next one.
            trigger_rule="none_failed",
        )
        if tasks:
            tasks[-1] >> operator
        tasks.append(operator)
    # A later task has no fallback. A failed run then also ends in a task that failed, or that was
    # not run because of it, and Airflow shows the run as failed.
    last = max(number for number, task in enumerate(TASKS) if task.fallback)
    falling_back = PythonOperator(
        task_id=FALLBACK, python_callable=fall_back, trigger_rule="one_failed"
    )
    tasks[: last + 1] >> falling_back
