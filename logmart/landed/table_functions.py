"""The functions over landed files with columns that the dbt-duckdb plugin adds to DuckDB.

- `landing_table_facts(paths, form)` -> struct(path, line_count bigint, file_kind varchar)[]; the
  kind is `plain_table` (DuckDB's CSV reader returns every row), `other_table`, or `columns` for
  Parquet
- `landing_table_rows(path, form)` -> struct(line_number bigint, line varchar)[], the rows of an
  `other_table`
- `landing_table_reader(path, form)` -> varchar, the table function that reads a `plain_table`

The form is JSON: {"delimiter": ",", "columns": []}. The functions raise UnreadableFileError.
"""

from __future__ import annotations

import json
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import duckdb

from logmart.landed.table_files import TableForm, plain_reader, table_facts, table_rows
from logmart.landed.text_files import UnreadableFileError, read_text_lines


def register_table_functions(connection: duckdb.DuckDBPyConnection) -> None:
    """Create the three functions on a connection."""
    connection.create_function(
        "landing_table_facts",
        _facts_of_tables,
        ["varchar[]", "varchar"],
        "struct(path varchar, line_count bigint, file_kind varchar)[]",
    )
    connection.create_function(
        "landing_table_rows",
        _rows_of_table,
        ["varchar", "varchar"],
        "struct(line_number bigint, line varchar)[]",
    )
    connection.create_function(
        "landing_table_reader", _table_reader, ["varchar", "varchar"], "varchar"
    )


def _facts_of_tables(paths: list[str], form: str) -> list[dict[str, object]]:
    """Count the rows of files with columns, one on each core at a time."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(lambda path: _facts_of_table(path, _form(form)), paths))


def _facts_of_table(path: str, form: TableForm) -> dict[str, object]:
    if path.endswith(".parquet"):
        return {"path": path, "line_count": parquet_row_count(path, ""), "file_kind": "columns"}
    facts = table_facts(Path(path), form)
    file_kind = "plain_table" if facts.is_plain else "other_table"
    return {"path": path, "line_count": facts.row_count, "file_kind": file_kind}


def _rows_of_table(path: str, form: str) -> list[dict[str, object]]:
    rows = table_rows(read_text_lines(Path(path)), _form(form))
    return [{"line_number": number, "line": line} for number, line in rows]


def _table_reader(path: str, form: str) -> str:
    return plain_reader(Path(path), _form(form))


def _form(text: str) -> TableForm:
    given = json.loads(text)
    return TableForm(given["delimiter"], tuple(given["columns"]))


def parquet_row_count(path: str, column_name: str = "line") -> int:
    """Return the number of rows of a Parquet file.

    In: the name of a column that must hold text; "" for none. Raises UnreadableFileError.
    """
    with duckdb.connect() as connection:
        try:
            column = (column_name, "VARCHAR")
            if column_name:
                (column,) = connection.execute(
                    f"describe select {column_name} from read_parquet(?)", [path]
                ).fetchall()
            rows = connection.execute("select num_rows from parquet_file_metadata(?)", [path])
            ((row_count,),) = rows.fetchall()
        except duckdb.Error as error:
            raise UnreadableFileError(Path(path), str(error).splitlines()[0]) from error
    if column[1] != "VARCHAR":
        raise UnreadableFileError(Path(path), f"its column line is {column[1]} and not text")
    return int(row_count)
