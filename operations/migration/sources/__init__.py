"""Where tables are copied from."""

from __future__ import annotations

import os

from logmart.errors import CommandError
from operations.migration.mapping import FILES, MYSQL, POSTGRESQL, Mapping
from operations.migration.sources.base import Source
from operations.migration.sources.files import FilesSource
from operations.migration.sources.mysql import MySQLSource
from operations.migration.sources.postgresql import PostgresqlSource


def open_source(mapping: Mapping) -> Source:
    """Connect to the source of a mapping.

    Raises CommandError when the variable of its address is not set or it refuses, TransientError
    when it cannot be reached.
    """
    source = mapping.source
    address = os.environ.get(source.url, "")
    if not address:
        raise CommandError(
            f"the environment variable {source.url} is not set: it holds the address of the source"
        )
    timeout = mapping.load.statement_timeout_seconds
    if source.kind == POSTGRESQL:
        return PostgresqlSource(address, source.url, source.schema or "public", timeout)
    if source.kind == MYSQL:
        return MySQLSource(address, source.url, source.schema, timeout)
    assert source.kind == FILES
    return FilesSource(address, source.url)
