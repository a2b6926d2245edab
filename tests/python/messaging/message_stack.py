from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from logmart.settings import PROJECT

# The loop is tested on a mart, which the tests of the mart know how to build.
sys.path.append(str(PROJECT / "tests/python/mart"))

from local_stack import LocalStack, running_stack
from logmart.environment import changed_environment
from logmart.messaging.store import MessageStore, message_store
from logmart.operations_script import PYTHON, REMEDY
from message_mart import KEY


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[LocalStack, MessageStore]]:
    """Start one stack for all tests, and one process that works on it."""
    if not PYTHON.exists():
        pytest.skip(f"messages on queues and tables: {REMEDY}")
    if shutil.which("java") is None:
        pytest.skip("messages on queues: there is no Java for ElasticMQ")
    with running_stack(tmp_path_factory.mktemp("stack")) as stack, ExitStack() as started:
        with changed_environment(stack.environment):
            store = started.enter_context(message_store())
        yield stack, store


@pytest.fixture
def stack(
    running: tuple[LocalStack, MessageStore], monkeypatch: pytest.MonkeyPatch
) -> Iterator[LocalStack]:
    stack, _ = running
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name, value in stack.environment.items():
        monkeypatch.setenv(name, value)
    yield stack
    stack.empty()


@pytest.fixture
def store(
    running: tuple[LocalStack, MessageStore], stack: LocalStack, monkeypatch: pytest.MonkeyPatch
) -> MessageStore:
    monkeypatch.setenv("LOGMART_ID_KEY", KEY)
    return running[1]
