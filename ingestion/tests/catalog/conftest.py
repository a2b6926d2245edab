"""One stand-in for all tests, and a new service for each test."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import replace

import pytest

from logmart_catalog.command.cli import main
from openmetadata_standin.behaviours.versions import DEFAULT
from openmetadata_standin.process import Process

from .support import ARTIFACTS, TOKEN, Command, StandIn, accepting

# Entities that all services share, and the services themselves: they are deleted before a test.
SHARED = ("metrics", "domains")
SERVICES = ("services/databaseServices", "services/dashboardServices")
SERVICE_PREFIX = "service_"


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
    return f"{SERVICE_PREFIX}{uuid.uuid4().hex[:8]}"


@pytest.fixture
def standin(standin_host: str, monkeypatch: pytest.MonkeyPatch) -> StandIn:
    """The stand-in, named in the environment like a server, without the entities of earlier
    tests.
    """
    monkeypatch.setenv("OPENMETADATA_HOST", standin_host)
    monkeypatch.setenv("OPENMETADATA_JWT_TOKEN", TOKEN)
    server = StandIn(standin_host)
    server.forget_calls()
    for collection in (*SHARED, *SERVICES):
        for entity in server.call("GET", f"{collection}?limit=1000")["data"]:
            if collection in SHARED or entity["name"].startswith(SERVICE_PREFIX):
                server.call("DELETE", f"{collection}/{entity['id']}?hardDelete=true&recursive=true")
    return server


@pytest.fixture(scope="session")
def library_service(
    shared_standin: Callable[..., Process], tmp_path_factory: pytest.TempPathFactory
) -> str:
    """The name of a service that holds the library, for tests that change nothing in it."""
    name = "holds_the_library"
    options = ["--target-path", str(ARTIFACTS / "library"), "--service", name]
    config = accepting(tmp_path_factory.mktemp("library"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OPENMETADATA_HOST", shared_standin(DEFAULT, "--token", TOKEN).address)
        patch.setenv("OPENMETADATA_JWT_TOKEN", TOKEN)
        assert main(["apply", *options, "--config", str(config)]) == 0
    return name


@pytest.fixture(autouse=True)
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds that calls would wait before a retry; in tests they do not wait."""
    seconds: list[float] = []
    monkeypatch.setattr("logmart_catalog.server.retry.sleep", seconds.append)
    return seconds


@pytest.fixture
def library_command(command: Command, library_service: str) -> Command:
    """Runs commands that change nothing on the service that holds the library."""
    return replace(command, service=library_service)


@pytest.fixture
def command(
    capsys: pytest.CaptureFixture[str], service: str, tmp_path_factory: pytest.TempPathFactory
) -> Command:
    """Runs commands on the test's own service."""
    return Command(capsys, service, accepting(tmp_path_factory.mktemp("configuration")))
