"""Opens log files that are not landed yet, and says in which format they are.

Reads gzip (`.gz`) and zstd (`.zst`) files too. Text is decoded as UTF-8; bytes that are not UTF-8
become U+FFFD, as when the file is loaded.
"""

from __future__ import annotations

import codecs
import io
import json
import re
import zlib
from collections.abc import Iterator
from pathlib import Path

import duckdb

from logmart.errors import CommandError
from logmart.landed.table_files import DELIMITERS, TableForm, has_header_row, split_records
from logmart.landed.text_files import open_bytes

# The combined log format. The last quotation mark may be missing: servers cut long lines.
ACCESS_LOG = (
    r'^(\S+) \S+ (\S+) \[([^\]]+)\] "([A-Z]+) (\S+)[^"]*" (\d{3}) (\d+|-)'
    r'(?: "([^"]*)" "(.*?)"?)?$'
)
FORMATS = ("json", "csv", "columns", "access_log")
LOOKED_AT_LINES = 200
_ENOUGH = 0.8
_WIDE_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def format_of(path: Path) -> tuple[str, TableForm]:
    """Return the format of a file, one of FORMATS, and the form of its table where it has columns.

    Raises CommandError for a file that is missing, empty or in no known format.
    """
    if path.suffix == ".parquet":
        return "columns", TableForm()
    head = list(first_lines(path, LOOKED_AT_LINES))
    lines = [line for line in head if line.strip()]
    if not lines:
        raise CommandError(f"{path} is empty: name a file with events")
    if lines[0].lstrip().startswith("["):
        raise CommandError(
            f"{path} is one JSON list and not one object a line: convert it with"
            f" `jq -c '.[]' {path.name}`, and name the result"
        )
    if _share(is_json_object(line) for line in lines) >= _ENOUGH:
        return "json", TableForm()
    if _share(re.match(ACCESS_LOG, line) is not None for line in lines) >= _ENOUGH:
        return "access_log", TableForm()
    form = _table_form(lines)
    if form is None:
        raise CommandError(
            f"{path} is neither JSON lines, nor a table with commas, tabs, semicolons or bars, nor"
            " a combined access log: convert it to JSON lines, or write its base model by hand"
            " (docs/bring-your-own-logs.md)"
        )
    return "csv", form


def first_lines(path: Path, count: int) -> Iterator[str]:
    """Yield the first lines of a text file, without line feeds. Raises CommandError."""
    for number, line in enumerate(lines_of(path)):
        if number == count:
            return
        yield line


def lines_of(path: Path) -> Iterator[str]:
    """Yield the lines of a text file. Raises CommandError for a file that cannot be read."""
    try:
        if path.suffix == ".zst":
            yield from _zstd_lines(path)
            return
        with open_bytes(path) as file:
            start = file.read(len(codecs.BOM_UTF8))
            if start.startswith(_WIDE_MARKS):
                raise CommandError(
                    f"{path} is UTF-16: convert it with `iconv -f UTF-16 -t UTF-8`, and name the"
                    " result"
                )
            if start != codecs.BOM_UTF8:
                file.seek(0)
            text = io.TextIOWrapper(file, "utf-8", errors="replace", newline="\n")
            for line in text:
                yield line.removesuffix("\n")
    except (OSError, EOFError, zlib.error) as error:
        raise CommandError(f"{path} cannot be read ({error}): name a whole file") from error


def _zstd_lines(path: Path) -> Iterator[str]:
    with duckdb.connect() as connection:
        try:
            rows = connection.execute(
                "select line from read_csv($path, columns = {'line': 'varchar'}, delim = '\x01',"
                " quote = '', escape = '', header = false, auto_detect = false,"
                " compression = 'zstd', strict_mode = false, null_padding = true)",
                {"path": str(path)},
            )
            while row := rows.fetchone():
                yield row[0] or ""
        except duckdb.Error as error:
            reason = str(error).splitlines()[0]
            raise CommandError(f"{path} cannot be read as zstd: {reason}") from error


def is_json_object(text: str) -> bool:
    """Return whether a text is one JSON object."""
    if not text.lstrip().startswith("{"):
        return False
    try:
        json.loads(text)
    except (json.JSONDecodeError, RecursionError):
        return False
    return True


def _table_form(lines: list[str]) -> TableForm | None:
    """Return the form of a table by its first lines: the separator that splits most of them alike.

    A row with quoted line breaks is put together first.
    """
    best: tuple[float, int, TableForm] | None = None
    for delimiter in DELIMITERS:
        form = TableForm(delimiter=delimiter)
        widths = [len(cells) for _, _, cells in split_records(lines, form) if cells]
        width = max(set(widths), key=widths.count) if widths else 1
        share = widths.count(width) / len(widths) if widths else 0.0
        if width > 1 and share >= _ENOUGH and (best is None or (share, width) > best[:2]):
            best = (share, width, form)
    if best is None:
        return None
    form = best[2]
    rows = [cells for _, _, cells in split_records(lines, form) if cells]
    if has_header_row(rows):
        return form
    columns = tuple(f"column_{number}" for number in range(1, best[1] + 1))
    return TableForm(delimiter=form.delimiter, columns=columns)


def _share(answers: Iterator[bool]) -> float:
    listed = list(answers)
    return sum(listed) / len(listed)
