"""Landed text files read byte by byte: how many lines, and what a fast reader would not give back.

A line ends at a line feed or at the end of the file, and at nothing else; a blank line is a line.
A byte order mark at the beginning is no part of the first line.
DuckDB's CSV reader is the fast way to those lines, but it ends a line at a carriage return too,
cuts it at the delimiter and drops it when its bytes are not UTF-8. A file where that could happen
is told apart here, and read here.
"""

from __future__ import annotations

import codecs
import gzip
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

# A character no log line holds: the delimiter that keeps DuckDB's CSV reader to one column.
DELIMITER = b"\x01"
# DuckDB's CSV reader refuses a line of 2 MB or more; such a line spans a whole chunk of this size.
CHUNK_BYTES = 1 << 20


_READ_ERRORS = (OSError, EOFError, zlib.error)


class UnreadableFileError(Exception):
    """A landed file that cannot be read to its end: which, why, and the remedy."""

    def __init__(self, path: Path, reason: Exception) -> None:
        super().__init__(
            f"landing file {path} cannot be read to its end ({reason}): land it again, whole,"
            " or take it out of the landing zone"
        )


@dataclass(frozen=True)
class TextFileFacts:
    """What a scan of a file's bytes finds: its lines, and whether each is plain text in UTF-8."""

    line_count: int
    is_plain_text: bool


def scan_text_file(path: Path) -> TextFileFacts:
    """Count the lines of a text file, gzip or not, and tell whether a CSV reader gives them back.

    Raises UnreadableFileError.
    """
    try:
        return _scan(path)
    except _READ_ERRORS as error:
        raise UnreadableFileError(path, error) from error


def read_text_lines(path: Path) -> list[str]:
    """Return every line of a text file, gzip or not, without its line feed.

    Bytes that are not UTF-8 become U+FFFD. Raises UnreadableFileError.
    """
    try:
        with _open(path) as file:
            lines = file.read().removeprefix(codecs.BOM_UTF8).split(b"\n")
    except _READ_ERRORS as error:
        raise UnreadableFileError(path, error) from error
    if lines[-1] == b"":
        lines.pop()
    return [line.decode("utf-8", errors="replace") for line in lines]


def _scan(path: Path) -> TextFileFacts:
    line_count = 0
    is_plain_text = True
    last_chunk = b"\n"
    decoder = codecs.getincrementaldecoder("utf-8")()
    with _open(path) as file:
        if file.read(len(codecs.BOM_UTF8)) != codecs.BOM_UTF8:
            file.seek(0)
        while chunk := file.read(CHUNK_BYTES):
            line_feeds = chunk.count(b"\n")
            line_count += line_feeds
            is_plain_text = is_plain_text and _is_plain(
                chunk, has_short_lines=line_feeds > 0 or len(chunk) < CHUNK_BYTES
            )
            is_plain_text = is_plain_text and _decodes(decoder, chunk)
            last_chunk = chunk
    is_plain_text = is_plain_text and _decodes(decoder, b"", final=True)
    if not last_chunk.endswith(b"\n"):
        line_count += 1
    return TextFileFacts(line_count, is_plain_text)


def _open(path: Path) -> BinaryIO:
    return cast(BinaryIO, gzip.open(path, "rb")) if path.suffix == ".gz" else path.open("rb")


def _is_plain(chunk: bytes, *, has_short_lines: bool) -> bool:
    return has_short_lines and b"\r" not in chunk and DELIMITER not in chunk


def _decodes(decoder: codecs.IncrementalDecoder, chunk: bytes, *, final: bool = False) -> bool:
    try:
        decoder.decode(chunk, final)
    except UnicodeDecodeError:
        return False
    return True
