"""The stand-in that tests call, who calls it and what is in it.

Tests run on the version that `version` names, 1.12 unless a test or a module says otherwise by
`pytest.mark.parametrize("version", [...])`.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests
from metadata.ingestion.ometa.ometa_api import OpenMetadata

from logmart_catalog.command.cli import main as logmart_catalog
from openmetadata_standin.behaviours.versions import DEFAULT
from openmetadata_standin.process import Process, start

from ..catalog.support import ARTIFACTS, PROJECTS, accepting
from .standin_calls import TOKEN, Api, as_bot, jwt, make_client


@pytest.fixture
def version() -> str:
    """The version of the server to copy."""
    return DEFAULT


@pytest.fixture
def process(shared_standin: Callable[..., Process], version: str) -> Process:
    """The stand-in of a version, shared by tests that need no state of their own."""
    return shared_standin(version)


@pytest.fixture
def guarded(shared_standin: Callable[..., Process]) -> Process:
    """A stand-in that takes one token alone, and on which nothing is written."""
    return shared_standin(DEFAULT, "--token", TOKEN)


@pytest.fixture
def api(process: Process) -> Api:
    """Calls as the ingestion bot."""
    return as_bot(process)


@pytest.fixture
def person(process: Process, api: Api) -> Api:
    """Calls as a user who is no bot."""
    api.ok("PUT", "users", {"name": "mina", "email": "mina@example.com"})
    session = requests.Session()
    session.headers["Authorization"] = f"Bearer {jwt('mina')}"
    return Api(process.address, session)


@pytest.fixture
def client(process: Process) -> OpenMetadata[Any, Any]:
    """The official client, connected to the stand-in."""
    return make_client(process.address, "any")


@pytest.fixture(scope="session")
def published_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The site of a stand-in with all dbt projects of the tests."""
    folder = tmp_path_factory.mktemp("published")
    process = start(folder / "state")
    config = accepting(folder)
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("OPENMETADATA_HOST", process.address)
        environment.setenv("OPENMETADATA_JWT_TOKEN", "any")
        for project in PROJECTS:
            options = ["--target-path", str(ARTIFACTS / project), "--service", project]
            assert logmart_catalog(["apply", *options, "--config", str(config)]) == 0
    yield process.address.removesuffix("/api")
    process.stop()


@pytest.fixture
def site(api: Api) -> str:
    """The address of the pages."""
    return api.address.removesuffix("/api")


@pytest.fixture
def schema(api: Api) -> str:
    """The full name of a new schema, in a database and a service of its own."""
    service = f"service_{uuid.uuid4().hex[:8]}"
    api.ok("PUT", "services/databaseServices", {"name": service, "serviceType": "CustomDatabase"})
    api.ok("PUT", "databases", {"name": "db", "service": service})
    api.ok("PUT", "databaseSchemas", {"name": "marts", "database": f"{service}.db"})
    return f"{service}.db.marts"
