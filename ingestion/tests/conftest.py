"""Settings of all tests, and the stand-ins that they share, one for each version of the server."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from hypothesis import settings

from openmetadata_standin.behaviours.versions import DEFAULT
from openmetadata_standin.process import Process, start

# A slow machine must not fail a test.
settings.register_profile("without deadline", deadline=None)
settings.load_profile("without deadline")

SharedStandIns = Callable[..., Process]


@pytest.fixture(scope="session")
def shared_standin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SharedStandIns]:
    """Returns the stand-in of a version and further options; it is started on first use."""
    running: dict[tuple[str, ...], Process] = {}

    def give(version: str = DEFAULT, *options: str) -> Process:
        key = (version, *options)
        if key not in running:
            state = tmp_path_factory.mktemp("standin")
            running[key] = start(state, "--server", version, *options)
        return running[key]

    yield give
    for process in running.values():
        process.stop()
