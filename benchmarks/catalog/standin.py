"""The stand-in of OpenMetadata's API as the benchmark runs it: a process of its own, whose calls
and processor time are read between runs.
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
# The kind of entity a route is about, by how it begins; the first that fits.
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
    """The calls of one run: how many reads and writes of each kind, and how many of each route."""

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
        """In: the process. Waits until it serves."""
        assert process.stdout is not None
        self.host = process.stdout.readline().strip()
        self._process = psutil.Process(process.pid)

    def delay(self, milliseconds: float) -> None:
        """Add so much to every answer from now on."""
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
        """Return the seconds of processor time it has used since its start."""
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
    """Run a stand-in on the state of a folder, a new one or what an earlier one left.

    It is 2.0: on a server of an earlier series the stock source draws no lineage.
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
