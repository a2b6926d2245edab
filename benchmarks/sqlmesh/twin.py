"""Writes the SQLMesh project that is compared with the mart, from `project/` and compiled models.

The base model is written by hand, in `project/`, because the two tools load files differently. The
models downstream are the SQL that dbt compiles for a full refresh, unchanged, under a MODEL header.
So both tools do the same work, and neither copy can be outdated.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Mapping
from pathlib import Path

PROJECT = Path(__file__).parent / "project"
# The model written by hand, and the ledger of files, which SQLMesh's record of intervals replaces.
OURS_ALONE = {"base_app__events", "base_app__files"}
# Incremental by landed date, like the base model.
KINDS = {"int_judged_events": "INCREMENTAL_BY_TIME_RANGE (time_column landed_date, lookback 2)"}


def write_twin(target: Path, out: Path, kinds: Mapping[str, str] | None = None) -> None:
    """Write the SQLMesh project to `out`, from the SQL that dbt compiled to `target`.

    `kinds` adds to KINDS. Any other model is a VIEW, or FULL where it is a table or incremental in
    our project.
    """
    chosen = KINDS | dict(kinds or {})
    shutil.rmtree(out, ignore_errors=True)
    shutil.copytree(PROJECT, out)
    manifest = json.loads((target / "manifest.json").read_text(encoding="utf-8"))
    for node in manifest["nodes"].values():
        if (
            node["resource_type"] != "model"
            or node["name"] in OURS_ALONE
            or not node.get("compiled_code")
        ):
            continue
        kind = "VIEW" if node["config"]["materialized"] == "view" else "FULL"
        relation = re.compile(rf'"{node["database"]}"\."(\w+)"\."(\w+)"')
        (out / "models" / f"{node['name']}.sql").write_text(
            f"MODEL (\n  name {node['schema']}.{node['name']},\n"
            f"  kind {chosen.get(node['name'], kind)}\n);\n\n"
            + relation.sub(r"\1.\2", node["compiled_code"])
            + "\n",
            encoding="utf-8",
        )
