"""Reads landed text files byte by byte: counts lines, and reads those that DuckDB's CSV reader
cannot.

A line ends only at a line feed or at the end of the file; a blank line is a line. A byte order mark
at the beginning does not belong to the first line. A line of more than LONGEST_LINE_BYTES is cut to
one byte more than that, so that it is still recognized as too long.
DuckDB's CSV reader is faster, but it also ends a line at a carriage return, cuts it at the
delimiter, refuses a line of 2,000,000 bytes and skips a line that is not UTF-8. In the first three
cases this module reads the whole file; in the last case it reads only the lines that are not UTF-8.
"""

from __future__ import annotations

import codecs
import gzip
import itertools
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, NamedTuple, cast

# The delimiter for DuckDB's CSV reader. Log lines do not contain it, so there is one column.
DELIMITER = b"\x01"
CHUNK_BYTES = 1 << 20
# DuckDB's CSV reader accepts only lines of fewer bytes, including the line feed.
CSV_LINE_BYTES = 2_000_000
# A longer line is rejected (is_too_long() of macros/landing/line_verdicts.sql).
LONGEST_LINE_BYTES = 16 << 20
# A file with more lines that are not UTF-8 is taken to be in another encoding, and read here.
MOST_BROKEN_LINES = 10_000

_READ_ERRORS = (OSError, EOFError, zlib.error)


class UnreadableFileError(Exception):
    """A landed file cannot be read to its end; the message names the file, reason and remedy."""

    def __init__(self, path: Path, reason: Exception | str) -> None:
        super().__init__(
            f"landing file {path} cannot be read to its end ({reason}): land it again, whole,"
            " or take it out of the landing zone"
        )


class BrokenLine(NamedTuple):
    """A line that is not UTF-8: its number, from 1, and its text with U+FFFD for invalid bytes."""

    line_number: int
    line: str


@dataclass(frozen=True)
class TextFileFacts:
    """The result of scanning a file's bytes.

    `is_plain_text`: a CSV reader returns every UTF-8 line unchanged. Only then does `broken_lines`
    hold the lines that are not UTF-8.
    """

    line_count: int
    is_plain_text: bool
    broken_lines: tuple[BrokenLine, ...] = ()


def scan_text_file(path: Path) -> TextFileFacts:
    """Count the lines of a text file, gzip or not, and find the lines that a CSV reader misses.

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
        with open_bytes(path) as file:
            return [line.decode("utf-8", errors="replace") for line in _lines(file)]
    except _READ_ERRORS as error:
        raise UnreadableFileError(path, error) from error


def read_first_lines(path: Path, count: int = 100) -> list[str]:
    """Return the first lines of a text file, as read_text_lines(). Raises UnreadableFileError."""
    try:
        with open_bytes(path) as file:
            lines = itertools.islice(_lines(file), count)
            return [line.decode("utf-8", errors="replace") for line in lines]
    except _READ_ERRORS as error:
        raise UnreadableFileError(path, error) from error


def is_utf8_file(path: Path) -> bool:
    """Return whether a text file, gzip or not, is UTF-8. Raises UnreadableFileError."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        with open_bytes(path) as file:
            while chunk := file.read(CHUNK_BYTES):
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    except _READ_ERRORS as error:
        raise UnreadableFileError(path, error) from error
    return True


def _lines(file: BinaryIO) -> Iterator[bytes]:
    """Yield the lines of a file; cut a line that is too long to one byte above the limit."""
    _skip_byte_order_mark(file)
    while line := file.readline(LONGEST_LINE_BYTES + 1):
        rest = line
        while rest and not rest.endswith(b"\n"):
            rest = file.readline(CHUNK_BYTES)
        yield line.removesuffix(b"\n")


def _scan(path: Path) -> TextFileFacts:
    line_count = 0
    is_plain_text = True
    broken_lines: list[BrokenLine] = []
    last_chunk = b"\n"
    with open_bytes(path) as file:
        _skip_byte_order_mark(file)
        while chunk := file.read(CHUNK_BYTES):
            if not chunk.endswith(b"\n"):
                chunk += file.readline(CSV_LINE_BYTES)
            last_line_bytes = len(chunk) - chunk.rfind(b"\n", 0, len(chunk) - 1) - 1
            has_short_lines = last_line_bytes < CSV_LINE_BYTES
            is_plain_text = is_plain_text and has_short_lines and _is_plain(chunk)
            if is_plain_text:
                broken_lines += _broken_lines(chunk, line_count)
                is_plain_text = len(broken_lines) <= MOST_BROKEN_LINES
            line_count += chunk.count(b"\n")
            last_chunk = chunk
    if not last_chunk.endswith(b"\n"):
        line_count += 1
    return TextFileFacts(line_count, is_plain_text, tuple(broken_lines) if is_plain_text else ())


def _broken_lines(text: bytes, lines_before: int) -> list[BrokenLine]:
    if _is_utf8(text):
        return []
    return [
        BrokenLine(number, line.decode("utf-8", errors="replace"))
        for number, line in enumerate(text.split(b"\n"), lines_before + 1)
        if not _is_utf8(line)
    ]


def open_bytes(path: Path) -> BinaryIO:
    """Open a file for its bytes, those of gzip unpacked. Raises OSError."""
    return cast(BinaryIO, gzip.open(path, "rb")) if path.suffix == ".gz" else path.open("rb")


def _skip_byte_order_mark(file: BinaryIO) -> None:
    if file.read(len(codecs.BOM_UTF8)) != codecs.BOM_UTF8:
        file.seek(0)


def _is_plain(text: bytes) -> bool:
    return b"\r" not in text and DELIMITER not in text


def _is_utf8(text: bytes) -> bool:
    if text.isascii():
        return True
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return True
