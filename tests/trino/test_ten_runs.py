"""Ten incremental runs over late, duplicate and broken events leave both engines with the same."""

from __future__ import annotations

import os
import random
from pathlib import Path

from arrivals import history, land
from engines import built_tables, differences
from logmart.trino.build import build
from logmart.trino.server import Server
from mart_runs import Mart

RUNS = 10
WORLDS = 20
WITHOUT_TESTS = ("--exclude-resource-type", "test", "--exclude-resource-type", "unit_test")
SEED = int(os.environ.get("LOGMART_ARRIVALS_SEED", random.SystemRandom().randrange(10**6)))


def test_ten_runs_leave_both_engines_with_the_same(server: Server, landing: Path) -> None:
    print(f"LOGMART_ARRIVALS_SEED={SEED}")
    mart = Mart(landing.parent)
    arrivals = [arrival for world in range(WORLDS) for arrival in history(SEED, world, RUNS)]
    variables = {"sources": ["app"], "record_sources": {}}
    target_path = landing.parent / "target_trino"

    def assert_equal(when: str, *arguments: str) -> None:
        mart.build(*WITHOUT_TESTS, *arguments)
        build(
            server,
            landing,
            target_path=target_path,
            variables=variables,
            arguments=[*WITHOUT_TESTS, *arguments],
        )
        found = differences(mart.database, server, built_tables(target_path))
        told = "\n".join(str(difference) for difference in found)
        assert not found, f"after {when}, seed {SEED}:\n{told}"

    for run in range(RUNS):
        land(mart, [arrival for arrival in arrivals if arrival.run == run])
        assert_equal(f"run {run + 1} of {RUNS}")
    assert_equal("a full refresh", "--full-refresh")
