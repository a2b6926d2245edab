"""What a failure leaves: a clear error, the last good tables, and a next run that mends.

On two nodes: a coordinator, which works too, and a worker.
"""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from arrivals import history, land
from engines import built_tables, differences, held
from logmart.errors import CommandError
from logmart.trino.build import build
from logmart.trino.process import down, up
from logmart.trino.server import Server
from mart_runs import Mart
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
# Less than the largest query of a small mart takes.
QUERY_MEMORY_MIB = 4


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
        "from pathlib import Path; from logmart.errors import run_command;"
        "import test_failures as t; from mart_runs import Mart;"
        "from logmart.trino.server import Server;"
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


def compared_tables(mart: Mart) -> list[str]:
    """Return the tables of the build, but for what it notes of its own runs, failed ones too."""
    tables = built_tables(mart.folder / "target_trino")
    return [table for table in tables if not table.endswith(".int_restated_models")]


def contents(server: Server, tables: list[str]) -> dict[str, Counter[str]]:
    return {table: held(server, table) for table in tables}


def torn(*states: dict[str, Counter[str]]) -> list[str]:
    """Return the tables that were neither as before nor as after: good, left and mended ones."""
    good, left, mended = states
    return [table for table in good if left[table] not in (good[table], mended[table])]


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
        tables = compared_tables(mart)
        good = contents(server, tables)
        assert good["marts.fct_events"]
        for run, killed in ((1, worker), (2, server)):
            land_before(mart, run)
            told = broken_build(mart, server, killed)
            print(told)
            assert "logmart: dbt build failed" in told or "logmart: dbt build stopped" in told
            # It says who does not answer.
            assert f"127.0.0.1:{worker.port}" in told or f"port={server.port}" in told
            if killed is server:
                up(server, mart.landing)
            left = contents(server, tables)
            assert left["marts.metrics_daily"] == good["marts.metrics_daily"], told
            build_on(server, mart)
            mended = contents(server, tables)
            assert torn(good, left, mended) == []
            good = mended
    finally:
        down(worker)
    assert differences_from_duckdb(mart, server, tables) == []


def test_a_full_disk_says_so_leaves_the_last_good_tables_and_the_next_run_mends(
    mart: Mart, server: Server, capfd: pytest.CaptureFixture[str]
) -> None:
    """No file of the server's grows past a size: what it writes fails as on a full disk."""
    tables = compared_tables(mart)
    good = contents(server, tables)
    land(mart, [arrival for world in MANY_WORLDS for arrival in history(SEED, world, 1)])
    pid = int(server.pid_file.read_text(encoding="ascii"))
    _, most = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (LARGEST_FILE, most))
    try:
        with pytest.raises(CommandError, match="disk takes no more .*: make room"):
            build_on(server, mart)
        told = capfd.readouterr().out
        left = contents(server, tables)
    finally:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (most, most))
    print(told)
    assert "base_app__events" in told
    assert left["marts.fct_events"] == good["marts.fct_events"]
    build_on(server, mart)
    mended = contents(server, tables)
    assert mended["marts.fct_events"].total() > good["marts.fct_events"].total()
    # A run that fails empties expired text at its end, too: the same lines, of less text.
    lines = "restricted.base_app__events"
    assert left[lines].total() == good[lines].total()
    assert set(torn(good, left, mended)) <= {lines}
    assert differences_from_duckdb(mart, server, tables) == []


def test_a_query_past_its_memory_says_so_leaves_the_last_good_tables_and_the_next_run_mends(
    mart: Mart, server: Server
) -> None:
    tables = compared_tables(mart)
    good = contents(server, tables)
    land_before(mart, 3)
    down(server)
    up(replace(server, query_memory_mib=QUERY_MEMORY_MIB), mart.landing)
    try:
        with pytest.raises(CommandError, match="all the memory .*LOGMART_TRINO_HEAP"):
            build_on(server, mart)
    finally:
        down(server)
        up(server, mart.landing)
    left = contents(server, tables)
    assert left["marts.metrics_daily"] == good["marts.metrics_daily"]
    build_on(server, mart)
    assert torn(good, left, contents(server, tables)) == []
    assert differences_from_duckdb(mart, server, tables) == []
