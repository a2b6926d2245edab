"""The columns of the marts that hold personal data."""

from __future__ import annotations

import tempfile
from pathlib import Path

from logmart.dbt.manifest import Manifest, read_json
from logmart.errors import CommandError
from logmart.gate.catalog_sync import catalog_plan, personal_data_classification
from logmart.gate.personal_data import Hidden, hidden_columns
from logmart.tool_run import ToolError

# All planned properties of an event as JSON: no lineage tells which of them it holds.
PROPERTIES = "properties"


def personal_columns(target_path: Path, manifest: Manifest) -> Hidden:
    """Return the columns that have a class of personal data, or may hold a value that has one.

    A class is declared where a value lands, and carried along column lineage to the marts. Columns
    whose lineage is not known are included, and so is `properties` while the tracking plan classes
    any property. Raises CommandError when the catalog sync, which carries classes, cannot be run.
    """
    with tempfile.TemporaryDirectory() as folder:
        saved = Path(folder) / "state.json"
        try:
            plan = catalog_plan(target_path, save=saved)
        except ToolError as error:
            raise CommandError(
                f"which columns hold personal data is not known: {error}; --with-personal-data"
                " writes all columns"
            ) from error
        found = hidden_columns([read_json(saved)], [], personal_data_classification())
    untraced = [name.lower() for name in plan["notes"]["untraced"]]
    has_classes = _plan_has_classes(manifest)
    unknown = set()
    for node in manifest.built.values():
        schema, table = str(node["schema"]), str(node["alias"])
        for column in map(str.lower, node["columns"]):
            place = f".{schema}.{table}.{column}".lower()
            is_mixed = column == PROPERTIES and has_classes
            if is_mixed or any(name.endswith(place) for name in untraced):
                unknown.add((schema, table, column))
    return Hidden(found.columns | unknown)


def _plan_has_classes(manifest: Manifest) -> bool:
    """Return whether a planned property has a class of personal data."""
    metas = [
        (column.get("config") or {}).get("meta") or column.get("meta") or {}
        for node in manifest.built.values()
        for column in node["columns"].values()
    ]
    return any("property" in meta and meta.get("personal_data", "none") != "none" for meta in metas)
