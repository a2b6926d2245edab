"""The sample on both engines: every node passes on Trino, every table is the same row by row."""

from __future__ import annotations

from pathlib import Path

from engines import built_tables, differences
from landing.__main__ import main as write_sample
from mart_runs import RECORD_SOURCES, Mart
from scripts.trino_build import build
from scripts.trino_server import Server

VARIABLES = {"sources": ["app"], "record_sources": RECORD_SOURCES}


def test_the_sample_is_the_same_on_both_engines(server: Server, landing: Path) -> None:
    folder = landing.parent
    assert write_sample(["--out", str(folder), "--workers", "2"]) == 0
    mart = Mart(folder, record_sources=tuple(RECORD_SOURCES))
    mart.build("--exclude-resource-type", "test", "--exclude-resource-type", "unit_test")
    target_path = folder / "target_trino"
    build(server, landing, target_path=target_path, variables=VARIABLES)
    tables = built_tables(target_path)
    assert {"marts.fct_events", "marts.metrics_daily", "snapshots.bank_user_states"} <= set(tables)
    found = differences(mart.database, server, tables)
    assert not found, "\n".join(str(difference) for difference in found)
