"""Landed text files read byte by byte: how many lines, and what a fast reader would not give back.

A line ends at a line feed or at the end of the file, and at nothing else; a blank line is a line.
DuckDB's CSV reader is the fast way to those lines, but it ends a line at a carriage return too, cuts
it at the delimiter and drops it when its bytes are not UTF-8. A file where that could happen is
told apart here, and read here.
"""

from __future__ import annotations

import codecs
import gzip
from dataclasses import dataclass
from pathlib import Path
from typing import IO

# A character no log line holds: the delimiter that keeps DuckDB's CSV reader to one column.
DELIMITER = b"\x01"
# DuckDB's CSV reader refuses a line of 2 MB or more; any such line spans a whole chunk of this size.
CHUNK_BYTES = 1 << 20


@dataclass(frozen=True)
class TextFileFacts:
    """What a scan of a file's bytes finds: its lines, and whether each is plain text in UTF-8."""

    line_count: int
    is_plain_text: bool


def scan_text_file(path: Path) -> TextFileFacts:
    """Count the lines of a text file, gzip or not, and tell whether a CSV reader gives them back.

    Raises OSError when the file cannot be read, EOFError when its gzip stream is cut short.
    """
    line_count = 0
    is_plain_text = True
    last_chunk = b"\n"
    decoder = codecs.getincrementaldecoder("utf-8")()
    with _open(path) as file:
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


def read_text_lines(path: Path) -> list[str]:
    """Return every line of a text file, gzip or not, without its line feed.

    Bytes that are not UTF-8 become U+FFFD. Raises as `scan_text_file`.
    """
    with _open(path) as file:
        lines = file.read().split(b"\n")
    if lines[-1] == b"":
        lines.pop()
    return [line.decode("utf-8", errors="replace") for line in lines]


def _open(path: Path) -> IO[bytes]:
    return gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb")


def _is_plain(chunk: bytes, *, has_short_lines: bool) -> bool:
    return has_short_lines and b"\r" not in chunk and DELIMITER not in chunk


def _decodes(decoder: codecs.IncrementalDecoder, chunk: bytes, *, final: bool = False) -> bool:
    try:
        decoder.decode(chunk, final)
    except UnicodeDecodeError:
        return False
    return True
