"""Reads landed files with columns (CSV, TSV) as one JSON object a row.

A row is keyed by the line on which it begins: a quoted line break keeps its row whole, and a header
is no row. An empty cell is left out of the object. A row that does not have as many cells as there
are columns, or that has an open quotation mark at the end of the file, is given as its text, which
is no JSON object: it is rejected as unreadable_line. A line that an erasure wrote stays as it is.
"""

from __future__ import annotations

import csv
import json
import re
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb

from logmart.landed.text_files import (
    CSV_LINE_BYTES,
    is_utf8_file,
    read_first_lines,
    read_text_lines,
    scan_text_file,
)

DELIMITERS = (",", "\t", ";", "|")
_ERASED = '{"logmart":"erased"'
_NUMBER_OR_TIME = re.compile(r"[-+]?[0-9][0-9.,:/ T+Z-]*")
# A row with an open quotation mark ends here at the latest: the mark is then no quotation.
MOST_LINES_OF_A_ROW = 1_000
MOST_LETTERS_OF_A_NAME = 200
CELLS_OF_AN_ERASED_LINE = 2
csv.field_size_limit(1 << 26)


@dataclass(frozen=True)
class TableForm:
    """The form of a table: its separator, and its columns where the files have no header."""

    delimiter: str = ","
    columns: tuple[str, ...] = ()

    @property
    def has_header(self) -> bool:
        """Return whether the first row of each file names its columns."""
        return not self.columns


def split_records(
    lines: Iterable[str], form: TableForm
) -> Iterator[tuple[int, str, list[str] | None]]:
    """Yield the records of a table: line number from 1, text, and cells (None: no record).

    Blank lines are left out.
    """
    source = iter(lines)
    waiting: deque[str] = deque()
    number = 0
    while True:
        line = waiting.popleft() if waiting else next(source, None)
        if line is None:
            return
        number += 1
        if not line.strip():
            continue
        if line.startswith(_ERASED):
            yield number, line, None
            continue
        cells, is_open = _cells(line, form.delimiter)
        text, more = line, 0
        if is_open:
            taken = _rest_of_record(line, waiting, source)
            text = "\n".join([line, *taken])
            cells, is_open = _cells(text, form.delimiter)
            if is_open or cells is None:
                waiting.extendleft(reversed(taken))
                text = line
            else:
                more = len(taken)
        yield number, text, cells
        number += more


def _rest_of_record(line: str, waiting: deque[str], source: Iterator[str]) -> list[str]:
    """Take the lines up to the one that closes the quotation that a line opens."""
    taken: list[str] = []
    marks = line.count('"')
    while marks % 2 and len(taken) < MOST_LINES_OF_A_ROW:
        following = waiting.popleft() if waiting else next(source, None)
        if following is None:
            break
        taken.append(following)
        marks += following.count('"')
    return taken


def _cells(text: str, delimiter: str) -> tuple[list[str] | None, bool]:
    """Return the cells of a record, and whether a quotation is open at its end."""
    text = text.removesuffix("\r")
    if '"' not in text:
        return text.split(delimiter), False
    try:
        # The reader takes the text as one line, in which a quoted cell may break.
        (cells,) = csv.reader([text], delimiter=delimiter, strict=True)
    except csv.Error as error:
        return None, "unexpected end" in str(error)
    return cells, False


def has_header_row(rows: list[list[str]]) -> bool:
    """Return whether the first row names columns: its cells are distinct texts, none of them a
    number or a time.
    """
    first = [cell.strip() for cell in rows[0]]
    named = [cell for cell in first if cell]
    return (
        len(named) >= len(first) - 1
        and len(set(named)) == len(named)
        and not any(_NUMBER_OR_TIME.fullmatch(cell) for cell in named)
        and (len(rows) == 1 or first not in [[c.strip() for c in row] for row in rows[1:2]])
        and all(len(cell) <= MOST_LETTERS_OF_A_NAME for cell in named)
    )


def column_names(cells: list[str]) -> list[str]:
    """Return the names of columns by a header: each distinct, none empty."""
    names: list[str] = []
    for number, cell in enumerate(cells, 1):
        name = cell.strip() or f"column_{number}"
        names.append(f"{name}_{number}" if name in names else name)
    return names


def table_rows(lines: Iterable[str], form: TableForm) -> Iterator[tuple[int, str]]:
    """Yield the rows of a table: line number, and JSON of the row or its text."""
    names = list(form.columns)
    for number, text, cells in split_records(lines, form):
        if not names:
            if cells is None:
                yield number, text
            else:
                names = column_names(cells)
            continue
        if cells is None or len(cells) != len(names):
            yield number, text
            continue
        row = {name: cell for name, cell in zip(names, cells, strict=True) if cell}
        yield number, json.dumps(row, ensure_ascii=False)


@dataclass(frozen=True)
class TableFacts:
    """The number of rows of a file, and whether DuckDB's CSV reader returns them in order, with
    row n on line n (or n + 1 below a header).
    """

    row_count: int
    is_plain: bool
    columns: tuple[str, ...]


def table_facts(path: Path, form: TableForm) -> TableFacts:
    """Count the rows of a file. Raises UnreadableFileError."""
    lines = scan_text_file(path)
    columns = _columns_of(path, form)
    row_lines = lines.line_count - form.has_header
    is_utf8 = not lines.broken_lines and (lines.is_plain_text or is_utf8_file(path))
    if is_utf8 and _plain_row_count(path, form, columns) == row_lines:
        return TableFacts(row_lines, True, columns)
    count = sum(1 for _ in table_rows(read_text_lines(path), form))
    return TableFacts(count, False, columns)


def _columns_of(path: Path, form: TableForm) -> tuple[str, ...]:
    if form.columns:
        return form.columns
    for _, _, cells in split_records(read_first_lines(path), form):
        return tuple(column_names(cells)) if cells else ()
    return ()


def plain_reader(path: Path, form: TableForm) -> str:
    """Return the table function of DuckDB that reads a plain file, every cell as text."""
    columns = _columns_of(path, form)
    types = ", ".join(f"{_quoted(name)}: 'varchar'" for name in columns)
    return (
        f"read_csv({_quoted(str(path))}, columns = {{{types}}}, delim = {_quoted(form.delimiter)},"
        f" quote = '\"', escape = '\"', header = {str(form.has_header).lower()},"
        " auto_detect = false, strict_mode = true, null_padding = false, hive_partitioning = false,"
        f" max_line_size = {CSV_LINE_BYTES})"
    )


def _plain_row_count(path: Path, form: TableForm, columns: tuple[str, ...]) -> int:
    """Return how many rows DuckDB's reader returns; -1 where it refuses the file."""
    lowered = {name.lower() for name in columns}
    # A line that an erasure wrote has two cells.
    if len(lowered) != len(columns) or len(columns) <= CELLS_OF_AN_ERASED_LINE:
        return -1
    with duckdb.connect() as connection:
        try:
            rows = connection.execute(f"select count(*) from {plain_reader(path, form)}")
            ((count,),) = rows.fetchall()
        except duckdb.Error:
            return -1
    return int(count)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
