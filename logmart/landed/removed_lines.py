"""Erases and masks lines of landed files. All lines keep their numbers.

An erased line is replaced by `identifiers.erased_line()`. In a masked line, spans of bytes are
replaced by as many letters `x` and digits `9`. Both are idempotent. A file is replaced in one step.
A gzip file that was cut is read as far as it goes, and is still cut after a change: nobody takes
the rest of it for a whole file.
"""

from __future__ import annotations

import codecs
import gzip
import json
import os
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from logmart.landed.identifiers import erased_line
from logmart.landed.quarantine import FOLDER
from logmart.landed.table_files import TableForm, split_records

Span = tuple[int, int]
# The column of a Parquet file with columns that holds the text of a row that was changed.
CHANGED_ROW = "logmart_line"
ROW_TEXT = (
    f"coalesce(json_extract_string(to_json(rows), '$.{CHANGED_ROW}'),"
    " cast(json_merge_patch('{}', to_json(rows)) as varchar))"
)
# What zlib reads as gzip.
_GZIP_WINDOW = 31
# A gzip file ends in a checksum and a length of four bytes each.
_GZIP_END_BYTES = 8


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
    content = b"\n".join(lines_in(path))
    if not any(needle in content for needle in needles):
        return
    for number, line in enumerate(content.split(b"\n"), 1):
        spans = tuple(match.span() for match in word.finditer(line))
        if spans:
            yield number, line, spans


def lines_in(path: Path) -> list[bytes]:
    """Return the lines of a landed file. Raises OSError and duckdb.Error."""
    return _parquet_lines(path) if path.suffix == ".parquet" else _read(path).split(b"\n")


def lines_of(path: Path, numbers: set[int], marks: list[str]) -> set[int]:
    """Return the line numbers, among `numbers`, of lines that do not carry a mark of erasure yet.

    Raises OSError and duckdb.Error.
    """
    erased = {erased_line(mark).encode() for mark in marks}
    lines = lines_in(path)
    return {
        number
        for number in numbers
        if lines[number - 1].removeprefix(codecs.BOM_UTF8) not in erased
    }


def change_lines(path: Path, changes: Changes, mark: str, *, form: TableForm | None = None) -> None:
    """Replace a landed file by a copy with the changes; erased lines carry the mark.

    In: `form` of a file with rows: the further lines of an erased row become blank lines, which are
    no rows. Raises OSError and duckdb.Error.
    """
    part = path.with_name(f".{path.name}.part")
    if path.suffix == ".parquet":
        _change_parquet(path, part, changes, mark)
    else:
        lines = _read(path).split(b"\n")
        changed = [_changed(number, line, changes, mark) for number, line in enumerate(lines, 1)]
        for number in _further_lines(lines, changes.erased, form) if form else ():
            changed[number - 1] = b""
        if changed == lines:
            return
        content = b"\n".join(changed)
        part.write_bytes(_zipped(path, content) if path.suffix == ".gz" else content)
    os.chmod(part, path.stat().st_mode)
    with part.open("rb") as file:
        os.fsync(file.fileno())
    os.replace(part, path)


def _further_lines(lines: list[bytes], erased: frozenset[int], form: TableForm) -> Iterator[int]:
    """Yield the numbers of the lines that follow the first line of an erased row."""
    texts = (line.decode("utf-8", "replace") for line in lines)
    for number, text, cells in split_records(texts, form):
        more = range(number + 1, number + 1 + text.count("\n")) if cells else ()
        if number in erased or any(each in erased for each in more):
            yield from more


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
    """Return the text of a file; of a quarantined one that was cut, as far as it can be read."""
    if path.suffix != ".gz":
        return path.read_bytes()
    content, is_whole = _unzipped(path.read_bytes())
    if not is_whole and FOLDER not in path.parts:
        raise OSError("the file was cut")
    return content


def _unzipped(content: bytes) -> tuple[bytes, bool]:
    """Return the text of a gzip file, and whether it could be read to its end."""
    try:
        return gzip.decompress(content), True
    except (OSError, EOFError, zlib.error):
        pass
    parts, rest = [], content
    while rest:
        member = zlib.decompressobj(_GZIP_WINDOW)
        try:
            parts.append(member.decompress(rest))
        except zlib.error:
            break
        rest = member.unused_data
    return b"".join(parts), False


def _zipped(path: Path, content: bytes) -> bytes:
    """Return a text as a gzip file, without its end where the file in this path has none."""
    zipped = gzip.compress(content, mtime=0)
    return zipped if _unzipped(path.read_bytes())[1] else zipped[:-_GZIP_END_BYTES]


def _parquet_lines(path: Path) -> list[bytes]:
    with duckdb.connect() as connection:
        line = "coalesce(line, '')" if _has_lines(connection, path) else ROW_TEXT
        rows = connection.execute(
            f"select {line} from read_parquet(?) as rows order by file_row_number", [str(path)]
        ).fetchall()
    return [line.encode() for (line,) in rows]


def _has_lines(connection: duckdb.DuckDBPyConnection, path: Path) -> bool:
    """Return whether a Parquet file has lines, and no columns of its own."""
    columns = connection.execute("describe from read_parquet(?)", [str(path)]).fetchall()
    return "line" in {name for name, *_ in columns}


def _change_parquet(path: Path, part: Path, changes: Changes, mark: str) -> None:
    lines = _parquet_lines(path)
    changed = {
        number: _changed(number, lines[number - 1], changes, mark).decode("utf-8", "replace")
        for number in changes.erased | set(changes.masked)
    }
    with duckdb.connect() as connection:
        connection.execute("create table changed (number bigint, text varchar)")
        connection.executemany("insert into changed values (?, ?)", list(changed.items()))
        if _has_lines(connection, path):
            values = "landed.* replace (coalesce(changed.text, landed.line) as line)"
        else:
            columns = connection.execute("describe from read_parquet(?)", [str(path)]).fetchall()
            values = ", ".join(
                f"case when changed.number is null then landed.{_name(name)} end as {_name(name)}"
                for name, *_ in columns
                if name != CHANGED_ROW
            )
            names = {name for name, *_ in columns}
            kept = f"landed.{CHANGED_ROW}" if CHANGED_ROW in names else "null"
            values += f", coalesce(changed.text, {kept}) as {CHANGED_ROW}"
        connection.execute(
            f"copy (select {values}"
            " from read_parquet($path) as landed"
            " left join changed on landed.file_row_number + 1 = changed.number"
            f" order by landed.file_row_number) to '{str(part).replace(chr(39), chr(39) * 2)}'"
            " (format parquet, compression zstd)",
            {"path": str(path)},
        )


def _name(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'
