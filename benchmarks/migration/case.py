"""One case of the benchmark, in a process of its own: `python -m benchmarks.migration.case JOB`.

JOB is a JSON object: `case`, `url`, `folder` and `chunk_rows`. The answer is one JSON line:
wall-clock and CPU seconds of the work without the start of the process, the peak of resident
memory of the process, and what the case found.
"""

from __future__ import annotations

import importlib
import json
import os
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
from adbc_driver_postgresql import dbapi

from benchmarks.migration import source_table
from operations.migration.mapping import DUCKDB, POSTGRESQL, Load, Mapping, Source, Target
from operations.migration.passes import RUN, VERIFY, Job, carry_out
from operations.migration.results import COPIED

TABLE = "accounts"
VARIABLE = "LOGMART_BENCHMARK_SOURCE"
_QUERY = f"select {', '.join(source_table.ORDINARY)} from {TABLE}"


def main() -> None:
    """Carry out the case of the command line."""
    job = json.loads(sys.argv[1])
    if job["case"] == "dlt":
        # It is configured by variables, and its import is no part of the work.
        os.environ.update(
            {
                "DLT_DATA_DIR": str(Path(job["folder"]) / "dlt"),
                "DLT_PROJECT_DIR": job["folder"],
                "RUNTIME__DLTHUB_TELEMETRY": "false",
            }
        )
        importlib.import_module("dlt")
    before, started = time.process_time(), time.monotonic()
    found = CASES[job["case"]](job)
    answer = {
        "seconds": time.monotonic() - started,
        "cpu_seconds": time.process_time() - before,
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        **found,
    }
    print(json.dumps(answer))


def _read_alone(job: dict[str, Any]) -> dict[str, Any]:
    """Read the table by one binary COPY into Arrow, and keep nothing."""
    with dbapi.connect(job["url"]) as connection, connection.cursor() as cursor:
        cursor.execute(_QUERY)
        with cursor.fetch_record_batch() as reader:
            return {"rows": sum(batch.num_rows for batch in reader)}


def _copy_alone(job: dict[str, Any]) -> dict[str, Any]:
    """Read it so, and write it to DuckDB as it comes: no chunks and no proof."""
    selected = ", ".join(
        f"{name}::text as {name}" if name in ("amount", "details") else name
        for name in source_table.ORDINARY
    )
    values = ", ".join(
        f"{name}::{source_table.COLUMNS[name][1]} as {name}" for name in source_table.ORDINARY
    )
    with (
        duckdb.connect(str(Path(job["folder"]) / "bare.duckdb")) as target,
        dbapi.connect(job["url"]) as connection,
        connection.cursor() as cursor,
    ):
        cursor.execute(f"select {selected} from {TABLE}")
        with cursor.fetch_record_batch() as reader:
            target.register("sent", reader)
            target.execute(f"create table {TABLE} as select {values} from sent")
        rows = target.execute(f"select count(*) from {TABLE}").fetchall()
    return {"rows": rows[0][0]}


def _dlt(job: dict[str, Any]) -> dict[str, Any]:
    """Load it with dlt: a resource of Arrow tables from the same driver, into DuckDB."""
    folder = Path(job["folder"])
    # The other cases do not pay for its memory.
    dlt = importlib.import_module("dlt")
    selected = ", ".join(
        f"{name}::text as {name}" if name in ("amount", "details") else name
        for name in source_table.ORDINARY
    )

    def accounts() -> Any:
        with dbapi.connect(job["url"]) as connection, connection.cursor() as cursor:
            cursor.execute(f"select {selected} from {TABLE}")
            with cursor.fetch_record_batch() as reader:
                for batch in reader:
                    yield pa.Table.from_batches([batch])

    pipeline = dlt.pipeline(
        "benchmark",
        pipelines_dir=str(folder / "pipelines"),
        destination=dlt.destinations.duckdb(str(folder / "dlt.duckdb")),
        dataset_name="copied",
    )
    resource_of_rows = dlt.resource(
        accounts, name=TABLE, primary_key="account_id", write_disposition="replace"
    )
    pipeline.run(resource_of_rows).raise_on_failed_jobs()
    with duckdb.connect(str(folder / "dlt.duckdb"), read_only=True) as target:
        rows = target.execute(f"select count(*) from copied.{TABLE}").fetchall()
    return {"rows": rows[0][0]}


def _pass(verb: str, *, is_final: bool = False) -> Callable[[dict[str, Any]], dict[str, Any]]:
    def carry_out_pass(job: dict[str, Any]) -> dict[str, Any]:
        os.environ[VARIABLE] = job["url"]
        folder = Path(job["folder"])
        mapping = Mapping(
            Source(POSTGRESQL, VARIABLE),
            Target(DUCKDB, str(folder / "copy.duckdb")),
            (source_table.table(TABLE, source_table.ORDINARY),),
            Load(chunk_rows=job["chunk_rows"]),
        )
        (result,) = carry_out(
            Job(verb, mapping, folder / "runs", folder / "landing", is_final=is_final)
        )
        return {
            "rows": result.sums[1].rows,
            "chunks": len(result.chunks),
            "copied_chunks": result.statuses()[COPIED],
            "copied_rows": sum(chunk.copied for chunk in result.chunks),
            "differences": sum(result.difference_counts().values()),
            "is_equal": result.is_equal,
        }

    return carry_out_pass


CASES = {
    "read": _read_alone,
    "bare": _copy_alone,
    "dlt": _dlt,
    "first": _pass(RUN),
    "unchanged": _pass(RUN),
    "caught up": _pass(RUN),
    "verify": _pass(VERIFY),
    "final": _pass(VERIFY, is_final=True),
}

if __name__ == "__main__":
    main()
