"""Writes `quality_results.json` beside dbt's artifacts: the newest results of the checks that are
no tests of dbt, the files in quarantine and the open incidents. The catalog sync publishes it.

It holds counts, names and times: no value of a row, no row's key, no name of a file.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb

from logmart.dbt.manifest import read_manifest
from logmart.operations.landing import utc_text
from logmart.quality_results.anomaly_stage import anomaly_checks
from logmart.quality_results.check import CatalogCheck
from logmart.quality_results.incidents import read_incidents, with_incidents
from logmart.quality_results.nodes import CheckedNodes
from logmart.quality_results.raw_stage import quarantine_checks, quarantined_files, raw_checks
from logmart.settings import PROJECT, landed_sources

QUALITY_RESULTS = "quality_results.json"
SCHEMA_VERSION = "logmart/quality_results/v1"


def write_quality_results(
    database: Path, target_path: Path, variables: Mapping[str, Any], now: datetime
) -> None:
    """Write the file of the build in a database, in one atomic step.

    In: `target_path`, the folder of its dbt artifacts; `variables`, those of the build; `now`, when
    it was read. Raises CommandError when the manifest cannot be read.
    """
    nodes = CheckedNodes(read_manifest(target_path / "manifest.json"))
    with duckdb.connect(str(database), read_only=True) as connection:
        checks, left_out = quality_checks(connection, nodes, variables, now)
    document = {
        "metadata": {"schema_version": SCHEMA_VERSION, "generated_at": utc_text(now)},
        "checks": [
            {name: value for name, value in asdict(check).items() if value} for check in checks
        ],
        "left_out": left_out,
    }
    new = target_path / f".{QUALITY_RESULTS}"
    new.write_text(json.dumps(document, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    os.replace(new, target_path / QUALITY_RESULTS)


def quality_checks(
    connection: duckdb.DuckDBPyConnection,
    nodes: CheckedNodes,
    variables: Mapping[str, Any],
    now: datetime,
    project: Path = PROJECT,
) -> tuple[list[CatalogCheck], dict[str, int]]:
    """Return the checks of a build by node and name, and counts of what is about no table.

    A build without the records of operations has the checks of the anomaly stage alone.
    """
    names = connection.execute("select table_name from information_schema.tables").fetchall()
    tables = {name for (name,) in names}
    checks = list(anomaly_checks(connection, nodes, variables, now, tables))
    left_out: dict[str, int] = {}
    if "incidents" in tables:
        checks += raw_checks(connection, nodes, project)
        files = quarantined_files(connection)
        checks += quarantine_checks(nodes, landed_sources(dict(variables)), files, now)
        checks, left_out = with_incidents(checks, read_incidents(connection), nodes, files, now)
    return sorted(checks, key=lambda check: (check.node, check.name)), left_out
