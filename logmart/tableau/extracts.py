"""Writes the extracts: rows go from DuckDB to a .hyper file and back, and are compared."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import duckdb

from logmart.dbt.manifest import quoted
from logmart.errors import CommandError
from logmart.operations_script import (
    PYTHON,
    REMEDY,
    OperationsScript,
    ScriptEndedError,
    operations_script,
)
from logmart.settings import PROJECT
from logmart.tableau.types import ExtractType

SCRIPT = PROJECT / "operations/tableau/hyper_extracts.py"


class ExtractWriter:
    """Writes extracts with a process that has the Hyper API."""

    def __init__(self, script: OperationsScript) -> None:
        self._script = script

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
        try:
            answer = self._script.ask(job)
        except ScriptEndedError as error:
            answer = {"error": _reason(str(error))}
        if "error" in answer:
            raise CommandError(f"{job['table']}: no extract is written: {answer['error']}")


@contextmanager
def extract_writer() -> Iterator[ExtractWriter]:
    """Start the process that writes extracts, and end it.

    Raises CommandError when its environment is not installed.
    """
    with operations_script(PYTHON, SCRIPT, "writes extracts") as script:
        yield ExtractWriter(script)


def _reason(last_error: str) -> str:
    """Return why the process ended, and the remedy."""
    if "No module named 'tableauhyperapi'" in last_error:
        return f"{PYTHON} has no Hyper API (there is none for Linux on ARM): {REMEDY}"
    return last_error


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
