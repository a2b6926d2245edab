from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from local_stack import LocalStack, deployed_stack, moto_server
from logmart.environment import changed_environment
from logmart.messaging.store import MessageStore, message_store
from logmart.operations_script import PYTHON, REMEDY


@pytest.fixture(scope="session")
def deployed() -> Iterator[tuple[LocalStack, MessageStore]]:
    """Deploy one stack for all tests, and start one process that works on it."""
    if not PYTHON.exists():
        pytest.skip(f"messages on SQS and DynamoDB: {REMEDY}")
    with moto_server() as address, deployed_stack(address) as stack, ExitStack() as started:
        with changed_environment(stack.environment):
            store = started.enter_context(message_store())
        yield stack, store


@pytest.fixture
def stack(
    deployed: tuple[LocalStack, MessageStore], monkeypatch: pytest.MonkeyPatch
) -> Iterator[LocalStack]:
    stack, _ = deployed
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name, value in stack.environment.items():
        monkeypatch.setenv(name, value)
    yield stack
    stack.empty()
