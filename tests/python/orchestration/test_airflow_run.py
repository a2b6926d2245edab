"""The pipeline through Airflow, for real: `airflow dags test` on 5,000 events."""

from __future__ import annotations

import subprocess
import threading

import pytest

from pipeline_desk import DAY, PipelineDesk, wait_for


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> PipelineDesk:
    # The deep tests build and test everything.
    desk = PipelineDesk(tmp_path_factory.mktemp("pipeline"), is_quick=True)
    desk.land()
    return desk


def airflow_test(desk: PipelineDesk, **environment: str) -> subprocess.CompletedProcess[str]:
    home = str(desk.folder / "airflow")
    return desk.logmart("airflow", "test", "--date", DAY, "--home", home, **environment)


def test_a_transient_failure_is_retried_and_the_run_lands_its_records(desk: PipelineDesk) -> None:
    def quality_has_failed() -> bool:
        return ("quality", 1, "failed") in desk.steps("airflow")

    with desk.catalog() as catalog, desk.held_database() as release:

        def release_after_failure() -> None:
            wait_for(quality_has_failed, seconds=120)
            release()

        releasing = threading.Thread(target=release_after_failure)
        releasing.start()
        done = airflow_test(desk, **catalog)
        releasing.join()
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-2000:]
    assert desk.steps("airflow") == [
        ("migrate", 1, "started"),
        ("migrate", 1, "skipped"),
        ("land_check", 1, "started"),
        ("land_check/wikipedia", 1, "succeeded"),
        ("land_check", 1, "succeeded"),
        ("quality", 1, "started"),
        ("quality", 1, "failed"),
        ("quality", 2, "started"),
        ("quality", 2, "succeeded"),
        *(
            (task, 1, state)
            for task in ("build", "findings", "pages", "catalog_apply", "catalog_verify")
            for state in ("started", "succeeded")
        ),
        ("messages", 1, "started"),
        ("messages", 1, "skipped"),
    ]
    records = desk.records("task_runs")
    failed = next(record for record in records if record["state"] == "failed")
    assert (failed["failureKind"], failed["isFinal"]) == ("transient", False)
    assert "cannot be read" in failed["failure"]
    dated = {one["task"]: one["dataDate"] for one in records if "dataDate" in one}
    assert set(dated) == {"land_check/wikipedia", "build", "pages"}
    assert {record["runDate"] for record in records} == {DAY}
    (retry,) = desk.records("actions")
    assert (retry["action"], retry["task"], retry["outcome"]) == ("retry", "quality", "succeeded")
    results = desk.records("check_results")
    assert {"metrics_daily", "fct_events"} <= {record["subject"] for record in results}
    assert {record["status"] for record in results} == {"passed"}


def test_a_permanent_failure_is_not_retried_and_readers_keep_the_last_marts(
    desk: PipelineDesk,
) -> None:
    published = desk.folder / "logmart.duckdb"
    before = published.read_bytes()
    for one in list((desk.folder / "landing/operations").rglob("*.jsonl")):
        one.unlink()
    assert airflow_test(desk, LOGMART_ID_KEY="short").returncode == 1
    assert published.read_bytes() == before
    assert desk.steps("airflow")[-2:] == [("build", 1, "started"), ("build", 1, "failed")]
    failed = desk.records("task_runs")[-1]
    assert (failed["failureKind"], failed["isFinal"]) == ("permanent", True)
    actions = desk.records("actions")
    assert [(one["action"], one["task"]) for one in actions] == [
        ("fallback", "build"),
        ("fallback", "pages"),
    ]
    assert all(one["dataDate"] for one in actions)
    page = (desk.folder / "pages/index.html").read_text(encoding="utf-8")
    assert "the task build failed" in page


def test_the_nightly_command_lands_what_airflow_lands(desk: PipelineDesk) -> None:
    done = desk.logmart("operations", "nightly", "--date", DAY, LOGMART_ID_KEY="short")
    assert done.returncode == 1
    assert done.stderr == "logmart: the task build failed: the lines above say why\n"
    landed = desk.of_orchestrator("airflow")
    assert landed["task_runs"]
    assert landed == desk.of_orchestrator("nightly")
