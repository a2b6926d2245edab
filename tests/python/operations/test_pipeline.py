from __future__ import annotations

import csv
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from logmart.operations.pipeline import (
    BY_NAME,
    TASKS,
    Attempt,
    Run,
    command,
    fallback_command,
    run_date,
)
from logmart.settings import PROJECT

RUN = Run("r1", date(2026, 3, 1), "nightly")
NOW = datetime(2026, 3, 1, 17, 0, 5, tzinfo=UTC)


def words(task: str, number: int = 1, *, continues: bool = False, **environment: str) -> str:
    line = command(Attempt(RUN, task, number), NOW, environment, continues=continues)
    return " ".join(line).replace(f"{PROJECT}/", "")


def test_each_task_is_a_command_of_the_project() -> None:
    assert words("land_check", 2) == (
        ".venv/bin/python -m logmart operations land-check --date 2026-02-28 --run-id r1"
        " --orchestrator nightly --attempt 2"
    )
    assert words("migrate") == ".venv/bin/python -m logmart migrate run"
    assert words("quality") == (
        ".venv/bin/python -m logmart quality run --run-id r1 --run-date 2026-03-01"
    )
    assert words("build") == (
        ".venv/bin/python -m logmart mart build --ledger-until 2026-03-01 17:00:05"
    )
    assert words("build", 2, continues=True).endswith(" --continue")
    assert words("findings") == (
        ".venv/bin/python -m logmart operations land-findings --run-id r1 --date 2026-03-01"
        " --orchestrator nightly"
    )
    assert words("pages") == ".venv/bin/python -m logmart pages write"
    assert words("catalog_apply") == (
        "ingestion/.venv/bin/logmart-catalog apply --target-path target"
    )
    assert words("catalog_verify", LOGMART_TARGET="t").endswith(" verify --target-path t")
    assert words("messages") == ".venv/bin/python -m logmart messages send --due"


def test_what_reads_logs_or_the_build_takes_the_same_sources() -> None:
    flags = "--sources wikipedia --vars '{now: \"2026-03-01 00:00:00\"}'"
    for task in TASKS:
        line = command(Attempt(RUN, task.name, 1), NOW, {"LOGMART_BUILD_FLAGS": flags})
        given = '{now: "2026-03-01 00:00:00"}' in line and "wikipedia" in line
        assert given == (task.name in ("land_check", "quality", "build", "findings"))


def test_a_task_whose_environment_is_not_installed_is_skipped() -> None:
    task = replace(BY_NAME["quality"], needs_file="no/.venv/.locked")
    assert task.skip_reason({}) == (
        "no/.venv/.locked is not there: run make operations/.venv/.locked"
    )


def test_tasks_without_a_server_or_a_mapping_are_skipped() -> None:
    reasons = {task.name: task.skip_reason({}) for task in TASKS}
    assert {name for name, reason in reasons.items() if reason} == {
        "migrate",
        "catalog_apply",
        "catalog_verify",
        "messages",
    }
    assert reasons["migrate"] == (
        "operations/migration/mapping.yml is not there: run logmart migrate map"
    )
    assert reasons["messages"] == "LOGMART_MESSAGES_STACK is not set"
    assert reasons["catalog_apply"] == "OPENMETADATA_HOST is not set"
    assert BY_NAME["catalog_apply"].skip_reason({"OPENMETADATA_HOST": "http://127.0.0.1"}) == ""


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        # 02:00 in Seoul, and a minute before and after midnight there.
        (datetime(2026, 3, 1, 17, 0, tzinfo=UTC), date(2026, 3, 2)),
        (datetime(2026, 3, 1, 14, 59, tzinfo=UTC), date(2026, 3, 1)),
        (datetime(2026, 3, 1, 15, 1, tzinfo=UTC), date(2026, 3, 2)),
    ],
)
def test_a_run_is_of_the_date_of_its_moment(moment: datetime, expected: date) -> None:
    assert run_date(moment, "Asia/Seoul") == expected
    assert Run("r1", expected, "nightly").data_date == expected - timedelta(days=1)


def test_the_fallback_names_the_run() -> None:
    assert " ".join(fallback_command(RUN)).endswith(
        "operations fallback --run-id r1 --date 2026-03-01 --orchestrator nightly"
    )


def test_what_the_dag_imports_is_in_the_environment_of_airflow() -> None:
    code = (
        "import sys\n"
        "import logmart.operations.task_attempt, logmart.operations.airflow_run\n"
        "print(*sorted({'duckdb', 'click', 'dbt', 'jinja2', 'numpy'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "\n"


def test_the_seed_of_the_tasks_knows_their_order() -> None:
    with (PROJECT / "seeds/pipeline_tasks.csv").open(encoding="utf-8") as file:
        ancestors = {row["task"]: row["ancestors"].split() for row in csv.DictReader(file)}
    names = [task.name for task in TASKS]
    without_parts = {
        task: [name for name in above if "/" not in name]
        for task, above in ancestors.items()
        if "/" not in task
    }
    assert without_parts == {name: names[:number] for number, name in enumerate(names)}
