"""What a failure leaves: a clear error, the last good tables, and a next run that mends.

On two nodes: a coordinator, which works too, and a worker.
"""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from arrivals import history, land
from engines import built_tables, differences
from mart_runs import Mart
from scripts.errors import CommandError
from scripts.trino_build import build
from scripts.trino_server import CATALOG, QueryError, Server, ask, down, up
from servers import free_port

SEED = 11
WORLDS = 8
VARIABLES = {"sources": ["app"], "record_sources": {}}
WITHOUT_TESTS = ("--exclude-resource-type", "test", "--exclude-resource-type", "unit_test")
# What dbt has finished when the server is killed, so that some tables are new and some are not.
FINISHED_BEFORE = 25
# More bytes than Iceberg and the metastore describe a table in, fewer than the rows of many worlds.
LARGEST_FILE = 50_000
MANY_WORLDS = range(WORLDS, 8 * WORLDS)


@pytest.fixture(scope="module")
def mart(server: Server, landing: Path) -> Mart:
    """What landed before the first of three runs, built on the server."""
    mart = Mart(landing.parent)
    land_before(mart, 0)
    build_on(server, mart)
    return mart


def land_before(mart: Mart, run: int) -> None:
    """Land what appears before a run."""
    for world in range(WORLDS):
        land(mart, [arrival for arrival in history(SEED, world, 4) if arrival.run == run])


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


def torn(
    tables: list[str], good: dict[str, int], left: dict[str, int], mended: dict[str, int]
) -> list[str]:
    """Return the tables that were neither the one of before nor the one of after."""
    return [table for table in tables if left[table] not in (good[table], mended[table])]


def differences_from_duckdb(mart: Mart, server: Server, tables: list[str]) -> list[str]:
    """Build all that has landed on DuckDB, in one run, and compare."""
    mart.build(*WITHOUT_TESTS)
    of_runs = ("metric_versions", "metric_inputs", "restate")
    kept = [table for table in tables if not any(part in table for part in of_runs)]
    numbers = frozenset({"load_number", "restatement_number"})
    return [str(one) for one in differences(mart.database, server, kept, left_out=numbers)]


def test_a_killed_node_leaves_the_last_good_tables_and_the_next_run_mends(
    mart: Mart, server: Server
) -> None:
    worker = Server(mart.folder / "worker", free_port(), coordinator=server)
    up(worker, mart.landing)
    try:
        tables = built_tables(mart.folder / "target_trino")
        good = row_counts(server, tables)
        assert good["marts.fct_events"] > 0
        for run, killed in ((1, worker), (2, server)):
            land_before(mart, run)
            told = broken_build(mart, server, killed)
            print(told)
            assert "logmart: dbt build failed" in told or "logmart: dbt build stopped" in told
            # It says who does not answer.
            assert f"127.0.0.1:{worker.port}" in told or f"port={server.port}" in told
            if killed is server:
                up(server, mart.landing)
            left = row_counts(server, tables)
            assert left["marts.metrics_daily"] == good["marts.metrics_daily"], told
            build_on(server, mart)
            mended = row_counts(server, tables)
            assert torn(tables, good, left, mended) == []
            good = mended
    finally:
        down(worker)
    assert differences_from_duckdb(mart, server, tables) == []


def test_a_full_disk_says_so_leaves_the_last_good_tables_and_the_next_run_mends(
    mart: Mart, server: Server, capfd: pytest.CaptureFixture[str]
) -> None:
    """No file of the server's grows past a size: what it writes fails as on a full disk."""
    tables = built_tables(mart.folder / "target_trino")
    good = row_counts(server, tables)
    land(mart, [arrival for world in MANY_WORLDS for arrival in history(SEED, world, 1)])
    pid = int(server.pid_file.read_text(encoding="ascii"))
    _, most = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (LARGEST_FILE, most))
    try:
        with pytest.raises(CommandError, match="disk takes no more .*: make room"):
            build_on(server, mart)
        told = capfd.readouterr().out
        left = row_counts(server, tables)
    finally:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (most, most))
    print(told)
    assert "base_app__events" in told
    assert left["marts.fct_events"] == good["marts.fct_events"]
    build_on(server, mart)
    mended = row_counts(server, tables)
    assert mended["marts.fct_events"] > good["marts.fct_events"]
    assert torn(tables, good, left, mended) == []
    assert differences_from_duckdb(mart, server, tables) == []


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
