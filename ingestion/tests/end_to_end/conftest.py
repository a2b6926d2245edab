"""The server that the end-to-end tests run on: one that is named, or a stand-in of its API.

A server named by OPENMETADATA_HOST and OPENMETADATA_JWT_TOKEN is used only where
LOGMART_TEST_ON_SERVER says `yes`, since the tests write to it: a service of their own, removed
again, and what belongs to the whole server, such as teams, tags and the custom property of marks,
which stays. Where LOGMART_TEST_STOP_SERVER and LOGMART_TEST_START_SERVER name commands, the tests
also stop it in the middle of a run and start it again.
"""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from openmetadata_standin.process import Process, start

from .server import PREFIX, Server


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The server, named in the environment for the commands."""
    if os.environ.get("LOGMART_TEST_ON_SERVER") == "yes":
        host = os.environ["OPENMETADATA_HOST"].rstrip("/")
        yield Server(host, _run("LOGMART_TEST_STOP_SERVER"), _run("LOGMART_TEST_START_SERVER"))
        return
    standin = _StandIn(tmp_path_factory.mktemp("standin"))
    standin.start()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OPENMETADATA_HOST", standin.host)
        patch.setenv("OPENMETADATA_JWT_TOKEN", "any")
        yield Server(standin.host, standin.stop, standin.start)
    standin.stop()


@pytest.fixture
def service(server: Server) -> Iterator[str]:
    """The name of a service that nothing is in yet, and that is removed with all in it."""
    name = f"{PREFIX}{uuid.uuid4().hex[:8]}"
    yield name
    server.remove(name)


class _StandIn:
    """A stand-in in a process of its own, on the same port whenever it starts."""

    def __init__(self, state: Path) -> None:
        self._state = state
        self._running: Process | None = None
        self.host = ""

    def start(self) -> None:
        """Start it; return when it serves."""
        port = self.host.removesuffix("/api").rpartition(":")[2] or "0"
        self._running = start(self._state, "--token", "any", "--port", port)
        self.host = self._running.address

    def stop(self) -> None:
        """Kill it."""
        if self._running:
            self._running.stop(signal.SIGKILL)
            self._running = None


def _run(variable: str) -> Callable[[], None] | None:
    command = os.environ.get(variable)
    if not command:
        return None

    def run() -> None:
        subprocess.run(shlex.split(command), check=True, stdout=subprocess.DEVNULL)

    return run
