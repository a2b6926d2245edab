"""Deletes the rows that were loaded from landed files, so that the next build loads them again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

from logmart.dbt.artifacts import ModelTable
from logmart.errors import CommandError


@dataclass(frozen=True)
class Reload:
    """The files that will be loaded again: those of the range, and those with copies of their
    events.
    """

    file_count: int
    copy_file_count: int
    rebuilt_models: tuple[str, ...]

    def sentence(self) -> str:
        """Return the reload as a line to print."""
        copies = f", and {self.copy_file_count} with copies of their events," * bool(
            self.copy_file_count
        )
        rebuilt = f"; built anew: {', '.join(self.rebuilt_models)}" if self.rebuilt_models else ""
        return f"{self.file_count} landed files{copies} will be loaded again{rebuilt}"


def forget(
    database: Path, models: list[ModelTable], sources: list[str], first: date, last: date
) -> Reload:
    """Delete the rows of the files whose partition lies in a range, both ends included.

    A row in another file may be a duplicate of a deleted row, so files with copies of the deleted
    events are loaded again too. The ledger keeps the sizes of these files, and stops the build when
    one has changed. An incremental model whose rows have no file is dropped, and so rebuilt, unless
    it remembers runs. All of this is one transaction.
    Raises CommandError when no file of the sources was loaded from the range.
    """
    by_name = {model.name: model for model in models}
    absent = [source for source in sources if f"base_{source}__files" not in by_name]
    if absent:
        raise CommandError(
            f"{absent[0]} is no source of the last build: name its sources with --sources"
        )
    try:
        with duckdb.connect(str(database)) as connection:
            connection.begin()
            connection.execute(
                "create temp table reloaded (landing_file varchar, is_in_range boolean)"
            )
            for source in sources:
                _choose_files(connection, by_name, source, first, last)
            counts = connection.execute(
                "select count(*) filter (where is_in_range), count(*) from reloaded"
            ).fetchone()
            in_range, chosen = counts or (0, 0)
            if not in_range:
                raise CommandError(
                    f"no file of {', '.join(sources)} was loaded from dt={first} to dt={last}:"
                    " a build loads what is new by itself"
                )
            ledgers = {f"base_{source}__files" for source in sources}
            rebuilt = tuple(
                model.name
                for model in models
                if not _forget_files(connection, model, is_ledger=model.name in ledgers)
            )
            connection.execute("drop table reloaded")
            connection.commit()
    except duckdb.Error as error:
        raise CommandError(f"{database} is left as it was: {str(error).splitlines()[0]}") from error
    return Reload(in_range, chosen - in_range, rebuilt)


def forget_files(database: Path, models: list[ModelTable], files: list[str]) -> None:
    """Delete the rows of some landed files, and of files with copies of their events, as forget()
    does for a range. This is one transaction; files that are not loaded are ignored.
    """
    by_name = {model.name: model for model in models}
    ledgers = {name for name in by_name if name.startswith("base_") and name.endswith("__files")}
    sources = [name.removeprefix("base_").removesuffix("__files") for name in sorted(ledgers)]
    try:
        with duckdb.connect(str(database)) as connection:
            connection.begin()
            connection.execute(
                "create temp table reloaded as"
                " select unnest($files::varchar[]) as landing_file, true as is_in_range",
                {"files": files},
            )
            for source in sources:
                if f"base_{source}__events" in by_name:
                    _choose_copies(connection, by_name, source)
            for model in models:
                _forget_files(connection, model, is_ledger=model.name in ledgers)
            connection.execute("drop table reloaded")
            connection.commit()
    except duckdb.Error as error:
        raise CommandError(f"{database} is left as it was: {str(error).splitlines()[0]}") from error


def _choose_files(
    connection: duckdb.DuckDBPyConnection,
    models: dict[str, ModelTable],
    source: str,
    first: date,
    last: date,
) -> None:
    files = models[f"base_{source}__files"].relation
    connection.execute(
        f"insert into reloaded select landing_file, true from {files}"
        " where landed_date between $first and $last",
        {"first": first, "last": last},
    )
    _choose_copies(connection, models, source)


def _choose_copies(
    connection: duckdb.DuckDBPyConnection, models: dict[str, ModelTable], source: str
) -> None:
    events = models[f"base_{source}__events"].relation
    connection.execute(
        f"insert into reloaded select distinct landing_file, false from {events}"
        f" where event_id in (select event_id from {events} inner join reloaded"
        " using (landing_file) where is_in_range)"
        " and landing_file not in (select landing_file from reloaded)"
    )


def _forget_files(
    connection: duckdb.DuckDBPyConnection, model: ModelTable, *, is_ledger: bool
) -> bool:
    """Delete a model's rows of the chosen files and return True.

    Drop a model without a column `landing_file` instead and return False, unless it remembers runs.
    """
    columns = connection.execute(
        "select column_name from information_schema.columns"
        " where table_schema = $schema and table_name = $name",
        {"schema": model.schema, "name": model.alias},
    ).fetchall()
    if ("landing_file",) in columns:
        connection.execute(
            f"delete from {model.relation} where landing_file in"
            f" (select landing_file from reloaded {'where is_in_range' if is_ledger else ''})"
        )
        return True
    if model.remembers_runs or not columns:
        return True
    connection.execute(f"drop table {model.relation}")
    return False
