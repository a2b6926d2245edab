"""Checks before an erasure writes: the following build must load the same sources as the last."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from pathlib import Path

import duckdb

from logmart.dbt.artifacts import read_model_tables
from logmart.errors import CommandError

_LEDGER = re.compile(r"base_(.+)__files")


def check_loaded_sources(
    database: Path, target_path: Path, sources: Collection[str], *, is_full_refresh: bool
) -> None:
    """Raise CommandError unless the build has the same sources as the database.

    The artifacts in `target_path` must have these sources too, unless this is a full refresh.
    """
    if not database.exists():
        raise CommandError(f"{database} is not there: build first with `make build`")
    with duckdb.connect(str(database), read_only=True) as connection:
        tables = connection.execute(
            "select table_name from information_schema.tables where table_schema = 'staging'"
        ).fetchall()
    loaded = _ledgers(name for (name,) in tables)
    if loaded != set(sources):
        raise CommandError(
            f"{database} was built from {_named(loaded)}, and this would build from"
            f" {_named(sources)}: give the options of the last build, such as"
            f' FLAGS="--sources {",".join(sorted(loaded))}"'
        )
    if is_full_refresh:
        return
    described = _ledgers(model.name for model in read_model_tables(target_path))
    if described != loaded:
        raise CommandError(
            f"{target_path} is of a build from {_named(described)}, and {database} of one from"
            f" {_named(loaded)}: name the folder of the database's artifacts with TARGET=<folder>,"
            " or add FLAGS=--full-refresh"
        )


def _ledgers(names: Iterable[str]) -> set[str]:
    """Return the sources whose ledger of loaded files is among the table names."""
    found = map(_LEDGER.fullmatch, names)
    return {match[1] for match in found if match}


def _named(sources: Collection[str]) -> str:
    return ", ".join(sorted(sources)) or "no source"
