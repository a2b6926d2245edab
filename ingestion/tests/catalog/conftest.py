"""One stand-in for all tests, and a new service for each test."""

from __future__ import annotations

import uuid
from collections.abc import Callable

import pytest

from openmetadata_standin.behaviours.versions import DEFAULT
from openmetadata_standin.process import Process

from .support import TOKEN, Command, StandIn, accepting


@pytest.fixture
def version() -> str:
    """The version of the server to copy; a test may set another by parametrization."""
    return DEFAULT


@pytest.fixture
def standin_host(shared_standin: Callable[..., Process], version: str) -> str:
    """The base address of the stand-in that all tests of a version share."""
    return shared_standin(version, "--token", TOKEN).address


@pytest.fixture
def service() -> str:
    """The name of a new, empty service."""
    return f"service_{uuid.uuid4().hex[:8]}"


@pytest.fixture
def standin(standin_host: str, monkeypatch: pytest.MonkeyPatch) -> StandIn:
    """The stand-in, named in the environment like a server, without the entities that all services
    share.
    """
    monkeypatch.setenv("OPENMETADATA_HOST", standin_host)
    monkeypatch.setenv("OPENMETADATA_JWT_TOKEN", TOKEN)
    server = StandIn(standin_host)
    for collection in ("metrics", "domains"):
        for entity in server.call("GET", f"{collection}?limit=1000")["data"]:
            server.call("DELETE", f"{collection}/{entity['id']}?hardDelete=true&recursive=true")
    return server


@pytest.fixture(autouse=True)
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds that calls would wait before a retry; in tests they do not wait."""
    seconds: list[float] = []
    monkeypatch.setattr("logmart_catalog.server.retry.sleep", seconds.append)
    return seconds


@pytest.fixture
def command(
    capsys: pytest.CaptureFixture[str], service: str, tmp_path_factory: pytest.TempPathFactory
) -> Command:
    """Runs commands on the test's own service."""
    return Command(capsys, service, accepting(tmp_path_factory.mktemp("configuration")))
