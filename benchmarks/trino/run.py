"""Compares DuckDB and Trino: `python -m benchmarks.trino.run --events 1000000,10000000`.

For each number of events, it makes a landing zone of 30 days, builds all models on DuckDB and on a
Trino server of its own, lands one more day and builds again on both. After each build it compares
the tables: all by their numbers of rows, those of at most 200,000 rows by every value. It adds the
measurements to figures.json, which keeps those of other sizes, and writes figures.md from it.

The bytes that Trino reads come from its query statistics; they count bytes of files.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import duckdb

from benchmarks.mart.make_landing import Landing, land_next_day, make_landing
from benchmarks.mart.run import BUILD, Bench, seconds_of_nodes
from benchmarks.trino.figures import write_figures
from engines import built_tables, differences
from logmart.environment import changed_environment
from logmart.errors import CommandError, run_command
from logmart.settings import PROJECT
from logmart.trino.build import build
from logmart.trino.maintain import maintain
from logmart.trino.process import down, up
from logmart.trino.server import CATALOG, Server, ask, query_info

STORED = Path(__file__).with_name("figures.json")
PORT = 8190
COMPARED_ROWS = 200_000
_SECONDS_BETWEEN_LOOKS = 20
_MODEL = re.compile(r'"node_id": "model\.logmart\.(\w+)"')
_UNITS = {"B": 1, "kB": 1 << 10, "MB": 1 << 20, "GB": 1 << 30, "TB": 1 << 40}


@dataclass(frozen=True)
class TrinoRun:
    """The cost of a build on Trino: wall-clock seconds, and those of the receive step; CPU seconds
    of the server and dbt; the million rows and MiB that its queries read, in total and by model;
    and the size on disk.
    """

    seconds: float
    receive_seconds: float
    processor_seconds: float
    peak_bytes: int
    queries: int
    read_bytes: int
    read_rows: int
    stored_bytes: int
    slowest: dict[str, float]
    read_by_model: dict[str, list[float]]


@dataclass(frozen=True)
class Maintenance:
    """The seconds of maintenance, and the files and bytes before and after."""

    seconds: float
    files_before: int
    files_after: int
    bytes_before: int
    bytes_after: int


class _Watch:
    """Stores what each finished query read, because the server keeps only its last hundred."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.queries: dict[str, dict[str, Any]] = {}
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._look_on, daemon=True)

    def look(self) -> None:
        """Store the finished queries that the server lists now."""
        for query in query_info(self.server):
            if query["state"] in ("FINISHED", "FAILED"):
                self.queries[str(query["queryId"])] = query

    def _look_on(self) -> None:
        while not self._is_over.wait(_SECONDS_BETWEEN_LOOKS):
            self.look()

    def __enter__(self) -> _Watch:
        self.look()
        self.queries.clear()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over.set()
        self._thread.join()
        self.look()


def build_on_trino(server: Server, work: Path, selection: Sequence[str]) -> TrinoRun:
    """Build a selection; return the cost. Raises CommandError."""
    target_path = work / "target_trino"
    before = _processor_seconds(server)
    known = {str(query["queryId"]) for query in query_info(server)}
    started = time.monotonic()
    with _Watch(server) as watch:
        receive_seconds = build(
            server,
            work / "landing",
            target_path=target_path,
            arguments=[*BUILD[1:], *selection],
        )
    seconds = time.monotonic() - started
    read = [
        (query, query["queryStats"])
        for query_id, query in watch.queries.items()
        if query_id not in known
    ]
    return TrinoRun(
        seconds=round(seconds, 2),
        receive_seconds=round(receive_seconds, 2),
        processor_seconds=round(_processor_seconds(server) - before, 2),
        peak_bytes=_peak_bytes(server),
        queries=len(read),
        read_bytes=sum(_bytes(stats["physicalInputDataSize"]) for _, stats in read),
        read_rows=sum(int(stats["rawInputPositions"]) for _, stats in read),
        stored_bytes=_folder_bytes(server.disk / "warehouse"),
        slowest=seconds_of_nodes(target_path)[1],
        read_by_model=_read_by_model(query for query, _ in read),
    )


def _read_by_model(queries: Iterable[Mapping[str, Any]]) -> dict[str, list[float]]:
    """Return how much the queries of each model read: million rows, MiB."""
    read: dict[str, list[float]] = {}
    for query in queries:
        node = _MODEL.search(str(query["query"]))
        if node:
            of_model = read.setdefault(node.group(1), [0.0, 0.0])
            of_model[0] += int(query["queryStats"]["rawInputPositions"]) / 1e6
            of_model[1] += _bytes(query["queryStats"]["physicalInputDataSize"]) / (1 << 20)
    return {
        model: [round(rows, 4), round(mib, 2)]
        for model, (rows, mib) in sorted(read.items(), key=lambda item: -item[1][1])
    }


def maintain_tables(server: Server) -> Maintenance:
    """Rewrite small files and drop all old snapshots; return the cost."""
    files, size = _stored(server)
    started = time.monotonic()
    maintain(server, days=0)
    seconds = round(time.monotonic() - started, 2)
    left, left_size = _stored(server)
    return Maintenance(seconds, files, left, size, left_size)


def _stored(server: Server) -> tuple[int, int]:
    files = [path.stat().st_size for path in (server.disk / "warehouse").rglob("*.parquet")]
    return len(files), sum(files)


def _bytes(text: str) -> int:
    unit = text.lstrip("0123456789.")
    return round(float(text.removesuffix(unit)) * _UNITS[unit])


