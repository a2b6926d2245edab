"""One PostgreSQL server for all tests, and a schema of its own for each."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.migration import source_table
from operations.tests.migration.bank import Bank
from operations.tests.migration.postgresql_server import PostgreSQL, postgresql_server

_NUMBERS = itertools.count()


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgreSQL]:
    with postgresql_server() as server:
        yield server


@pytest.fixture
def bank(postgresql: PostgreSQL, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bank:
    schema = f"bank{next(_NUMBERS)}"
    postgresql.execute(f"create schema {schema}")
    monkeypatch.setenv("OLD_BANK", postgresql.url())
    return Bank(postgresql, schema, tmp_path)


@pytest.fixture
def accounts(bank: Bank) -> Bank:
    """A schema with the table `accounts`, mapped and not copied yet."""
    bank.tables.append(source_table.table("accounts"))
    bank.execute(*source_table.statements("accounts", 500))
    return bank
