"""Maintenance leaves fewer files and snapshots, the same rows, and a next run that goes on."""

from __future__ import annotations

from pathlib import Path

from arrivals import history, land
from engines import built_tables, differences, held
from logmart.trino.build import build
from logmart.trino.maintain import maintain
from logmart.trino.server import Server
from mart_runs import Mart

SEED = 5
WORLDS = 8
RUNS = 4
WITHOUT_TESTS = ("--exclude-resource-type", "test", "--exclude-resource-type", "unit_test")


def test_maintenance_leaves_fewer_files_and_snapshots_and_the_same_rows(
    server: Server, landing: Path
) -> None:
    mart = Mart(landing.parent)
    target_path = mart.folder / "target_trino"
    arrivals = [arrival for world in range(WORLDS) for arrival in history(SEED, world, RUNS + 1)]

    def run(number: int) -> None:
        land(mart, [arrival for arrival in arrivals if arrival.run == number])
        mart.build(*WITHOUT_TESTS)
        build(
            server,
            landing,
            target_path=target_path,
            variables={"sources": ["app"], "record_sources": {}},
            arguments=WITHOUT_TESTS,
        )

    for number in range(RUNS):
        run(number)
    tables = built_tables(target_path)
    rows = {table: held(server, table) for table in tables}
    on_disk = data_files(server)
    sizes = maintain(server, days=0)
    for table in tables:
        before, after = sizes[table]
        # A table that was replaced kept what it was replaced by: nobody found it missing.
        assert before.snapshots >= RUNS, (table, before)
        assert after.snapshots == 1, (table, after)
        assert after.files <= before.files, (table, before, after)
        assert held(server, table) == rows[table], table
    # What each run added to, or deleted from, is in more files than it needs.
    for table in ("restricted.base_app__events", "intermediate.int_judged_events"):
        before, after = sizes[table]
        assert after.files < before.files, (table, before, after)
    assert data_files(server) < on_disk / 2
    run(RUNS)
    found = differences(mart.database, server, tables)
    assert not found, "\n".join(str(difference) for difference in found)


def data_files(server: Server) -> int:
    """Return how many files of rows are on the server's disk."""
    return sum(1 for _ in (server.disk / "warehouse").rglob("*.parquet"))
