"""The dbt-duckdb plugin that adds functions over landed files to DuckDB, and sets the key
that identifiers are hashed with.

- `is_landed_file(path)` -> boolean, whether the file is a log by its name (file_names.py)
- `landing_file_facts(paths)` -> struct(path, line_count bigint, file_kind)[]; the kind is
  `plain_text` (DuckDB's CSV reader returns every line unchanged), `broken_text` (the CSV reader
  skips the lines that are not UTF-8), `other_text` (it cannot read the lines) or `parquet`
- `landing_file_broken_lines(path)` -> struct(line_number bigint, line varchar)[], the lines of a
  `broken_text` file that are not UTF-8
- `landing_file_lines(path)` -> varchar[], every line of a text file in order

- the functions of logmart.landed.table_functions

It also sets the variables `logmart_inner_block` and `logmart_outer_block`, from which
macros/engine/hashing.sql makes keyed hashes, and `logmart_erased_ids`. The functions raise the
errors of `logmart.landed.text_files` and `logmart.landed.identifiers`.
"""

from __future__ import annotations

import atexit
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import duckdb
from dbt.adapters.duckdb.credentials import DuckDBCredentials
from dbt.adapters.duckdb.plugins import BasePlugin

from logmart.landed.file_names import is_landed_file
from logmart.landed.identifiers import (
    ErasedId,
    IdKey,
    IdKeyError,
    erased_list_path,
    holds_for,
    load_id_key,
    read_erased,
)
from logmart.landed.private_files import make_private, make_private_folder
from logmart.landed.table_functions import parquet_row_count, register_table_functions
from logmart.landed.text_files import (
    TextFileFacts,
    read_text_lines,
    scan_text_file,
)

# The table that stores a check value of the key that the database's rows were hashed with.
KEY_CHECK_TABLE = "restricted.id_key_check"
_ERASED_TYPE = "struct(kind varchar, identifier_hash varchar, erased_until timestamp)[]"


def register_functions(connection: duckdb.DuckDBPyConnection) -> None:
    """Create the functions on a connection."""
    scans: dict[str, TextFileFacts] = {}
    connection.create_function(
        "landing_file_facts",
        lambda paths: _facts_of_files(paths, scans),
        ["varchar[]"],
        "struct(path varchar, line_count bigint, file_kind varchar)[]",
    )
    connection.create_function(
        "landing_file_broken_lines",
        lambda path: _broken_lines(path, scans),
        ["varchar"],
        "struct(line_number bigint, line varchar)[]",
    )
    register_table_functions(connection)
    connection.create_function("is_landed_file", _is_landed_file, ["varchar"], "boolean")
    connection.create_function("landing_file_lines", _file_lines, ["varchar"], "varchar[]")


def give_key(
    connection: duckdb.DuckDBPyConnection, key: IdKey, erased: list[ErasedId] | None = None
) -> None:
    """Set the variables for keyed hashes and for erased ids on a connection."""
    inner, outer = key.blocks()
    connection.execute("set variable logmart_inner_block = $block", {"block": inner})
    connection.execute("set variable logmart_outer_block = $block", {"block": outer})
    known = [
        {"kind": item.kind, "identifier_hash": item.hash, "erased_until": item.until}
        for item in erased or []
        if holds_for(item, key)
    ]
    connection.execute(
        f"set variable logmart_erased_ids = cast($erased as {_ERASED_TYPE})", {"erased": known}
    )


