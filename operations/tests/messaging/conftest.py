"""Fixtures of the tests of messages."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from moto import mock_aws

from logmart.environment import changed_environment
from message_desk import FAKE_ENVIRONMENT, SenderDesk, open_desk


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
