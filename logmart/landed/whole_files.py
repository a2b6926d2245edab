"""Tells whether a landed file is whole."""

from __future__ import annotations

import gzip
import json
import zlib
from pathlib import Path
from typing import BinaryIO, cast

import duckdb

_CHUNK_BYTES = 1 << 20
# What reading says of a file that was cut. Any other error may go away, so it is raised.
_CUT = (gzip.BadGzipFile, EOFError, zlib.error)


def is_whole(path: Path) -> bool:
    """Return whether a landed file is whole: readable to its end, and not cut within a line.

    A text file was cut within its last line when no line feed ends it and it is no JSON value.
    Raises OSError when it cannot be read, which says nothing about what it holds.
    """
    if path.suffix == ".parquet":
        return _is_whole_parquet(path)
    tail = b""
    try:
        with _open(path) as file:
            while chunk := file.read(_CHUNK_BYTES):
                tail = chunk if b"\n" in chunk else tail + chunk
    except _CUT:
        return False
    last_line = tail.rpartition(b"\n")[2]
    return not last_line.strip() or _is_json(last_line)


def _open(path: Path) -> BinaryIO:
    return cast(BinaryIO, gzip.open(path, "rb")) if path.suffix == ".gz" else path.open("rb")


def _is_json(text: bytes) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


def _is_whole_parquet(path: Path) -> bool:
    with path.open("rb") as file, duckdb.connect() as connection:
        file.read(1)
        try:
            columns = connection.execute(
                "describe select line from read_parquet($path)", {"path": str(path)}
            ).fetchall()
        except duckdb.Error:
            return False
    return bool(columns[0][1] == "VARCHAR")
