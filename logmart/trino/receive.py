"""Registers landed files with a Trino server: the step of `logmart trino build` before dbt.

Landed files stay in place. The list of files, the key and the erased ids are written as files to
the server's folder. All of them are external tables of the Hive connector, in the catalog
`landing`:

- landing.<source>.files          every landed text file of a source, by landed date
- landing.received.files          the size, line count and kind of each file: one row a file and
                                  table of its source
- landing.received.lines          the numbered lines of files that are not loaded yet
- landing.received.id_key         the key that identifiers are hashed with: one row
- landing.received.erased_ids     the erased ids, as hashes

In the catalog of the mart, the view <source>.<table> selects the lines of a source's table that are
not loaded yet; dbt knows it as the source. No statement contains the key or an identifier.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from logmart.errors import CommandError
from logmart.landed.identifiers import (
    KEY_VARIABLE,
    IdKey,
    IdKeyError,
    erased_list_path,
    holds_for,
    load_id_key,
    read_erased,
)
from logmart.landed.private_files import make_private_folder
from logmart.trino.landed_files import LandedFile, landed_files, write_lines
from logmart.trino.server import CATALOG, Server, ask

# The separator of columns in the files of these tables; no path or hash contains it.
_SEPARATOR = "\x1f"
_TABLES = {
    "files": (
        "source_name varchar, table_name varchar, landing_file varchar, path varchar,"
        " landed_date date, size_bytes bigint, line_count bigint, file_kind varchar"
    ),
    "id_key": "key_hex varchar",
    "erased_ids": "kind varchar, identifier_hash varchar, erased_until varchar",
}


@dataclass(frozen=True)
class SourceTable:
    """A table of a dbt source, and the pattern of its files below the landing zone."""

    source: str
    name: str
    pattern: str


def receive(
    server: Server,
    landing: Path,
    tables: list[SourceTable],
    key: IdKey,
    *,
    is_full_refresh: bool = False,
) -> list[LandedFile]:
    """Register the landed files with the server; return them.

    In: `is_full_refresh`, whether to provide the lines of loaded files again. Raises CommandError
    for a file that cannot be read or is in no partition, and when the server's tables were built
    with another key.
    """
    sources = sorted({table.source for table in tables})
    _create_tables(server, sources, tables)
    _check_key(server, key)
    known = _known_files(server.disk)
    files = [file for source in sources for file in landed_files(landing, source, known)]
    loaded = set() if is_full_refresh else _loaded_files(server, tables)
    new_files = [file for file in files if file.landing_file not in loaded]
    write_lines(server.disk / "received" / "lines", new_files)
    _write_table(server.disk, "id_key", [[key.secret.hex()]])
    _write_table(server.disk, "erased_ids", _erased_rows(landing, key))
    # Write this last: when a build finds a file here, its lines and the erased ids are complete.
    _write_table(server.disk, "files", list(_file_rows(files, tables)))
    for source in sources:
        ask(server, f"call landing.system.sync_partition_metadata('{source}', 'files', 'FULL')")
    return files


def _create_tables(server: Server, sources: list[str], tables: list[SourceTable]) -> None:
    for schema in ("landing.received", *(f"landing.{source}" for source in sources)):
        ask(server, f"create schema if not exists {schema}")
    for name, columns in _TABLES.items():
        (server.disk / "received" / name).mkdir(parents=True, exist_ok=True)
        ask(
            server,
            f"create table if not exists landing.received.{name} ({columns}) with ("
            f"external_location = 'local:///received/{name}', format = 'TEXTFILE',"
            " textfile_field_separator = U&'\\001F')",
        )
    (server.disk / "received" / "lines").mkdir(parents=True, exist_ok=True)
    ask(
        server,
        "create table if not exists landing.received.lines"
        " (landing_file varchar, line_number bigint, line varchar) with ("
        "external_location = 'local:///received/lines', format = 'PARQUET')",
    )
    for source in sources:
        # Trino wants the folder even of a source that has not landed yet.
        make_private_folder(server.disk / "landing" / source)
        # U+0001 as null and separator: a blank line is text, and a line is one column.
        ask(
            server,
            f"create table if not exists landing.{source}.files (line varchar, dt date) with ("
            f"external_location = 'local:///landing/{source}', partitioned_by = array['dt'],"
            " format = 'TEXTFILE', null_format = U&'\\0001',"
            " textfile_field_separator = U&'\\0001')",
        )
    for table in tables:
        ask(server, f"create schema if not exists {CATALOG}.{table.source}")
        ask(
            server,
            f"create or replace view {CATALOG}.{table.source}.{table.name} as"
            " select lines.line, files.path as filename, files.size_bytes as size,"
            " lines.landing_file, lines.line_number"
            " from landing.received.lines as lines"
            " inner join landing.received.files as files"
            " on lines.landing_file = files.landing_file"
            f" where files.source_name = '{table.source}' and files.table_name = '{table.name}'",
        )


def _check_key(server: Server, key: IdKey) -> None:
    """Raise CommandError unless the server's tables were built with this key. New tables store its
    check value.
    """
    ask(server, f"create schema if not exists {CATALOG}.restricted")
    table = f"{CATALOG}.restricted.id_key_check"
    ask(server, f"create table if not exists {table} (key_check varchar)")
    found = ask(server, f"select key_check from {table}")
    if not found:
        ask(server, f"insert into {table} values ('{key.check}')")
    elif found != [[key.check]]:
        raise CommandError(
            "the tables of the Trino server were built with another key, so every user would be"
            f" split in two: set {KEY_VARIABLE} to the key that they were built with, or, to change"
            f" keys, remove {server.folder} and build anew (docs/personal-data.md)"
        )


def _known_files(disk: Path) -> dict[str, tuple[int, int, str]]:
    file = disk / "received" / "files" / "rows"
    if not file.exists():
        return {}
    rows = [line.split(_SEPARATOR) for line in file.read_text("utf-8").splitlines()]
    return {row[2]: (int(row[5]), int(row[6]), row[7]) for row in rows}


def _loaded_files(server: Server, tables: list[SourceTable]) -> set[str]:
    """Return the files that the base models have loaded, by their paths below the landing zone."""
    there = {
        str(name)
        for (name,) in ask(
            server,
            f"select table_name from {CATALOG}.information_schema.tables"
            " where table_schema = 'restricted' and table_type = 'BASE TABLE'",
        )
    }
    loaded: set[str] = set()
    for table in tables:
        base = f"base_{table.source}__{table.name}"
        if base in there:
            loaded |= {
                str(file)
                for (file,) in ask(
                    server,
                    f"select landing_file from {CATALOG}.restricted.{base} where line_number = 1",
                )
            }
    return loaded


def _erased_rows(landing: Path, key: IdKey) -> list[list[str]]:
    try:
        erased = read_erased(erased_list_path(landing))
    except IdKeyError as error:
        raise CommandError(str(error)) from error
    return [
        [
            item.kind,
            item.hash,
            item.until.isoformat(sep=" ", timespec="microseconds") if item.until else r"\N",
        ]
        for item in erased
        if holds_for(item, key)
    ]


def _file_rows(files: list[LandedFile], tables: list[SourceTable]) -> Iterator[list[str]]:
    for table in tables:
        name = table.pattern.rsplit("/", 1)[-1]
        for file in files:
            if file.source == table.source and fnmatchcase(file.path.name, name):
                yield [
                    file.source,
                    table.name,
                    file.landing_file,
                    f"local:///landing/{file.landing_file}",
                    file.landed_date.isoformat(),
                    str(file.size_bytes),
                    str(file.line_count),
                    file.file_kind,
                ]


def _write_table(disk: Path, name: str, rows: list[list[str]]) -> None:
    """Replace the single file of a table in one step; only its owner can read it."""
    folder = disk / "received" / name
    part = folder / ".rows"
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.writelines(_SEPARATOR.join(row) + "\n" for row in rows)
        file.flush()
        os.fsync(file.fileno())
    os.replace(part, folder / "rows")


def source_tables(manifest: Any) -> list[SourceTable]:
    """Return the source tables of a parsed project that are read from landed files.

    Raises CommandError for a source whose files have columns.
    """
    for source in manifest.sources.values():
        if source.config.enabled and source.config.meta.get("format") in ("csv", "columns"):
            raise CommandError(
                f"source {source.source_name} lands files with columns, which Trino's receive step"
                " does not read: build it on DuckDB, or land JSON lines (docs/trino.md)"
            )
    return [
        SourceTable(
            source.source_name,
            source.identifier,
            source.config.meta["external_location"],
        )
        for source in manifest.sources.values()
        if source.config.enabled and "external_location" in source.config.meta
    ]


def id_key(server: Server) -> IdKey:
    """Return the key of the environment, else the key of a file in the server's folder."""
    try:
        return load_id_key(server.folder / "logmart")
    except IdKeyError as error:
        raise CommandError(str(error)) from error
