"""Airflow's scheduler, a worker that is killed, and a callback that fires twice."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest

from logmart.sample.wikipedia import LANDED_FILE
from logmart.settings import PROJECT
from pipeline_desk import DAY, PipelineDesk, wait_for

pytestmark = pytest.mark.deep

# A state of a socket and an address, as /proc/net/tcp writes them.
LISTENS, LOOPBACK = "0A", "0100007F"
# Calls the listener as Airflow does, twice for the same end.
TWICE = """
import sys
sys.path.insert(0, "operations/orchestration/plugins")
from types import SimpleNamespace
import landed_task_runs as plugin
from datetime import datetime, timezone
from logmart.operations.task_attempt import TransientFailure

class Instance(plugin.RuntimeTaskInstance):
    def get_template_context(self):
        moment = datetime(2026, 3, 1, 17, tzinfo=timezone.utc)
        return {"dag_run": SimpleNamespace(run_id="r1", logical_date=moment, run_after=moment)}

given = {"dag_id": "logmart_pipeline", "task_id": "build", "run_id": "r1", "try_number": 1}
instance = Instance.model_construct(**given)
plugin.on_task_instance_running(None, instance)
for _ in range(2):
    plugin.on_task_instance_failed(None, instance, TransientFailure("the file is in use"))
by_hand = SimpleNamespace(**given)
plugin.on_task_instance_success(None, by_hand)
"""


@pytest.fixture
def desk(tmp_path: Path) -> PipelineDesk:
    desk = PipelineDesk(tmp_path)
    desk.land()
    return desk


def test_a_callback_that_fires_twice_repeats_its_record(desk: PipelineDesk) -> None:
    subprocess.run(
        [PROJECT / "operations/orchestration/.venv/bin/python", "-c", TWICE],
        cwd=PROJECT,
        env={**desk.environment, "PYTHONPATH": str(PROJECT), "AIRFLOW_HOME": str(desk.folder)},
        check=True,
    )
    assert desk.steps("airflow") == [
        ("build", 1, "started"),
        ("build", 1, "failed"),
        ("build", 1, "failed"),
    ]
    first, second = (
        {key: value for key, value in record.items() if key != "occurredAt"}
        for record in desk.records("task_runs")[1:]
    )
    assert first == second
    assert (first["runDate"], first["failureKind"]) == ("2026-03-02", "transient")


def test_airflow_and_the_nightly_command_land_equal_records(desk: PipelineDesk) -> None:
    home = str(desk.folder / "airflow")
    done = desk.logmart("airflow", "test", "--date", DAY, "--home", home)
    assert done.returncode == 0, done.stdout[-5000:]
    done = desk.logmart("operations", "nightly", "--date", DAY)
    assert done.returncode == 0, done.stdout[-5000:]
    landed = desk.of_orchestrator("nightly")
    assert landed == desk.of_orchestrator("airflow")
    states = {(record["task"], record["state"]) for record in landed["task_runs"]}
    assert ("pages", "succeeded") in states
    assert ("catalog_verify", "skipped") in states
    assert ("catalog_verify", "succeeded") not in states
    check_a_failed_build_is_continued_and_published(desk)


def check_a_failed_build_is_continued_and_published(desk: PipelineDesk) -> None:
    """Let the last build have failed at one mart, for a moment, and continue it."""
    path = desk.folder / "target/run_results.json"
    results = json.loads(path.read_bytes())
    mart = next(one for one in results["results"] if one["unique_id"].endswith(".dim_dates"))
    mart["status"], mart["message"] = "error", "IO Error: Could not set lock on file"
    path.write_text(json.dumps(results))
    published = desk.folder / "logmart.duckdb"
    published.unlink()
    done = desk.logmart("mart", "build", "--sources", "wikipedia", "--continue")
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr
    assert published.exists()
    again = json.loads(path.read_bytes())["results"]
    statuses = {one["unique_id"]: one["status"] for one in again}
    assert statuses == {one["unique_id"]: one["status"] for one in results["results"]} | {
        mart["unique_id"]: "success"
    }


def test_the_scheduler_runs_the_pipeline_and_a_killed_worker_lands_no_end(
    desk: PipelineDesk,
) -> None:
    # The scheduler runs the last night that has ended.
    landed = desk.folder / "landing" / LANDED_FILE
    today = desk.folder / f"landing/wikipedia/dt={datetime.now(UTC):%Y-%m-%d}"
    today.mkdir()
    shutil.copyfile(landed, today / landed.name)

    command = [sys.executable, "-m", "logmart", "airflow", "up", "--home"]
    with subprocess.Popen(
        [*command, str(desk.folder / "airflow")],
        cwd=PROJECT,
        env=desk.environment,
        stdout=subprocess.PIPE,
        text=True,
    ) as server:
        try:
            assert server.stdout is not None
            assert server.stdout.readline().startswith("Airflow: http://127.0.0.1:")
            assert {address for _, address in listening(server.pid)} == {LOOPBACK}
            wait_for(lambda: builds(desk), server)
            (build,) = builds(desk)
            os.kill(parent(build), signal.SIGKILL)
            os.kill(build, signal.SIGKILL)
            wait_for(lambda: ("messages", 1, "skipped") in desk.steps("airflow"), server)
            started = [pid for pid, _ in listening(server.pid)]
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait()
    assert not [pid for pid in started if Path(f"/proc/{pid}").exists()]
    assert [step for step in desk.steps("airflow") if step[0] == "build"] == [
        ("build", 1, "started"),
        ("build", 2, "started"),
        ("build", 2, "succeeded"),
    ]


def builds(desk: PipelineDesk) -> list[int]:
    """Return the processes that build in the desk's database."""
    mine = f"LOGMART_DATABASE={desk.environment['LOGMART_DATABASE']}".encode()
    return [
        pid
        for pid in processes()
        if b"mart\0build" in of(pid, "cmdline") and mine in of(pid, "environ").split(b"\0")
    ]


def listening(above: int) -> list[tuple[int, str]]:
    """Return the processes below one that listen on TCP, and the addresses."""
    below = {above}
    for pid in processes():
        if parent(pid) in below:
            below.add(pid)
    sockets = {}
    for kind in ("tcp", "tcp6"):
        for line in Path(f"/proc/net/{kind}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == LISTENS:
                sockets[f"socket:[{fields[9]}]"] = fields[1].partition(":")[0]
    return [(pid, sockets[link]) for pid in below for link in open_files(pid) if link in sockets]


def open_files(pid: int) -> list[str]:
    """Return what the files of a process link to."""
    found = []
    with suppress(OSError):
        for path in Path(f"/proc/{pid}/fd").iterdir():
            with suppress(OSError):
                found.append(str(path.readlink()))
    return found


def processes() -> Iterator[int]:
    """Yield the processes of this machine, the older ones first."""
    yield from sorted(int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit())


def of(pid: int, file: str) -> bytes:
    """Return a file of a process; nothing when it has ended."""
    try:
        return Path(f"/proc/{pid}/{file}").read_bytes()
    except OSError:
        return b""


def parent(pid: int) -> int:
    """Return the parent of a process; 0 when it has ended."""
    status = of(pid, "stat").rpartition(b") ")[2].split()
    return int(status[1]) if status else 0