def check_key(connection: duckdb.DuckDBPyConnection, key: IdKey, database: Path) -> None:
    """Raise IdKeyError unless the rows of the database were hashed with this key.

    In a new database, store the check value of this key.
    """
    tables = {
        f"{schema}.{table}"
        for schema, table in connection.execute(
            "select table_schema, table_name from information_schema.tables"
            " where table_catalog = current_database()"
        ).fetchall()
    }
    if KEY_CHECK_TABLE not in tables:
        if "intermediate.int_judged_events" in tables:
            raise IdKeyError(
                f"{database} was built before identifiers were hashed: remove it (`make clean`,"
                " which leaves your own logs alone) and build anew"
            )
        connection.execute("create schema if not exists restricted")
        connection.execute(
            f"create table {KEY_CHECK_TABLE} as select $check as key_check", {"check": key.check}
        )
        return
    found = connection.execute(f"select key_check from {KEY_CHECK_TABLE}").fetchall()
    if found != [(key.check,)]:
        raise IdKeyError(
            f"{database} was built with another key than {_key_origin(key)}, so every user would be"
            " split in two: set LOGMART_ID_KEY to the key that it was built with, or, to change"
            " keys, remove the database and build anew (docs/personal-data.md)"
        )


class Plugin(BasePlugin):
    """The class that dbt-duckdb loads from this module."""

    def update_connection_config(self, creds: DuckDBCredentials, config: dict[str, Any]) -> None:
        """Make the folder of the database file, because DuckDB does not. It is private, because
        DuckDB's files there hold landed text.
        """
        if creds.path != ":memory:":
            make_private_folder(Path(creds.path).parent)

    def configure_connection(self, conn: duckdb.DuckDBPyConnection) -> None:
        """Check the key when dbt opens the database, and create the functions.

        The connection is closed at exit, because DuckDB's binding prints an error otherwise.
        """
        database = Path(self.creds.path) if self.creds else Path(":memory:")
        landing = Path(os.environ.get("LOGMART_LANDING", "data/landing"))
        self._key = None if _is_published(conn) else load_id_key(database)
        self._erased = read_erased(erased_list_path(landing))
        if self._key is not None:
            check_key(conn, self._key, database)
            if self.creds and database.exists():
                make_private(database)
        register_functions(conn)
        atexit.register(conn.close)

    def configure_cursor(self, cursor: duckdb.DuckDBPyConnection) -> None:
        """Set the variables on a cursor: each cursor has its own."""
        if self._key is not None:
            give_key(cursor, self._key, self._erased)


def _is_published(connection: duckdb.DuckDBPyConnection) -> bool:
    """Return whether the database is read-only and stores no key check, as the published file."""
    return connection.execute(
        "select readonly and not exists (from duckdb_tables()"
        " where database_oid = databases.database_oid"
        " and schema_name || '.' || table_name = $key_check)"
        " from duckdb_databases() as databases where database_name = current_database()",
        {"key_check": KEY_CHECK_TABLE},
    ).fetchall() == [(True,)]


def _key_origin(key: IdKey) -> str:
    return f"that of {key.made_file}" if key.made_file else "that of LOGMART_ID_KEY"


def _facts_of_files(paths: list[str], scans: dict[str, TextFileFacts]) -> list[dict[str, object]]:
    """Scan files, one on each core at a time; keep the scans with broken lines in `scans`."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(lambda path: _file_facts(path, scans), paths))


def _file_facts(path: str, scans: dict[str, TextFileFacts]) -> dict[str, object]:
    if path.endswith(".parquet"):
        return {"path": path, "line_count": parquet_row_count(path), "file_kind": "parquet"}
    facts = scan_text_file(Path(path))
    file_kind = "plain_text" if facts.is_plain_text else "other_text"
    if facts.broken_lines:
        file_kind = "broken_text"
        scans[path] = facts
    return {"path": path, "line_count": facts.line_count, "file_kind": file_kind}


def _broken_lines(path: str, scans: dict[str, TextFileFacts]) -> list[dict[str, object]]:
    """Return the broken lines of a file, from the stored scan of this run or from a new scan."""
    facts = scans.pop(path, None) or scan_text_file(Path(path))
    return [line._asdict() for line in facts.broken_lines]


def _is_landed_file(path: str) -> bool:
    return is_landed_file(path)


def _file_lines(path: str) -> list[str]:
    return read_text_lines(Path(path))
