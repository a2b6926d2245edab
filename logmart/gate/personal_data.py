"""Which columns hold personal data, and so are never shown. Pure functions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from logmart.dbt.manifest import Manifest, Node
from logmart.gate.impact import Lineage

HIDDEN = "•••"


@dataclass(frozen=True)
class Hidden:
    """The columns whose values are not shown, by schema, table and name; all of them where the
    classes of personal data are not known.
    """

    columns: frozenset[tuple[str, str, str]] = frozenset()
    everything: bool = False

    def holds(self, node: Node, column: str) -> bool:
        """Whether the values of a node's column are not shown."""
        table = str(node.get("alias") or node["name"])
        return self.everything or (str(node["schema"]), table, column.lower()) in self.columns


def hidden_columns(
    states: Iterable[Mapping[str, Any]],
    lineages: Iterable[tuple[Manifest, Lineage]],
    classification: str,
) -> Hidden:
    """Return the columns that bear a class of personal data on any side, and those of which it is
    not known where their values come from.

    In: `states`, what `logmart_catalog plan --save` wrote for each side, where the classes have
    been carried along column lineage; `classification`, the one that the classes belong to.
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
