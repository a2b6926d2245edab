"""Publishes the marts: copies them to the file that people read, in one atomic step.

Readers of the published file never see a half-built or failed mart, and never block a build.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import duckdb

from logmart.dbt.artifacts import Artifacts, Mart, read_artifacts
from logmart.dbt.manifest import quoted
from logmart.errors import CommandError
from logmart.failure_kinds import error_of
from logmart.mart.stale_stamp import remove_stamp

PASSED = frozenset({"success", "pass", "warn", "no-op"})


@dataclass(frozen=True)
class Publication:
    """The published file, its number of tables, and whether its content changed."""

    path: Path
    table_count: int
    changed: bool

    def sentence(self) -> str:
        """Return the publication as a line to print."""
        if self.changed:
            return f"Published {self.table_count} marts to {self.path}"
        return f"{self.path} already holds these {self.table_count} marts"


def publish(database: Path, published: Path, target_path: Path) -> Publication:
    """Copy the marts of a finished build to the published file.

    In: the build's database, the file to publish to, the folder of the build's artifacts. The file
    does not change when it already holds the same rows and comments; else it is replaced whole.
    A stamp that it was stale is removed.
    Raises CommandError when the build did not pass, or when one of its marts is missing.
    """
    artifacts = read_artifacts(target_path)
    _check_passed(artifacts)
    published.parent.mkdir(parents=True, exist_ok=True)
    new = published.with_name(f"{published.stem}.new{published.suffix}")
    new.unlink(missing_ok=True)
    try:
        with duckdb.connect() as connection:
            _attach(connection, database, "build", read_only=True)
            if _holds(connection, published, artifacts.marts):
                remove_stamp(published)
                return Publication(published, len(artifacts.marts), changed=False)
            _attach(connection, new, "new", read_only=False)
            for mart in artifacts.marts:
                _copy(connection, mart)
            connection.execute("detach new")
        os.replace(new, published)
        remove_stamp(published)
    except (duckdb.Error, OSError) as error:
        message = f"{published} is left as it was: {str(error).splitlines()[0]}"
        raise error_of(message, [str(error)]) from error
    finally:
        new.unlink(missing_ok=True)
    return Publication(published, len(artifacts.marts), changed=True)


def _check_passed(artifacts: Artifacts) -> None:
    if artifacts.command != "build":
        raise CommandError(
            f"the last dbt command in {artifacts.folder} was `{artifacts.command}`: only the marts"
            " of a `dbt build` that passed are published"
        )
    failed = [result.name for result in artifacts.results if result.status not in PASSED]
    if failed:
        more = f" and {len(failed) - 1} more" if len(failed) > 1 else ""
        raise CommandError(f"the last build did not pass ({failed[0]}{more}): nothing is published")


def _holds(connection: duckdb.DuckDBPyConnection, published: Path, marts: list[Mart]) -> bool:
    if not published.exists():
        return False
    try:
        _attach(connection, published, "published", read_only=True)
        tables = connection.execute(
            "select schema_name, table_name from duckdb_tables() where database_name = 'published'"
        ).fetchall()
        return set(tables) == {(mart.schema, mart.name) for mart in marts} and all(
            _content(connection, "build", mart) == _content(connection, "published", mart)
            and _comments(connection, mart) == mart.comments()
            for mart in marts
        )
    except duckdb.Error:
        # The file is of another version or not a published mart: replace it.
        return False


def _content(connection: duckdb.DuckDBPyConnection, database: str, mart: Mart) -> object:
    """Return columns, types, row count and a hash of the rows in any order."""
    relation = mart.relation(database)
    columns = connection.execute(f"describe {relation}").fetchall()
    rows = connection.execute(f"select count(*), sum(hash(t)) from {relation} as t").fetchone()
    return [column[:2] for column in columns], rows


def _comments(connection: duckdb.DuckDBPyConnection, mart: Mart) -> dict[str, str]:
    rows = connection.execute(
        "select '', comment from duckdb_tables()"
        " where database_name = 'published' and schema_name = $schema and table_name = $name"
        " union all select column_name, comment from duckdb_columns()"
        " where database_name = 'published' and schema_name = $schema and table_name = $name",
        {"schema": mart.schema, "name": mart.name},
    ).fetchall()
    return {column: comment for column, comment in rows if comment}


def _copy(connection: duckdb.DuckDBPyConnection, mart: Mart) -> None:
    connection.execute(f"create schema if not exists new.{quoted(mart.schema)}")
    connection.execute(f"create table {mart.relation('new')} as from {mart.relation('build')}")
    for column, comment in mart.comments().items():
        table = mart.relation("new")
        commented = f"column {table}.{quoted(column)}" if column else f"table {table}"
        connection.execute(f"comment on {commented} is {_literal(comment)}")


def _attach(
    connection: duckdb.DuckDBPyConnection, path: Path, name: str, *, read_only: bool
) -> None:
    options = " (read_only)" if read_only else ""
    connection.execute(f"attach {_literal(str(path))} as {name}{options}")


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
