"""The dbt-duckdb plugin that gives DuckDB two functions over landed files.

- `landing_file_facts(path)` -> struct(line_count bigint, file_kind varchar), the kind one of
  `plain_text` (DuckDB's CSV reader gives back every line as it is), `other_text` and `parquet`
- `landing_file_lines(path)` -> varchar[], every line of a text file in order

`landing.text_files` says what they raise.
"""

from __future__ import annotations

import atexit
from pathlib import Path
from typing import Any

import duckdb
from dbt.adapters.duckdb.credentials import DuckDBCredentials
from dbt.adapters.duckdb.plugins import BasePlugin

from landing.text_files import read_text_lines, scan_text_file


def register_functions(connection: duckdb.DuckDBPyConnection) -> None:
    """Create the two functions on a connection."""
    connection.create_function(
        "landing_file_facts",
        _file_facts,
        ["varchar"],
        "struct(line_count bigint, file_kind varchar)",
    )
    connection.create_function("landing_file_lines", _file_lines, ["varchar"], "varchar[]")


class Plugin(BasePlugin):
    """What dbt-duckdb loads by the module's name."""

    def update_connection_config(self, creds: DuckDBCredentials, config: dict[str, Any]) -> None:
        """Make the folder of the database file, which DuckDB would ask for."""
        if creds.path != ":memory:":
            Path(creds.path).parent.mkdir(parents=True, exist_ok=True)

    def configure_connection(self, conn: duckdb.DuckDBPyConnection) -> None:
        """Create the functions when dbt opens the database.

        A tool that leaves the connection open would have DuckDB's binding complain at exit.
        """
        register_functions(conn)
        atexit.register(conn.close)


def _file_facts(path: str) -> dict[str, object]:
    if path.endswith(".parquet"):
        return {"line_count": _parquet_row_count(path), "file_kind": "parquet"}
    facts = scan_text_file(Path(path))
    file_kind = "plain_text" if facts.is_plain_text else "other_text"
    return {"line_count": facts.line_count, "file_kind": file_kind}


def _file_lines(path: str) -> list[str]:
    return read_text_lines(Path(path))


def _parquet_row_count(path: str) -> int:
    with duckdb.connect() as connection:
        rows = connection.execute("select num_rows from parquet_file_metadata(?)", [path])
        ((row_count,),) = rows.fetchall()
    return int(row_count)
