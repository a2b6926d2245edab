"""Measures reading alone: `python -m benchmarks.mart.floor lines|typed --landing FOLDER`.

`lines` reads the lines of the app's files. `typed` reads the nine columns of every event and its
properties as JSON. Neither stores anything.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

import duckdb

from logmart.errors import run_command

_LINES = """
    select count(*), sum(length(line))
    from read_csv(
        $files, columns = {'line': 'varchar'}, delim = '\\x01', quote = '', escape = '',
        header = false, auto_detect = false, strict_mode = false, null_padding = true,
        ignore_errors = true
    )
"""
_TYPED = """
    select count(*), sum(hash(columns(*))::hugeint)
    from read_json($files, format = 'newline_delimited', ignore_errors = true, columns = {
        'eventId': 'varchar', 'eventName': 'varchar', 'userId': 'varchar', 'deviceId': 'varchar',
        'occurredAt': 'timestamptz', 'receivedAt': 'timestamptz', 'platform': 'varchar',
        'appVersion': 'varchar', 'userAgent': 'varchar', 'properties': 'json'
    })
"""


def main() -> int:
    """Read, and print the number of lines."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.mart.floor", description=__doc__)
    parser.add_argument("what", choices=["lines", "typed"])
    parser.add_argument("--landing", type=Path, required=True)
    options = parser.parse_args()
    files = str(options.landing / "app/*/*.jsonl.gz")
    with duckdb.connect() as connection:
        connection.execute(f"set memory_limit = '{os.environ.get('LOGMART_MEMORY_LIMIT', '80%')}'")
        query = {"lines": _LINES, "typed": _TYPED}[options.what]
        row = connection.execute(query, {"files": files}).fetchone()
    print(f"{row[0] if row else 0:,} lines")
    return 0


if __name__ == "__main__":
    run_command(main)
