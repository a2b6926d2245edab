"""A landing zone that Trino loads in parts, the oldest files first, holds what one load gives."""

from __future__ import annotations

from pathlib import Path

from arrivals import history, land
from engines import built_tables, differences
from logmart.trino.build import build
from logmart.trino.server import CATALOG, Server, ask
from mart_runs import Mart

SEED = 7
WITHOUT_TESTS = ("--exclude-resource-type", "test", "--exclude-resource-type", "unit_test")
# What tells of runs: there were more of them.
OF_RUNS = ("int_metric_inputs", "int_metric_versions", "metric_restatements", "int_restated_models")
COLUMNS_OF_RUNS = frozenset({"load_number", "restatement_number"})
PARTS = 3


def test_parts_hold_what_one_load_gives(server: Server, landing: Path) -> None:
    mart = Mart(landing.parent)
    land(mart, [arrival for world in range(4) for arrival in history(SEED, world, 2)])
    sizes = [path.stat().st_size for path in landing.rglob("*") if path.is_file()]
    limit = (sum(sizes) + max(sizes)) / PARTS / (1 << 20)
    target_path = mart.folder / "target_trino"
    build(
        server,
        landing,
        target_path=target_path,
        variables={"sources": ["app"], "record_sources": {}, "load_at_most_mib": limit},
        arguments=WITHOUT_TESTS,
    )
    ((parts,),) = ask(
        server, f"select count(distinct load_number) from {CATALOG}.restricted.base_app__events"
    )
    assert parts >= PARTS - 1
    mart.build(*WITHOUT_TESTS)
    tables = [table for table in built_tables(target_path) if not table.endswith(OF_RUNS)]
    found = differences(mart.database, server, tables, left_out=COLUMNS_OF_RUNS)
    assert not found, "\n".join(str(difference) for difference in found)
