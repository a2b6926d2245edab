"""Finds the columns with personal data, whose values are never shown. Pure functions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from logmart.dbt.manifest import Manifest, Node
from logmart.gate.impact import Lineage

HIDDEN = "•••"


@dataclass(frozen=True)
class Hidden:
    """The columns whose values are not shown, by schema, table and name.

    `everything` hides all columns: the classes of personal data are not known.
    """

    columns: frozenset[tuple[str, str, str]] = frozenset()
    everything: bool = False

    def holds(self, node: Node, column: str) -> bool:
        """Return whether the values of a node's column are hidden."""
        table = str(node.get("alias") or node["name"])
        return self.everything or (str(node["schema"]), table, column.lower()) in self.columns


def hidden_columns(
    states: Iterable[Mapping[str, Any]],
    lineages: Iterable[tuple[Manifest, Lineage]],
    classification: str,
) -> Hidden:
    """Return the columns that have a class of personal data on either side, and the columns whose
    lineage is not known.

    In: `states`, the states that `logmart_catalog plan --save` wrote for both sides, in which the
    classes are carried along column lineage; `classification`, the name of the classes' group.
    """
    found = {
        (table["parts"][-2], table["parts"][-1], column["name"].lower())
        for state in states
        for table in state["tables"]
        for column in table["columns"]
        if any(tag.partition(".")[0] == classification for tag in column.get("tags") or ())
    }
    for manifest, lineage in lineages:
        for (unique_id, column), kind in lineage.kinds.items():
            node = manifest.built.get(unique_id)
            if kind == "untraced" and node is not None:
                found.add((node["schema"], node.get("alias") or node["name"], column))
    return Hidden(frozenset(found))
