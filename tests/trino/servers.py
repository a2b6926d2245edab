"""A pytest plugin: a server of its own for each module of tests, and the key of both engines."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from logmart.environment import changed_environment
from logmart.java_tools import find_java
from logmart.trino.install import LEAST_JAVA
from logmart.trino.process import down, up
from logmart.trino.server import Server
from mart_runs import KEY


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server whose landing zone is the folder `landing` beside its own."""
    if find_java(LEAST_JAVA) is None:
        pytest.skip(f"the mart on Trino: no JDK {LEAST_JAVA} or newer was found on this machine")
    folder = tmp_path_factory.mktemp("trino")
    (folder / "landing").mkdir()
    started = Server(folder / "server", free_port())
    with changed_environment(
        {
            "LOGMART_ID_KEY": KEY,
            "LOGMART_TRINO_PORT": str(started.port),
            "LOGMART_TRINO_DATA": str(started.folder),
            "LOGMART_LANDING": str(folder / "landing"),
            "LOGMART_DATABASE": str(folder / "build" / "logmart.duckdb"),
            "LOGMART_THREADS": "2",
            "DBT_PROFILES_DIR": "profiles",
        }
    ):
        up(started, folder / "landing")
        try:
            yield started
        finally:
            down(started)


@pytest.fixture(scope="module")
def landing(server: Server) -> Path:
    """The landing zone of the server, empty."""
    return server.folder.parent / "landing"


def free_port() -> int:
    """Return a port of loopback that nobody listens on."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])
