"""Serves Airflow on loopback and runs the pipeline by its schedule: `logmart airflow up`.

It ends on an interrupt, with every process that it started.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import click

from logmart.errors import CommandError
from logmart.orchestration.airflow_environment import (
    AIRFLOW,
    PASSWORDS,
    airflow_environment,
    prepare,
)

SECONDS_TO_START = 180
SECONDS_TO_STOP = 20
# The components of `airflow standalone` that the DAG needs, none of which listens but the API.
COMPONENTS = (
    ("api-server",),
    ("scheduler", "--skip-serve-logs"),
    ("dag-processor",),
)


@click.command(help=__doc__)
@click.option("--port", default=0, help="Port of loopback; default: a free one.")
@click.option(
    "--home",
    type=click.Path(path_type=Path, file_okay=False, resolve_path=True),
    default="data/airflow",
    show_default=True,
    help="Folder of Airflow's database and logs.",
)
def main(port: int, home: Path) -> int:
    """Serve until an interrupt. Raises CommandError when a component does not start or ends."""
    chosen = free_port(port)
    environment = airflow_environment(home, chosen)
    prepare(home, environment)
    with components(home, environment) as processes:
        wait_until_ready(processes, chosen, home)
        print(
            f"Airflow: http://127.0.0.1:{chosen}  user admin, password {password(home)}  Ctrl-C"
            " stops it",
            flush=True,
        )
        while not (ended := _ended(processes)):
            time.sleep(0.5)
    raise CommandError(f"Airflow's {ended} ended: {home / ended}.log says why")


@contextmanager
def components(
    home: Path, environment: Mapping[str, str]
) -> Iterator[dict[str, subprocess.Popen[bytes]]]:
    """Start the components, each with a log in `home`; end them and their children afterwards."""
    processes: dict[str, subprocess.Popen[bytes]] = {}
    stopping = signal.signal(signal.SIGTERM, _interrupt)
    try:
        for words in COMPONENTS:
            with (home / f"{words[0]}.log").open("wb") as log:
                processes[words[0]] = subprocess.Popen(
                    [str(AIRFLOW), *words],
                    env=environment,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    # A group of its own is ended with all that the component started.
                    start_new_session=True,
                )
        yield processes
    finally:
        for process in processes.values():
            _signal(process, signal.SIGTERM)
        deadline = time.monotonic() + SECONDS_TO_STOP
        for process in processes.values():
            with suppress(subprocess.TimeoutExpired):
                process.wait(max(0.1, deadline - time.monotonic()))
            _signal(process, signal.SIGKILL)
            process.wait()
        signal.signal(signal.SIGTERM, stopping)


def wait_until_ready(
    processes: Mapping[str, subprocess.Popen[bytes]], port: int, home: Path
) -> None:
    """Wait until the API, the scheduler and the DAG processor are healthy. Raises CommandError."""
    deadline = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < deadline:
        if ended := _ended(processes):
            raise CommandError(f"Airflow's {ended} did not start: {home / ended}.log says why")
        if _is_healthy(port):
            return
        time.sleep(0.5)
    raise CommandError(f"Airflow did not start in {SECONDS_TO_START} s: the logs in {home} say why")


def password(home: Path) -> str:
    """Return the password that Airflow made for its user `admin`."""
    made: dict[str, str] = json.loads((home / PASSWORDS).read_text(encoding="utf-8"))
    return made["admin"]


def free_port(port: int) -> int:
    """Return a port of loopback, a free one for 0. Raises CommandError when it is taken."""
    with socket.socket() as tried:
        tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            tried.bind(("127.0.0.1", port))
        except OSError as error:
            raise CommandError(f"port {port} of loopback is taken: name another") from error
        found: int = tried.getsockname()[1]
        return found


def _is_healthy(port: int) -> bool:
    url = f"http://127.0.0.1:{port}/api/v2/monitor/health"
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            health = json.load(answer)
    except (OSError, ValueError):
        return False
    parts = ("metadatabase", "scheduler", "dag_processor")
    return all((health.get(part) or {}).get("status") == "healthy" for part in parts)


def _ended(processes: Mapping[str, subprocess.Popen[bytes]]) -> str:
    return next((name for name, one in processes.items() if one.poll() is not None), "")


def _signal(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, number)


def _interrupt(number: int, frame: object) -> None:
    raise KeyboardInterrupt
