"""Pairs the models that have another name with what they were. Pure functions."""

from __future__ import annotations

import re
from collections.abc import Mapping

from logmart.gate.compared import Compared
from logmart.gate.selection import Side


def renamed_models(compared: Compared) -> dict[str, str]:
    """Return the nodes that are gone and their new ids: those with the same SQL or, where only one
    new node has them, the same columns of the same types.
    """
    old, new = compared.base.manifest.built, compared.head.manifest.built
    gone, added = sorted(set(old) - set(new)), sorted(set(new) - set(old))
    found: dict[str, str] = {}
    for node_id in gone:
        alike = [
            each
            for each in added
            if each not in found.values()
            and new[each]["resource_type"] == old[node_id]["resource_type"]
            and _is_alike(compared, node_id, each)
        ]
        if len(alike) == 1:
            found[node_id] = alike[0]
    return found


def follows(base: Side, head: Side, unique_id: str, renamed: Mapping[str, str]) -> bool:
    """Return whether a node's SQL differs only by the new names of the models that it reads."""
    text = head.sql(unique_id)
    for was, now in renamed.items():
        before, after = base.manifest.built[was], head.manifest.built[now]
        names = [str(node.get("alias") or node["name"]) for node in (before, after)]
        text = re.sub(rf"\b{re.escape(names[1])}\b", names[0], text)
    return text == base.sql(unique_id)


def _is_alike(compared: Compared, before: str, after: str) -> bool:
    if compared.base.sql(before) and compared.base.sql(before) == compared.head.sql(after):
        return True
    columns = compared.base_catalog.columns.get(before)
    return bool(columns) and columns == compared.head_catalog.columns.get(after)
