"""What a failure leaves: a clear error, the last good tables, and a next run that mends.

On two nodes: a coordinator, which works too, and a worker.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from arrivals import history, land
from engines import built_tables, differences
from mart_runs import Mart
from scripts.trino_build import build
from scripts.trino_server import CATALOG, QueryError, Server, ask, down, up
from servers import free_port

SEED = 11
WORLDS = 8
VARIABLES = {"sources": ["app"], "record_sources": {}}
WITHOUT_TESTS = ("--exclude-resource-type", "test", "--exclude-resource-type", "unit_test")
# What dbt has finished when the server is killed, so that some tables are new and some are not.
FINISHED_BEFORE = 25


def run(mart: Mart, server: Server, number: int) -> None:
    """Land what appears before a run, and build on Trino."""
    arrivals = [arrival for world in range(WORLDS) for arrival in history(SEED, world, 4)]
    land(mart, [arrival for arrival in arrivals if arrival.run == number])
    build_on(server, mart)


def build_on(server: Server, mart: Mart) -> None:
    build(
        server,
        mart.landing,
        target_path=mart.folder / "target_trino",
        variables=VARIABLES,
        arguments=WITHOUT_TESTS,
    )


def broken_build(mart: Mart, server: Server, killed: Server) -> str:
    """Build, kill a server part-way, and return what the command printed."""
    program = (
        "from pathlib import Path; from scripts.errors import run_command;"
        "import test_failures as t; from mart_runs import Mart;"
        "from scripts.trino_server import Server;"
        f"m, s = Mart(Path({str(mart.folder)!r})), Server(Path({str(server.folder)!r}),"
        f" {server.port}); run_command(lambda: t.build_on(s, m) or 0)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as building:
        assert building.stdout is not None
        told = []
        for line in building.stdout:
            told.append(line)
            words = line.split()
            finished = words[:1] == ["built"] and int(words[1].split("/")[0]) >= FINISHED_BEFORE
            if finished and killed.pid_file.exists():
                pid = int(killed.pid_file.read_text())
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)
                killed.pid_file.unlink()
    assert building.returncode == 1, "".join(told)
    return "".join(told)


def row_counts(server: Server, tables: list[str]) -> dict[str, int]:
    return {
        table: int(ask(server, f"select count(*) from {CATALOG}.{table}")[0][0]) for table in tables
    }


def test_a_killed_node_leaves_the_last_good_tables_and_the_next_run_mends(
    server: Server, landing: Path
) -> None:
    mart = Mart(landing.parent)
    worker = Server(landing.parent / "worker", free_port(), coordinator=server)
    up(worker, landing)
    try:
        run(mart, server, 0)
        tables = built_tables(mart.folder / "target_trino")
        good = row_counts(server, tables)
        assert good["marts.fct_events"] > 0
        arrivals = [arrival for world in range(WORLDS) for arrival in history(SEED, world, 4)]
        for number, killed in ((1, worker), (2, server)):
            land(mart, [arrival for arrival in arrivals if arrival.run == number])
            told = broken_build(mart, server, killed)
            assert "logmart: dbt build failed" in told or "logmart: dbt build stopped" in told
            if killed is server:
                up(server, landing)
            left = row_counts(server, tables)
            assert left["marts.metrics_daily"] == good["marts.metrics_daily"], told
            build_on(server, mart)
            mended = row_counts(server, tables)
            # Each table was the one of before or the one of after, and nothing in between.
            torn = [it for it in tables if left[it] not in (good[it], mended[it])]
            assert torn == []
            good = mended
    finally:
        down(worker)
    for number in range(3):
        land(mart, [arrival for arrival in arrivals if arrival.run == number])
    mart.build(*WITHOUT_TESTS)
    kept = [
        table
        for table in tables
        # Which run wrote a row differs: DuckDB ran once.
        if "metric_versions" not in table
        and "metric_inputs" not in table
        and "restate" not in table
    ]
    numbers = frozenset({"load_number", "restatement_number"})
    found = differences(mart.database, server, kept, left_out=numbers)
    assert not found, "\n".join(str(difference) for difference in found)


def test_a_query_past_its_memory_says_so_and_leaves_the_table(server: Server) -> None:
    ask(server, f"create schema if not exists {CATALOG}.main")
    ask(server, f"create or replace table {CATALOG}.main.kept as select 1 as one")
    many = "select n from unnest(sequence(1, 10000)) as a (n) cross join unnest(sequence(1, 50))"
    with pytest.raises(QueryError, match="memory limit"):
        ask(
            server,
            f"create or replace table {CATALOG}.main.kept as"
            f" select max(length(all_numbers)) as one from (select n, array_join(array_agg("
            f"cast(n as varchar)) over (), '') as all_numbers from ({many}))",
            {"query_max_memory_per_node": "5MB"},
        )
    assert ask(server, f"select one from {CATALOG}.main.kept") == [[1]]
    ask(server, f"drop table {CATALOG}.main.kept")