def _process(server: Server) -> Path:
    return Path("/proc") / server.pid_file.read_text(encoding="ascii").strip()


def _processor_seconds(server: Server) -> float:
    """Return the CPU seconds of the server and of this process so far."""
    fields = (_process(server) / "stat").read_text(encoding="ascii").rpartition(") ")[2].split()
    ours = os.times()
    ticks = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return ticks + ours.user + ours.system


def _peak_bytes(server: Server) -> int:
    status = (_process(server) / "status").read_text(encoding="ascii")
    (line,) = [line for line in status.splitlines() if line.startswith("VmHWM:")]
    return int(line.split()[1]) << 10


def _folder_bytes(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


@contextmanager
def _running(work: Path, heap_gib: int, environment: Mapping[str, str]) -> Iterator[Server]:
    server = Server(work / "server", PORT, heap_gib=heap_gib)
    server_variables = {"LOGMART_TRINO_PORT": str(PORT), "LOGMART_TRINO_DATA": str(server.folder)}
    with changed_environment({**environment, **server_variables}):
        up(server, work / "landing")
        try:
            yield server
        finally:
            down(server)


def measure(
    landing: Landing, heap_gib: int, work: Path, selection: Sequence[str]
) -> dict[str, Any]:
    """Measure one size; return its entry for figures.json. Raises CommandError."""
    _say(f"{landing.events:,} events: landing them")
    counts = make_landing(work, landing)
    bench = Bench(work, PROJECT, "12GiB")
    logmart = {name: text for name, text in bench.environment.items() if "LOGMART_" in name}
    found: dict[str, Any] = {
        "events": landing.events,
        "lines": counts,
        "heap_gib": heap_gib,
        "selection": " ".join(selection),
        "landed_bytes": sum(file.stat().st_size for file in (work / "landing").rglob("*.gz")),
    }
    with _running(work, heap_gib, {**logmart, "DBT_PROFILES_DIR": "profiles"}) as server:
        for name, land in (("first", None), ("next_day", land_next_day)):
            if land:
                land(work)
            found[f"duckdb_{name}"] = _reported(
                f"DuckDB, {name}", lambda: bench.dbt(*BUILD, *selection)
            )
            found[f"trino_{name}"] = _reported(
                f"Trino, {name}", lambda: build_on_trino(server, work, selection)
            )
            found[f"equal_{name}"] = _compared(bench.database("models"), server, work)
        found["rows"] = _rows_of_models(server, work)
        found["maintenance"] = asdict(maintain_tables(server))
    return found


def _rows_of_models(server: Server, work: Path) -> dict[str, int]:
    rows = {}
    for table in built_tables(work / "target_trino"):
        ((rows[table.split(".")[1]],),) = ask(server, f"select count(*) from {CATALOG}.{table}")
    return rows


def _compared(database: Path, server: Server, work: Path) -> dict[str, int]:
    """Return the number of tables with equal row counts, and the number with all values equal.

    Raises CommandError for a table that differs.
    """
    tables = built_tables(work / "target_trino")
    few = []
    with duckdb.connect(str(database), read_only=True) as connection:
        for table in tables:
            ((duckdb_rows,),) = connection.execute(f"select count(*) from {table}").fetchall()
            ((trino_rows,),) = ask(server, f"select count(*) from {CATALOG}.{table}")
            if duckdb_rows != trino_rows:
                raise CommandError(
                    f"{table} has {duckdb_rows} rows on DuckDB and {trino_rows} on Trino"
                )
            if duckdb_rows <= COMPARED_ROWS:
                few.append(table)
    different = differences(database, server, few)
    if different:
        raise CommandError("\n".join(str(difference) for difference in different))
    _say(f"  {len(tables)} tables have as many rows, {len(few)} are equal, row by row")
    return {"tables": len(tables), "compared": len(few)}


def _reported(label: str, run: Callable[[], Any]) -> dict[str, Any]:
    measured = asdict(run())
    _say(
        f"  {label}: {measured['seconds']:.1f} s, {measured['processor_seconds']:.1f} s of"
        f" processors, {measured['peak_bytes'] / 2**30:.2f} GiB"
    )
    return measured


def _say(line: str) -> None:
    print(line, flush=True)


def main() -> int:
    """Measure the sizes that the arguments name."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.trino.run", description=__doc__)
    parser.add_argument("--events", default="1000000", help="numbers of them, comma-separated")
    parser.add_argument("--heap-gib", type=int, default=12, help="the memory of Trino")
    parser.add_argument("--select", default="", help="models, as dbt takes them; default: all")
    parser.add_argument("--work", type=Path, help="where the data is; default: a temporary folder")
    options = parser.parse_args()
    selection = ["--select", *options.select.split()] if options.select else []
    parent = options.work or Path(tempfile.mkdtemp(prefix="bench-trino-"))
    for events in [int(part) for part in options.events.replace("_", "").split(",")]:
        work = (parent / str(events)).resolve()
        try:
            case = measure(Landing(events), options.heap_gib, work, selection)
        finally:
            shutil.rmtree(work, ignore_errors=True)
        stored = json.loads(STORED.read_text(encoding="utf-8")) if STORED.exists() else []
        others = [
            each
            for each in stored
            if (each["events"], each["selection"]) != (events, case["selection"])
        ]
        cases = sorted([*others, case], key=lambda each: (each["selection"], each["events"]))
        STORED.write_text(json.dumps(cases, indent=1) + "\n", encoding="utf-8")
        print(write_figures(cases))
    return 0


if __name__ == "__main__":
    run_command(main)
