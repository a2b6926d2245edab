"""Reads a sample of the files that a new source lands."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import duckdb

from logmart.errors import CommandError
from logmart.landed.table_files import TableForm, column_names, split_records, table_rows
from logmart.source.log_files import (
    ACCESS_LOG,
    LOOKED_AT_LINES,
    first_lines,
    format_of,
    lines_of,
)
from logmart.source.mapping import LineMapping, read_parts

# Rows of each file that are read for a proposal.
SAMPLED_ROWS = 100_000
LONGEST_LINE = 16 << 20
ACCESS_PARTS = (
    "address", "account", "time", "method", "path", "status", "bytes", "referrer", "agent",
)  # fmt: skip
ACCESS_MAPPING = LineMapping({}, pattern=ACCESS_LOG, parts=ACCESS_PARTS, keeps_outer=False)


@dataclass(frozen=True)
class Sample:
    """The rows that were read of the files, their format, and the lines that are no row."""

    format: str
    form: TableForm
    rows: list[dict[str, Any]]
    files: tuple[Path, ...]
    line_count: int = 0
    unreadable_count: int = 0
    broken_utf8_count: int = 0
    repeated_header_count: int = 0
    columns: tuple[str, ...] = ()
    is_whole: bool = True
    row_counts: dict[Path, int] = field(default_factory=dict)

    @property
    def is_text(self) -> bool:
        """Return whether values may be texts of numbers."""
        return self.format in ("csv", "access_log")


def read_sample(files: tuple[Path, ...], limit: int = SAMPLED_ROWS) -> Sample:
    """Read up to `limit` rows of each file.

    Raises CommandError for a file that is missing, has no rows, is in no known format, or is in
    another format than the first.
    """
    found: Sample | None = None
    for path in files:
        if not path.is_file():
            raise CommandError(f"{path} is not there: name a file")
        file_format, form = format_of(path)
        if found is None:
            found = Sample(file_format, form, [], files)
        elif file_format != found.format or replace(form, columns=found.form.columns) != found.form:
            raise CommandError(
                f"{path} is {_format_text(file_format, form)} and {files[0]} is"
                f" {_format_text(found.format, found.form)}: add each kind as a source of its own"
            )
        found = _with_file(found, path, limit)
    assert found is not None
    if not found.rows:
        what = "a header and no rows" if found.format == "csv" else "no event"
        raise CommandError(f"{files[0]} has {what}: name a file with events")
    return found


def _format_text(file_format: str, form: TableForm) -> str:
    return f"{file_format} with {form.delimiter!r}" if file_format == "csv" else file_format


def _with_file(sample: Sample, path: Path, limit: int) -> Sample:
    rows, unreadable, broken, headers, lines = list(sample.rows), 0, 0, 0, 0
    columns = list(sample.columns)
    if sample.format == "csv":
        records = split_records(first_lines(path, LOOKED_AT_LINES), sample.form)
        header = next((cells for _, _, cells in records if cells), [])
        columns += sample.form.columns or column_names(header)
    is_whole = sample.is_whole
    for row in _rows(path, sample.format, sample.form):
        if lines == limit:
            is_whole = False
            break
        lines += 1
        if row is None:
            unreadable += 1
            continue
        if sample.format == "csv" and all(name == value for name, value in row.items()):
            headers += 1
        broken += "\ufffd" in json.dumps(row, ensure_ascii=False)
        rows.append(row)
    return replace(
        sample,
        rows=rows,
        line_count=sample.line_count + lines,
        unreadable_count=sample.unreadable_count + unreadable,
        broken_utf8_count=sample.broken_utf8_count + broken,
        repeated_header_count=sample.repeated_header_count + headers,
        columns=tuple(dict.fromkeys(columns)),
        is_whole=is_whole,
        row_counts={**sample.row_counts, path: lines},
    )


def _rows(path: Path, file_format: str, form: TableForm) -> Iterator[dict[str, Any] | None]:
    """Yield the rows of a file; None for a line that is no row."""
    if file_format == "columns":
        yield from _parquet_rows(path)
    elif file_format == "csv":
        for _, text in table_rows(lines_of(path), form):
            yield _object(text)
    elif file_format == "access_log":
        for line in lines_of(path):
            yield read_parts(ACCESS_MAPPING, line)
    else:
        for line in lines_of(path):
            yield _object(line) if len(line) <= LONGEST_LINE else None


def _parquet_rows(path: Path) -> Iterator[dict[str, Any] | None]:
    with duckdb.connect() as connection:
        try:
            rows = connection.execute(
                "select cast(json_merge_patch('{}', to_json(rows)) as varchar)"
                " from read_parquet($path, hive_partitioning = false) as rows",
                {"path": str(path)},
            )
            while row := rows.fetchone():
                yield _object(row[0])
        except duckdb.Error as error:
            reason = str(error).splitlines()[0]
            raise CommandError(f"{path} cannot be read as Parquet: {reason}") from error


def _object(text: str) -> dict[str, Any] | None:
    try:
        value = json.loads(text)
    except (json.JSONDecodeError, RecursionError):
        return None
    return value if isinstance(value, dict) else None
