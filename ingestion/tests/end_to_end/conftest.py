"""The server of the end-to-end tests: a named one, or a stand-in.

A server named by OPENMETADATA_HOST and OPENMETADATA_JWT_TOKEN is used only if
LOGMART_TEST_ON_SERVER is `yes`, since the tests write to it. They remove their own service again,
but leave what belongs to the whole server, such as teams, tags and the custom property of marks. If
LOGMART_TEST_STOP_SERVER and LOGMART_TEST_START_SERVER name commands, the tests also stop the server
in the middle of a run and start it again.
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
    """The name of a new service, which is removed at the end with all its content."""
    name = f"{PREFIX}{uuid.uuid4().hex[:8]}"
    yield name
    server.remove(name)


class _StandIn:
    """A stand-in in its own process, always on the same port."""

    def __init__(self, state: Path) -> None:
        self._state = state
        self._running: Process | None = None
        self.host = ""

    def start(self) -> None:
        """Start the stand-in; return when it serves."""
        port = self.host.removesuffix("/api").rpartition(":")[2] or "0"
        self._running = start(self._state, "--token", "any", "--port", port)
        self.host = self._running.address

    def stop(self) -> None:
        """Kill the stand-in."""
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
