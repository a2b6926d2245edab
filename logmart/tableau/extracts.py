"""Writes the extracts: rows go from DuckDB to a .hyper file and back, and are compared."""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

import duckdb

from logmart.dbt.manifest import quoted
from logmart.errors import CommandError
from logmart.settings import PROJECT
from logmart.tableau.types import ExtractType

PYTHON = PROJECT / "operations/.venv/bin/python"
SCRIPT = PROJECT / "operations/tableau/hyper_extracts.py"
_REMEDY = "install it with `make operations/.venv/.locked`"


class ExtractWriter:
    """Writes extracts with a process that has the Hyper API."""

    def __init__(self, process: subprocess.Popen[str], errors: TextIO) -> None:
        self._process = process
        self._errors = errors

    def write(
        self,
        connection: duckdb.DuckDBPyConnection,
        relation: str,
        types: Mapping[str, ExtractType],
        extract: Path,
    ) -> int:
        """Write a relation's columns to a .hyper file with one table of the file's name; return the
        number of rows.

        Raises CommandError when the extract cannot be written, or differs when it is read back.
        """
        columns = ", ".join(
            f"{kind.expression(name)} as {quoted(name)}" for name, kind in types.items()
        )
        rows, read_back = extract.with_suffix(".parquet"), extract.with_suffix(".back.parquet")
        try:
            query = f"select {columns} from {relation}"
            connection.execute(f"copy ({query}) to {_text(rows)} (format parquet)")
            self._ask(rows=rows, extract=extract, table=extract.stem, read_back=read_back)
            _check_types(connection, read_back, types, extract.stem)
            return _check_rows(connection, query, read_back, extract.stem)
        finally:
            rows.unlink(missing_ok=True)
            read_back.unlink(missing_ok=True)

    def _ask(self, **job: object) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            self._process.stdin.write(json.dumps(job, default=str) + "\n")
            self._process.stdin.flush()
            line = self._process.stdout.readline()
        except BrokenPipeError:
            line = ""
        answer = json.loads(line) if line else {"error": self._last_error()}
        if "error" in answer:
            raise CommandError(f"{job['table']}: no extract is written: {answer['error']}")

    def _last_error(self) -> str:
        """Return why the process ended, and the remedy."""
        self._process.wait()
        self._errors.seek(0)
        lines = self._errors.read().strip().splitlines() or ["the process ended"]
        if "No module named 'tableauhyperapi'" in lines[-1]:
            return f"{PYTHON} has no Hyper API (there is none for Linux on ARM): {_REMEDY}"
        return lines[-1]


@contextmanager
def extract_writer() -> Iterator[ExtractWriter]:
    """Start the process that writes extracts, and end it.

    Raises CommandError when its environment is not installed.
    """
    if not PYTHON.exists():
        raise CommandError(f"{PYTHON} is not there, which writes extracts: {_REMEDY}")
    with tempfile.TemporaryFile("w+", encoding="utf-8") as errors:
        process = subprocess.Popen(
            [PYTHON, SCRIPT],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            encoding="utf-8",
        )
        try:
            yield ExtractWriter(process, errors)
        finally:
            # This closes the process's input, which ends it, and waits.
            process.communicate()


def _check_types(
    connection: duckdb.DuckDBPyConnection,
    read_back: Path,
    types: Mapping[str, ExtractType],
    table: str,
) -> None:
    """Raise CommandError where the columns that are read back have other types."""
    found = dict(
        connection.execute(
            f"select column_name, column_type from (describe from {_text(read_back)})"
        ).fetchall()
    )
    for name, kind in types.items():
        if found.get(name) != kind.sql_type:
            raise CommandError(
                f"{table}.{name} is read back as {found.get(name)} instead of {kind.sql_type}: the"
                " extract is not kept"
            )


def _check_rows(
    connection: duckdb.DuckDBPyConnection, query: str, read_back: Path, table: str
) -> int:
    """Return the number of rows. Raises CommandError where those that are read back differ."""
    ((count, count_back, missing),) = connection.execute(
        f"""
        select
            (select count(*) from ({query})),
            (select count(*) from {_text(read_back)}),
            (select count(*) from (({query}) except all (from {_text(read_back)})))
        """
    ).fetchall()
    if count != count_back or missing:
        raise CommandError(
            f"{table}: the extract differs from the mart when it is read back, in {missing} of"
            f" {count} rows: it is not kept"
        )
    return int(count)


def _text(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"
