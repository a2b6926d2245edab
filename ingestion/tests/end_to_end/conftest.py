"""The server that the end-to-end tests run on: one that is named, or a stand-in of its API.

A server named by OPENMETADATA_HOST and OPENMETADATA_JWT_TOKEN is used only where
LOGMART_TEST_ON_SERVER says `yes`, since the tests write to it: a service of their own, removed
again, and what belongs to the whole server, such as teams, tags and the custom property of marks,
which stays.
"""

from __future__ import annotations

import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from .server import PREFIX, Server


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The server, named in the environment for the commands."""
    if os.environ.get("LOGMART_TEST_ON_SERVER") == "yes":
        yield Server(os.environ["OPENMETADATA_HOST"].rstrip("/"))
        return
    state = tmp_path_factory.mktemp("standin")
    process = subprocess.Popen(
        [sys.executable, "-m", "openmetadata_standin", "--state", str(state)],
        cwd=Path(__file__).parents[2],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    host = process.stdout.readline().strip()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OPENMETADATA_HOST", host)
        patch.setenv("OPENMETADATA_JWT_TOKEN", "any")
        yield Server(host)
    process.terminate()
    process.wait()


@pytest.fixture
def service(server: Server) -> Iterator[str]:
    """The name of a service that nothing is in yet, and that is removed with all in it."""
    name = f"{PREFIX}{uuid.uuid4().hex[:8]}"
    yield name
    server.remove(name)
