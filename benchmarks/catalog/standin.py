"""Runs the stand-in of OpenMetadata's API in a process of its own, and reads its calls and CPU time
between runs.
"""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil  # type: ignore[import-untyped, unused-ignore]

INGESTION = Path(__file__).parents[2] / "ingestion"
TOKEN = "any"
# The kind of entity by the beginning of the route; the first match counts.
_KINDS = (
    ("/dataQuality/testCases/testCaseResults", "test results"),
    ("/dataQuality", "tests"),
    ("/tables", "tables"),
    ("/services/databaseServices", "containers"),
    ("/databases", "containers"),
    ("/databaseSchemas", "containers"),
    ("/lineage", "edges"),
    ("/teams", "owners"),
    ("/users", "owners"),
    ("/classifications", "tags"),
    ("/tags", "tags"),
    ("/services/dashboardServices", "dashboards"),
    ("/dashboards", "dashboards"),
    ("/metrics", "metrics"),
    ("/dataContracts", "contracts"),
    ("/metadata/types", "types"),
    ("/search", "search index"),
    ("/system/version", "server"),
)
KINDS = tuple(dict.fromkeys(kind for _, kind in _KINDS)) + ("other",)


@dataclass(frozen=True)
class Calls:
    """The calls of one run: reads and writes by kind, and calls by route."""

    reads: Counter[str]
    writes: Counter[str]
    routes: Counter[str]

    @property
    def total(self) -> int:
        """All calls."""
        return self.reads.total() + self.writes.total()


class StandIn:
    """A running stand-in."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        """Wait until the process serves. In: the process."""
        assert process.stdout is not None
        self.host = process.stdout.readline().strip()
        self._process = psutil.Process(process.pid)

    def delay(self, milliseconds: float) -> None:
        """Add a delay to every answer from now on."""
        self._call("PUT", "faults", json.dumps({"delay_ms": milliseconds}))

    def forget(self) -> None:
        """Count calls from zero."""
        self._call("DELETE", "calls")

    def calls(self) -> Calls:
        """Return the calls made since `forget`."""
        found = Calls(
            Counter(), Counter(), Counter(json.loads(self._call("GET", "calls"))["by_route"])
        )
        for name, count in found.routes.items():
            method, _, route = name.partition(" ")
            side = found.reads if method == "GET" else found.writes
            side[_kind(route)] += count
        return found

    def seconds(self) -> float:
        """Return the CPU seconds that the process has used since its start."""
        times = self._process.cpu_times()
        return float(times.user + times.system)

    def _call(self, method: str, path: str, body: str | None = None) -> bytes:
        request = urllib.request.Request(
            f"{self.host.removesuffix('/api')}/standin/{path}",
            None if body is None else body.encode(),
            {"Content-Type": "application/json"},
            method=method,
        )
        with urllib.request.urlopen(request) as answer:
            text: bytes = answer.read()
        return text


@contextmanager
def running(state: Path) -> Iterator[StandIn]:
    """Run a stand-in on the state in a folder, which is empty or left by an earlier run.

    It acts as version 2.0, because the stock source publishes no lineage to earlier versions.
    """
    state.mkdir(parents=True, exist_ok=True)
    process = subprocess.Popen(
        [sys.executable, "-m", "openmetadata_standin", "--state", str(state), "--server", "2.0"],
        cwd=INGESTION,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield StandIn(process)
    finally:
        process.terminate()
        process.wait()


def _kind(route: str) -> str:
    return next((kind for start, kind in _KINDS if route.startswith(start)), "other")
