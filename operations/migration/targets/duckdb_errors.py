"""DuckDB's errors as one clear line, without a value."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from logmart.errors import CommandError, TransientError

_FULL = ("no space left", "file too large", "disk quota", "could not write", "failed to write")
_IN_USE = ("could not set lock", "conflicting lock")


@contextmanager
def clear_errors(path: Path) -> Iterator[None]:
    """Raise CommandError, or TransientError, for an error of DuckDB on a file."""
    try:
        yield
    except (duckdb.Error, OSError) as error:
        raise _clear(path, error) from None


def _clear(path: Path, error: Exception) -> CommandError:
    said = str(error).strip().partition("\n")[0]
    words = said.lower()
    if any(each in words for each in _IN_USE):
        return TransientError(f"{path} is open in another process: end it, and run again")
    if any(each in words for each in _FULL) or isinstance(error, duckdb.FatalException):
        return CommandError(
            f"{path} cannot be written, its disk may be full: free space and run again, which goes"
            f" on after the last whole chunk ({said})"
        )
    if isinstance(error, duckdb.ConstraintException):
        return CommandError(f"{path}: a key of the source is null, or its type cannot hold it")
    if isinstance(error, duckdb.OutOfMemoryException):
        return CommandError(f"{path}: a chunk does not fit into memory: lower load.chunk_rows")
    if isinstance(error, duckdb.TransactionException):
        return TransientError(f"{path} is written by somebody else at the same time: run again")
    return CommandError(f"{path} cannot be used: {said}")
