"""Names a run of Airflow's DAG as the records of operations name it."""

from __future__ import annotations

from typing import Any

from logmart.operations.pipeline import Run, run_date
from logmart.settings import project_variables


def run_of(dag_run: Any) -> Run:
    """Return the run of a DAG run, whose moment is the one that it was scheduled for."""
    moment = dag_run.logical_date or dag_run.run_after
    return Run(
        dag_run.run_id, run_date(moment, project_variables()["business_time_zone"]), "airflow"
    )
