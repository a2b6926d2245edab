"""The sample on both engines: every node passes on Trino, every table is the same row by row, and
so is what the catalog sync makes of the artifacts.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import catalogs
from engines import built_tables, differences
from logmart.environment import changed_environment
from logmart.mart.build import main as build_on_duckdb
from logmart.sample.command import main as write_sample
from logmart.trino.build import build, document
from logmart.trino.server import Server, ask
from metric_queries import TRINO, SemanticLayer

# MetricFlow writes no exact percentile for Trino.
NOT_ASKED_ON_TRINO = frozenset({"median_session_seconds"})


@dataclass(frozen=True)
class Built:
    """The sample on both engines: DuckDB's database, and dbt's folder of each engine."""

    database: Path
    target_duckdb: Path
    target_trino: Path


@pytest.fixture(scope="module")
def built(server: Server, landing: Path) -> Built:
    folder = landing.parent
    made = Built(folder / "build" / "logmart.duckdb", folder / "target", folder / "target_trino")
    assert write_sample(["--out", str(folder), "--workers", "2"]) == 0
    with changed_environment({"LOGMART_PUBLISHED": str(folder / "published.duckdb")}):
        assert build_on_duckdb(["--target-path", str(made.target_duckdb)]) == 0
    build(server, landing, target_path=made.target_trino)
    document(made.target_trino)
    return made


def test_the_sample_is_the_same_on_both_engines(built: Built, server: Server) -> None:
    tables = built_tables(built.target_trino)
    assert {"marts.fct_events", "marts.metrics_daily", "snapshots.bank_user_states"} <= set(tables)
    found = differences(built.database, server, tables)
    assert not found, "\n".join(str(difference) for difference in found)


def test_the_catalog_is_the_same_from_either_engines_artifacts(built: Built) -> None:
    here = catalogs.desired(built.target_duckdb)
    there = catalogs.desired(built.target_trino)
    found = catalogs.differences(copy.deepcopy(here), copy.deepcopy(there))
    assert not found, "\n".join(found)
    # What is compared is told where it differs: a doc, a column of an edge, a test.
    (mart,) = [table for table in there["tables"] if table["parts"][-1] == "fct_sessions"]
    mart["columns"][0]["description"] = "Another."
    (edge,) = [
        edge
        for edge in there["edges"]
        if edge["upstream"].endswith(".int_sessions")
        and edge["downstream"].endswith(".fct_sessions")
    ]
    edge["columns"].pop()
    there["assets"].pop()
    assert len(catalogs.differences(here, there)) == 3  # noqa: PLR2004


def test_a_team_that_moves_keeps_what_people_added_and_names_follow_the_configuration(
    built: Built, tmp_path: Path
) -> None:
    label = {"tagFQN": "PII.NonSensitive", "source": "Classification", "labelType": "Manual"}
    with catalogs.catalog_server(tmp_path) as address:
        catalogs.sync("apply", built.target_duckdb, address=address)
        before = catalogs.table_of(address, "logmart.mart.marts.fct_sessions")
        catalogs.edit(
            address,
            before,
            {"op": "add", "path": "/displayName", "value": "Visits"},
            {"op": "add", "path": "/tags/-", "value": {**label, "state": "Confirmed"}},
        )
        catalogs.sync("apply", built.target_trino, address=address)
        catalogs.sync("verify", built.target_trino, address=address)
        after = catalogs.table_of(address, "logmart.mart.marts.fct_sessions")
        assert (after["id"], after["displayName"]) == (before["id"], "Visits")
        assert label["tagFQN"] in {tag["tagFQN"] for tag in after["tags"]}
        types = {column["name"]: column["dataTypeDisplay"] for column in after["columns"]}
        assert types["started_at"] == "timestamp(6)"
        # What OpenMetadata's own connector has called the tables is a matter of two settings.
        text = (catalogs.SYNC / "openmetadata.yaml").read_text(encoding="utf-8")
        for setting in ("serviceName: logmart", "databaseName: mart"):
            assert setting in text
            text = text.replace(setting, f"{setting.split(':')[0]}: of_{setting.split()[1]}")
        configured = tmp_path / "openmetadata.yaml"
        configured.write_text(text, encoding="utf-8")
        catalogs.sync("apply", built.target_trino, "--config", str(configured), address=address)
        assert catalogs.table_of(address, "of_logmart.of_mart.marts.fct_sessions")
        assert catalogs.table_of(address, "logmart.mart.marts.fct_sessions") == after


@dataclass(frozen=True)
class MartOnTrino:
    """The built mart as the semantic layer asks it."""

    server: Server
    target_path: Path

    def query(self, sql: str) -> list[list[Any]]:
        return ask(self.server, sql)


def test_the_semantic_layer_gives_every_value_of_metrics_daily_on_trino(
    built: Built, server: Server
) -> None:
    layer = SemanticLayer(MartOnTrino(server, built.target_trino), TRINO)
    for metric in NOT_ASKED_ON_TRINO:
        with pytest.raises(RuntimeError, match="not supported for Trino"):
            layer.sql(metric_names=[metric])
    table = {
        key: value
        for key, value in layer.table().items()
        if key[0] in layer.metrics and key[0] not in NOT_ASKED_ON_TRINO
    }
    pairs = {(metric, dimension) for metric, _, dimension, _ in table}
    assert len(pairs) > 100  # noqa: PLR2004
    told = {key: value for key, value in table.items() if value is not None and value != 0}
    asked = {key: value for key, value in layer.values(pairs).items() if value != 0}
    assert set(asked) == set(told)
    assert asked == pytest.approx(told, rel=1e-9)
