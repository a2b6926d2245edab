"""One stand-in for all tests, and a service of its own for each."""

from __future__ import annotations

import subprocess
import sys
import uuid
from collections.abc import Iterator

import pytest

from .support import INGESTION, TOKEN, Command, StandIn


@pytest.fixture(scope="session")
def standin_host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The base address of the stand-in that all tests share."""
    process = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "openmetadata_standin",
            "--state",
            str(tmp_path_factory.mktemp("standin")),
            "--token",
            TOKEN,
        ],
        cwd=INGESTION,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    yield process.stdout.readline().strip()
    process.terminate()
    process.wait()


@pytest.fixture
def service() -> str:
    """The name of a service nothing is in yet."""
    return f"service_{uuid.uuid4().hex[:8]}"


@pytest.fixture
def standin(standin_host: str, monkeypatch: pytest.MonkeyPatch) -> StandIn:
    """The stand-in, named in the environment as a server is."""
    monkeypatch.setenv("OPENMETADATA_HOST", standin_host)
    monkeypatch.setenv("OPENMETADATA_JWT_TOKEN", TOKEN)
    return StandIn(standin_host)


@pytest.fixture(autouse=True)
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds that calls waited before they were made again: here they do not wait."""
    seconds: list[float] = []
    monkeypatch.setattr("logmart_catalog.server.retry.sleep", seconds.append)
    return seconds


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str], service: str) -> Command:
    """Runs commands on the test's own service."""
    return Command(capsys, service)
