"""Where tables are copied from."""

from __future__ import annotations

import os

from logmart.errors import CommandError
from operations.migration.mapping import POSTGRESQL, Mapping
from operations.migration.sources.base import Source


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
    if source.kind == POSTGRESQL:
        from operations.migration.sources.postgresql import PostgresqlSource  # noqa: PLC0415

        timeout = mapping.load.statement_timeout_seconds
        return PostgresqlSource(address, source.url, source.schema or "public", timeout)
    raise CommandError(f"a source of the kind {source.kind} cannot be read")
