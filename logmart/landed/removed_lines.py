"""Erases and masks lines of landed files. All lines keep their numbers.

An erased line is replaced by `identifiers.erased_line()`. In a masked line, spans of bytes are
replaced by as many letters `x` and digits `9`. Both are idempotent. A file is replaced in one step.
"""

from __future__ import annotations

import codecs
import gzip
import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from logmart.landed.identifiers import erased_line

Span = tuple[int, int]


@dataclass(frozen=True)
class Changes:
    """The changes of a file, by line number from 1: the erased lines, and for masked lines the
    spans of bytes to mask.
    """

    erased: frozenset[int] = frozenset()
    masked: dict[int, tuple[Span, ...]] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Return the changes as values for JSON."""
        return {"erased": sorted(self.erased), "masked": list(self.masked.items())}

    @classmethod
    def from_json(cls, content: dict[str, Any]) -> Changes:
        """Return the changes that as_json() has written."""
        return cls(
            frozenset(content["erased"]),
            {number: tuple((a, b) for a, b in spans) for number, spans in content["masked"]},
        )


def lines_with(path: Path, text: str) -> Iterator[tuple[int, bytes, tuple[Span, ...]]]:
    """Yield the lines of a landed file that contain a text as a whole word: number, line, spans.

    The text is searched for both unchanged and escaped as in JSON. Raises OSError and duckdb.Error.
    """
    forms = sorted({text, json.dumps(text)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1]})
    needles = [form.encode("utf-8", "replace") for form in forms]
    word = re.compile(
        rb"(?<![\w-])(?:" + b"|".join(re.escape(needle) for needle in needles) + rb")(?![\w-])"
    )
    content = b"\n".join(_parquet_lines(path)) if path.suffix == ".parquet" else _read(path)
    if not any(needle in content for needle in needles):
        return
    for number, line in enumerate(content.split(b"\n"), 1):
        spans = tuple(match.span() for match in word.finditer(line))
        if spans:
            yield number, line, spans


def lines_of(path: Path, numbers: set[int], marks: list[str]) -> set[int]:
    """Return the line numbers, among `numbers`, of lines that do not carry a mark of erasure yet.

    Raises OSError and duckdb.Error.
    """
    erased = {erased_line(mark).encode() for mark in marks}
    lines = _parquet_lines(path) if path.suffix == ".parquet" else _read(path).split(b"\n")
    return {
        number
        for number in numbers
        if lines[number - 1].removeprefix(codecs.BOM_UTF8) not in erased
    }


def change_lines(path: Path, changes: Changes, mark: str) -> None:
    """Replace a landed file by a copy with the changes; erased lines carry the mark.

    Raises OSError and duckdb.Error.
    """
    part = path.with_name(f".{path.name}.part")
    if path.suffix == ".parquet":
        _change_parquet(path, part, changes, mark)
    else:
        lines = _read(path).split(b"\n")
        changed = [_changed(number, line, changes, mark) for number, line in enumerate(lines, 1)]
        if changed == lines:
            return
        content = b"\n".join(changed)
        part.write_bytes(gzip.compress(content, mtime=0) if path.suffix == ".gz" else content)
    os.chmod(part, path.stat().st_mode)
    with part.open("rb") as file:
        os.fsync(file.fileno())
    os.replace(part, path)


def _changed(number: int, line: bytes, changes: Changes, mark: str) -> bytes:
    if number in changes.erased:
        start_of_file = codecs.BOM_UTF8 if line.startswith(codecs.BOM_UTF8) else b""
        return start_of_file + erased_line(mark).encode()
    for start, end in changes.masked.get(number, ()):
        line = line[:start] + _mask(line[start:end]) + line[end:]
    return line


def _mask(text: bytes) -> bytes:
    return re.sub(rb"[^\x00-\x7f]|[A-Za-z]", b"x", re.sub(rb"[0-9]", b"9", text))


def _read(path: Path) -> bytes:
    return gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()


def _parquet_lines(path: Path) -> list[bytes]:
    with duckdb.connect() as connection:
        rows = connection.execute(
            "select coalesce(line, '') from read_parquet(?, file_row_number = true)"
            " order by file_row_number",
            [str(path)],
        ).fetchall()
    return [line.encode() for (line,) in rows]


def _change_parquet(path: Path, part: Path, changes: Changes, mark: str) -> None:
    lines = _parquet_lines(path)
    changed = {
        number: _changed(number, lines[number - 1], changes, mark).decode("utf-8", "replace")
        for number in changes.erased | set(changes.masked)
    }
    with duckdb.connect() as connection:
        connection.execute("create table changed (number bigint, text varchar)")
        connection.executemany("insert into changed values (?, ?)", list(changed.items()))
        connection.execute(
            "copy (select landed.* exclude (file_row_number)"
            " replace (coalesce(changed.text, landed.line) as line)"
            " from read_parquet($path, file_row_number = true) as landed"
            " left join changed on landed.file_row_number + 1 = changed.number"
            f" order by landed.file_row_number) to '{str(part).replace(chr(39), chr(39) * 2)}'"
            " (format parquet, compression zstd)",
            {"path": str(path)},
        )
