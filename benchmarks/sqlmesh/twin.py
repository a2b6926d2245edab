"""The SQLMesh project that stands beside the mart: `project/`, and our own compiled models.

The base model is written by hand, in `project/`: it is where the two tools load differently. What
follows it is the SQL that dbt compiles for a full refresh, word for word, under a MODEL header: so
both tools do the same work, and neither copy can be outdated.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Mapping
from pathlib import Path

PROJECT = Path(__file__).parent / "project"
# Written by hand; and the ledger of files, which SQLMesh's own record of intervals stands for.
OURS_ALONE = {"base_app__events", "base_app__files"}
# As its base: by the date of arrival.
KINDS = {"int_judged_events": "INCREMENTAL_BY_TIME_RANGE (time_column landed_date, lookback 2)"}


def write_twin(target: Path, out: Path, kinds: Mapping[str, str] | None = None) -> None:
    """Write the SQLMesh project to `out`, from what dbt compiled to `target`; `kinds` names the
    kinds of models beside KINDS. Any other is a view or, what ours restate in part as well, FULL.
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
