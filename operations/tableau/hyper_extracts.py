"""Writes .hyper extracts from Parquet files, and reads them back.

Each line of standard input is a JSON object with the paths of one extract: `rows`, the Parquet file
to read; `extract`, the .hyper file to write; `table`, its table in the schema `Extract`; and
`read_back`, the Parquet file to write the extract's rows to. Each line of standard output answers
one: {} or {"error": ...}. It needs the Hyper API, so it runs in the environment of operations/.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from tableauhyperapi import (
    Connection,
    CreateMode,
    HyperException,
    HyperProcess,
    TableName,
    Telemetry,
    escape_string_literal,
)

SCHEMA = "Extract"
# No hyperd.log is written. Version 3 of the files has decimals of more than 18 digits.
PARAMETERS = {"log_config": "", "default_database_version": "3"}


def main() -> None:
    """Answer each line with one line."""
    with HyperProcess(
        Telemetry.DO_NOT_SEND_USAGE_DATA_TO_TABLEAU, parameters=PARAMETERS
    ) as process:
        for line in sys.stdin:
            answer = {}
            try:
                write_extract(process, json.loads(line))
            except HyperException as error:
                answer["error"] = str(error).splitlines()[0]
            print(json.dumps(answer), flush=True)


def write_extract(process: HyperProcess, job: dict[str, Any]) -> None:
    """Write one extract and read it back. Raises HyperException."""
    table = TableName(SCHEMA, job["table"])
    rows, read_back = escape_string_literal(job["rows"]), escape_string_literal(job["read_back"])
    with Connection(process.endpoint, job["extract"], CreateMode.CREATE_AND_REPLACE) as connection:
        connection.catalog.create_schema(SCHEMA)
        connection.execute_command(
            f"create table {table} as (select * from external({rows}, format => 'parquet'))"
        )
    with Connection(process.endpoint, job["extract"]) as connection:
        connection.execute_command(
            f"copy (select * from {table}) to {read_back} with (format => 'parquet')"
        )


if __name__ == "__main__":
    main()
