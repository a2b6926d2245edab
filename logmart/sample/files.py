"""Writes landing files as gzip or Parquet; the bytes depend only on the lines."""

import gzip
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from logmart.sample.parameters import FileFormat

_LEVEL = 3
_MEMORY_LEVEL = 7
_GZIP_WINDOW = 31
"""zlib's gzip container: a header without a name and with time 0, the same for same lines."""


@dataclass
class LandingFile:
    """A growing gzip file of lines. It is open on disk only during a write."""

    path: Path
    line_count: int = 0
    _compressor: "zlib._Compress" = field(
        default_factory=lambda: zlib.compressobj(_LEVEL, zlib.DEFLATED, _GZIP_WINDOW, _MEMORY_LEVEL)
    )

    def append(self, lines: Sequence[str]) -> None:
        """Add lines; lone surrogates in them stand for bytes that are not UTF-8 (PEP 383).

        Raises:
            OSError: the file cannot be written.
        """
        self.line_count += len(lines)
        text = "\n".join(lines) + "\n"
        self._write(self._compressor.compress(text.encode("utf-8", "surrogateescape")))

    def close(self) -> None:
        """Flush the compressor; no line can be added afterwards."""
        self._write(self._compressor.flush())

    def _write(self, data: bytes) -> None:
        if not data:
            return
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("ab") as file:
            file.write(data)


class LandingFiles:
    """The landing files of one source, below `root`, in one format."""

    def __init__(self, root: Path, file_format: FileFormat) -> None:
        self._root = root
        self._format = file_format
        self._files: dict[str, LandingFile] = {}

    def append(self, name: str, lines: Sequence[str]) -> tuple[str, int]:
        """Add lines to the file `name`; return its name with suffix and the first line's number.

        Raises:
            OSError: the file cannot be written.
        """
        file = self._files.get(name)
        if file is None:
            file = LandingFile(self._root / f"{name}{FileFormat.JSONL.suffix}")
            self._files[name] = file
        first = file.line_count + 1
        file.append(lines)
        return f"{name}{self._format.suffix}", first

    def close(self) -> dict[str, int]:
        """Finish all files and return the number of lines of each, by full name.

        Raises:
            OSError: a file cannot be written.
        """
        for file in self._files.values():
            file.close()
        if self._format is FileFormat.PARQUET:
            with duckdb.connect(config={"threads": 1}) as connection:
                for file in self._files.values():
                    _to_parquet(connection, file.path)
        return {
            f"{name}{self._format.suffix}": file.line_count
            for name, file in sorted(self._files.items())
        }


def _to_parquet(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    """Replace a file of lines by a Parquet file with one column, `line`, in the same order.

    Bytes that are not UTF-8 become U+FFFD, because a Parquet text cannot hold them.
    """
    text = gzip.decompress(path.read_bytes()).decode("utf-8", "replace")
    connection.execute(
        "create or replace temp table lines as select unnest(?::varchar[]) as line",
        [text.removesuffix("\n").split("\n")],
    )
    name = path.name.removesuffix(FileFormat.JSONL.suffix) + FileFormat.PARQUET.suffix
    connection.table("lines").write_parquet(str(path.with_name(name)), compression="zstd")
    path.unlink()
