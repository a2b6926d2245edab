"""Runs the two compared tools as people do: one command in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml  # type: ignore[import-untyped, unused-ignore]

from benchmarks.catalog.artifacts import ARTIFACTS
from benchmarks.catalog.standin import INGESTION, TOKEN, Calls, StandIn

SERVICE = "bench"
_SOURCE = "openmetadata_standin.stock.StructureSource"


class ToolError(Exception):
    """A command failed; the message has the command, its exit and the end of its output."""


@dataclass(frozen=True)
class Spent:
    """The cost of a process: wall-clock and CPU seconds, peak memory in MiB; and whether it ended
    by itself.
    """

    wall: float
    cpu: float
    peak_mib: float
    ended: bool = True


@dataclass(frozen=True)
class Run:
    """One run of a tool: its cost, the server's CPU seconds meanwhile, and the calls."""

    spent: Spent
    server: float
    calls: Calls


Tool = Callable[[StandIn, Path, float], Run]


def ours(server: StandIn, target: Path, cap: float) -> Run:
    """Run `logmart_catalog apply` on artifacts; stop it after `cap` seconds."""
    command = [sys.executable, "-m", "logmart_catalog", "apply"]
    command += ["--target-path", str(target), "--service", SERVICE]
    given = {"OPENMETADATA_HOST": server.host, "OPENMETADATA_JWT_TOKEN": TOKEN}
    return _measured(server, command, cap, target / "ours.log", given)


def stock(server: StandIn, target: Path, cap: float) -> Run:
    """Run the official workflow's dbt source on artifacts whose tables exist. In: as for `ours`."""
    return _ingest(server, target, "stock", _dbt(target), cap)


def stock_structure(server: StandIn, target: Path) -> Run:
    """Run the official workflow to make the tables, as a connector to the warehouse would."""
    return _ingest(server, target, "structure", _structure(target), float("inf"))


def offline(target: Path) -> Spent:
    """Run `logmart_catalog plan --offline` in a cold process."""
    command = [sys.executable, "-m", "logmart_catalog", "plan", "--offline"]
    return spent([*command, "--target-path", str(target)], 600, target / "offline.log", {})


def spent(command: list[str], cap: float, log: Path, given: Mapping[str, str]) -> Spent:
    """Run a command with its output in a log. In: `given`, variables added to the environment.

    Raises ToolError when it fails.
    """
    environment = {**os.environ, "PYTHONPATH": str(INGESTION), **given}
    started = time.perf_counter()
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, env=environment)
        stopped = threading.Event()

        def stop() -> None:
            stopped.set()
            process.kill()

        clock = threading.Timer(min(cap, threading.TIMEOUT_MAX), stop)
        clock.start()
        try:
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        finally:
            clock.cancel()
            process.kill()  # In case the wait was interrupted; harmless after the process ended.
    wall = time.perf_counter() - started
    if process.returncode and not stopped.is_set():
        log_text = log.read_text(encoding="utf-8", errors="replace")[-2000:]
        raise ToolError(f"{' '.join(command)} ended with {process.returncode}: {log_text}")
    scale = 2**20 if sys.platform == "darwin" else 2**10
    cpu = usage.ru_utime + usage.ru_stime
    return Spent(wall, cpu, usage.ru_maxrss / scale, not stopped.is_set())


def _measured(
    server: StandIn, command: list[str], cap: float, log: Path, given: Mapping[str, str]
) -> Run:
    server.forget()
    before = server.seconds()
    took = spent(command, cap, log, given)
    return Run(took, server.seconds() - before, server.calls())


def _ingest(
    server: StandIn, target: Path, name: str, source: Mapping[str, object], cap: float
) -> Run:
    config = {
        "source": source,
        "sink": {"type": "metadata-rest", "config": {}},
        "workflowConfig": {
            "loggerLevel": "WARN",
            "openMetadataServerConfig": {
                "hostPort": server.host,
                "authProvider": "openmetadata",
                "securityConfig": {"jwtToken": TOKEN},
            },
        },
    }
    path = target / f"{name}.yaml"
    path.write_text(yaml.safe_dump(config), encoding="utf-8")
    command = [str(Path(sys.executable).with_name("metadata")), "ingest", "-c", str(path)]
    return _measured(server, command, cap, target / f"{name}.log", {})


def _structure(target: Path) -> Mapping[str, object]:
    config = {
        "type": "CustomDatabase",
        "sourcePythonClass": _SOURCE,
        "connectionOptions": {"catalogFile": str(target / "catalog.json")},
    }
    return {
        "type": "customDatabase",
        "serviceName": SERVICE,
        "serviceConnection": {"config": config},
        "sourceConfig": {"config": {"type": "DatabaseMetadata"}},
    }


def _dbt(target: Path) -> Mapping[str, object]:
    manifest, catalog, results = (str(target / name) for name in ARTIFACTS)
    options = {
        "type": "DBT",
        "dbtConfigSource": {
            "dbtConfigType": "local",
            "dbtManifestFilePath": manifest,
            "dbtCatalogFilePath": catalog,
            "dbtRunResultsFilePath": results,
        },
        "dbtUpdateDescriptions": True,
        "dbtUpdateOwners": True,
        "includeTags": True,
        "includeMetrics": True,
    }
    return {"type": "dbt", "serviceName": SERVICE, "sourceConfig": {"config": options}}
