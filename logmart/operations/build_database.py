"""Reads the database of the last build."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from logmart.errors import CommandError, TransientError


@contextmanager
def reading_build(database: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Yield a connection that reads a build's database.

    Raises TransientError while a build holds the database, and CommandError where it is not there
    or lacks a table that is read.
    """
    if not database.exists():
        raise CommandError(f"{database} is not there: build first with `make build`")
    try:
        with duckdb.connect(str(database), read_only=True) as connection:
            yield connection
    except duckdb.IOException as error:
        raise TransientError(f"{database}: {str(error).splitlines()[0]}") from error
    except duckdb.Error as error:
        raise CommandError(
            f"{database} lacks a table that is read from it: build it with `make build`"
            f" ({str(error).splitlines()[0]})"
        ) from error
