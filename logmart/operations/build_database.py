"""Reads the database of the last build."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from logmart.errors import CommandError, TransientError


@contextmanager
def reading_build(database: Path, what: str) -> Iterator[duckdb.DuckDBPyConnection]:
    """Yield a connection that reads a build's database. In: what is read, for the error.

    Raises TransientError while the database cannot be opened, as when a build holds it, and
    CommandError where it lacks a table that is read.
    """
    try:
        with duckdb.connect(str(database), read_only=True) as connection:
            yield connection
    except duckdb.IOException as error:
        raise TransientError(f"{database}: {str(error).splitlines()[0]}") from error
    except duckdb.Error as error:
        raise CommandError(
            f"{database} lacks what {what} are read from: build it with `make build`"
            f" ({str(error).splitlines()[0]})"
        ) from error
