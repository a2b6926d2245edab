"""The environment that Airflow runs in: SQLite below data/airflow, loopback only, no telemetry."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from logmart.errors import CommandError
from logmart.settings import PROJECT

FOLDER = PROJECT / "operations/orchestration"
AIRFLOW = FOLDER / ".venv/bin/airflow"
DAG_ID = "logmart_pipeline"
PASSWORDS = "passwords.json"


def airflow_environment(home: Path, port: int) -> dict[str, str]:
    """Return the variables of Airflow's processes.

    In: the folder of its database and logs, and the port that its API takes.
    """
    address = f"http://127.0.0.1:{port}"
    return {
        **os.environ,
        # Airflow's environment has none of the project's packages: the DAG takes them from here.
        "PYTHONPATH": str(PROJECT),
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home}/airflow.db",
        "AIRFLOW__CORE__DAGS_FOLDER": str(FOLDER / "dags"),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(FOLDER / "plugins"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        "AIRFLOW__CORE__PARALLELISM": "2",
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{address}/execution/",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(home / PASSWORDS),
        "AIRFLOW__API__HOST": "127.0.0.1",
        "AIRFLOW__API__PORT": str(port),
        "AIRFLOW__API__WORKERS": "1",
        "AIRFLOW__API__BASE_URL": address,
        # The API answers its first call late on a busy machine; a task would fail before it begins.
        "AIRFLOW__WORKERS__EXECUTION_API_TIMEOUT": "60",
        "AIRFLOW__LOGGING__BASE_LOG_FOLDER": str(home / "logs"),
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
        "SCARF_ANALYTICS": "false",
    }


def prepare(home: Path, environment: dict[str, str]) -> None:
    """Make Airflow's database, or bring it to this version. Raises CommandError."""
    if not AIRFLOW.exists():
        raise CommandError(
            f"{AIRFLOW} is not there: install it with `make operations/orchestration/.venv/.locked`"
        )
    home.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(
        [AIRFLOW, "db", "migrate"], env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        (home / "migrate.log").write_text(done.stdout + done.stderr, encoding="utf-8")
        raise CommandError(f"Airflow's database cannot be made: {home / 'migrate.log'} says why")
