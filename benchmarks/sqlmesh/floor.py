"""Runs one query, on the DuckDB of this interpreter, as the floor of both tools.

    <python> floor.py <landing zone> <memory limit>

Reads every landed line, takes its fields, flags copies and counts users. Prints the engine's
version, and seconds on the clock and of processor time. Imports nothing of the project: it runs in
either environment.
"""

from __future__ import annotations

import json
import sys
import time

import duckdb

QUERY = r"""
with lines as (
    select
        try(json_transform(
            line,
            '{"eventId": "varchar", "userId": "varchar", "receivedAt": "varchar"}'
        )) as fields
    from read_csv(
        $files, columns = {'line': 'varchar'}, delim = '\x01', quote = '', escape = '',
        header = false, auto_detect = false, strict_mode = false, null_padding = true
    )
),

flagged as (
    select
        fields."userId" as user_id,
        lag(fields."receivedAt") over (
            partition by fields."eventId" order by fields."receivedAt"
        ) as previous
    from lines
)

select
    count(*) as line_count,
    count(previous) as copy_count,
    count(distinct user_id) as user_count
from flagged
"""


def main() -> None:
    """Run the query once and print its cost as JSON."""
    landing, memory_limit = sys.argv[1:]
    with duckdb.connect(config={"threads": 2, "memory_limit": memory_limit}) as connection:
        started, used = time.perf_counter(), time.process_time()
        rows = connection.execute(QUERY, {"files": f"{landing}/app/dt=*/*.jsonl.gz"}).fetchall()
        seconds, processor = time.perf_counter() - started, time.process_time() - used
    found = {"version": duckdb.__version__, "seconds": seconds, "processor": processor}
    print(json.dumps({**found, "rows": rows}))


if __name__ == "__main__":
    main()
