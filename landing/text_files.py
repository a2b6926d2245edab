"""Landed text files read byte by byte: how many lines, and what a fast reader would not give back.

A line ends at a line feed or at the end of the file, and at nothing else; a blank line is a line.
A byte order mark at the beginning is no part of the first line.
DuckDB's CSV reader is the fast way to those lines, but it ends a line at a carriage return too,
cuts it at the delimiter and passes over it when its bytes are not UTF-8. A file where the first two
could happen is told apart here, and read here; of others, the lines that are not UTF-8.
"""

from __future__ import annotations

import codecs
import gzip
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, NamedTuple, cast

# A character no log line holds: the delimiter that keeps DuckDB's CSV reader to one column.
DELIMITER = b"\x01"
# DuckDB's CSV reader refuses a line of 2 MB or more; such a line spans a whole chunk of this size.
CHUNK_BYTES = 1 << 20
# A file with more lines that are not UTF-8 is in another encoding, and read here.
MOST_BROKEN_LINES = 10_000

_READ_ERRORS = (OSError, EOFError, zlib.error)


class UnreadableFileError(Exception):
    """A landed file that cannot be read to its end: which, why, and the remedy."""

    def __init__(self, path: Path, reason: Exception | str) -> None:
        super().__init__(
            f"landing file {path} cannot be read to its end ({reason}): land it again, whole,"
            " or take it out of the landing zone"
        )


class BrokenLine(NamedTuple):
    """A line that is not UTF-8: its number, from 1, and its text with U+FFFD for what is broken."""

    line_number: int
    line: str


@dataclass(frozen=True)
class TextFileFacts:
    """What a scan of a file's bytes finds: how many lines, whether a CSV reader gives back those in
    UTF-8 as they are, and, if so, the others.
    """

    line_count: int
    is_plain_text: bool
    broken_lines: tuple[BrokenLine, ...] = ()


def scan_text_file(path: Path) -> TextFileFacts:
    """Count the lines of a text file, gzip or not, and tell which a CSV reader gives back.

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
    broken_lines: list[BrokenLine] = []
    last_chunk = b"\n"
    with _open(path) as file:
        if file.read(len(codecs.BOM_UTF8)) != codecs.BOM_UTF8:
            file.seek(0)
        while chunk := file.read(CHUNK_BYTES):
            has_short_lines = b"\n" in chunk or len(chunk) < CHUNK_BYTES
            if not chunk.endswith(b"\n"):
                rest = file.readline(CHUNK_BYTES)
                has_short_lines = has_short_lines and len(rest) < CHUNK_BYTES
                chunk += rest
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


def _open(path: Path) -> BinaryIO:
    return cast(BinaryIO, gzip.open(path, "rb")) if path.suffix == ".gz" else path.open("rb")


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
