"""One stand-in for all tests, and fixtures of who calls it and what is in it."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from metadata.ingestion.ometa.ometa_api import OpenMetadata

from .standin_calls import Api, Process, jwt, make_client, start


@pytest.fixture(scope="session")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    """One stand-in for all tests that need no state of their own."""
    running = start(tmp_path_factory.mktemp("standin"))
    yield running
    running.stop()


@pytest.fixture(scope="session")
def api(process: Process) -> Api:
    """Calls as the ingestion bot."""
    return Api(process.address, requests.Session())


@pytest.fixture(scope="session")
def person(process: Process, api: Api) -> Api:
    """Calls as a user who is no bot."""
    api.ok("PUT", "users", {"name": "mina", "email": "mina@example.com"})
    session = requests.Session()
    session.headers["Authorization"] = f"Bearer {jwt('mina')}"
    return Api(process.address, session)


@pytest.fixture(scope="session")
def client(process: Process) -> OpenMetadata[Any, Any]:
    """The official client on the shared stand-in."""
    return make_client(process.address, "any")


@pytest.fixture
def schema(api: Api) -> str:
    """The full name of a new schema, in a database and a service of its own."""
    service = f"service_{uuid.uuid4().hex[:8]}"
    api.ok("PUT", "services/databaseServices", {"name": service, "serviceType": "CustomDatabase"})
    api.ok("PUT", "databases", {"name": "db", "service": service})
    api.ok("PUT", "databaseSchemas", {"name": "marts", "database": f"{service}.db"})
    return f"{service}.db.marts"
