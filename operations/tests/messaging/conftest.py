"""Fixtures of the tests of messages."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from moto import mock_aws

from logmart.environment import changed_environment
from logmart.errors import CommandError
from logmart.java_tools import find_java
from operations.messaging.local.elasticmq import LEAST_JAVA, NAME, installed_jars
from operations.messaging.local.stack import local_servers
from operations.tests.messaging.message_desk import FAKE_ENVIRONMENT, SenderDesk, open_desk


@pytest.fixture(scope="module")
def tables_in_memory() -> Iterator[None]:
    """AWS in memory; nothing leaves this process."""
    with changed_environment(FAKE_ENVIRONMENT), mock_aws():
        yield


@pytest.fixture
def desk(tables_in_memory: None) -> SenderDesk:
    """A sender whose provider takes an idempotency key."""
    return open_desk()


@pytest.fixture
def keyless(tables_in_memory: None) -> SenderDesk:
    """A sender whose provider takes no idempotency key."""
    return open_desk(takes_key=False)


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """ElasticMQ and moto as processes on loopback; the environment of their clients."""
    if find_java(LEAST_JAVA) is None:
        pytest.skip(f"the queue of messages: no JDK {LEAST_JAVA} or newer was found for {NAME}")
    try:
        installed_jars()
    except CommandError as error:
        pytest.skip(f"the queue of messages: {error}")
    folder = tmp_path_factory.mktemp("servers")
    with local_servers(folder) as environment:
        yield environment
