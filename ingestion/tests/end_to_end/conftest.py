"""The server that the end-to-end tests run on: one that is named, or a stand-in of its API.

A server named by OPENMETADATA_HOST and OPENMETADATA_JWT_TOKEN is used only where
LOGMART_TEST_ON_SERVER says `yes`, since the tests write to it: a service of their own, removed
again, and what belongs to the whole server, such as teams, tags and the custom property of marks,
which stays.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Iterator

import pytest

from openmetadata_standin.process import Process

from .server import PREFIX, Server


@pytest.fixture(scope="session")
def server(shared_standin: Callable[..., Process]) -> Iterator[Server]:
    """The server, named in the environment for the commands."""
    if os.environ.get("LOGMART_TEST_ON_SERVER") == "yes":
        yield Server(os.environ["OPENMETADATA_HOST"].rstrip("/"))
        return
    host = shared_standin().address
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OPENMETADATA_HOST", host)
        patch.setenv("OPENMETADATA_JWT_TOKEN", "any")
        yield Server(host)


@pytest.fixture
def service(server: Server) -> Iterator[str]:
    """The name of a service that nothing is in yet, and that is removed with all in it."""
    name = f"{PREFIX}{uuid.uuid4().hex[:8]}"
    yield name
    server.remove(name)
