"""The two sides of a comparison, with their catalogs and lineage. Data."""

from __future__ import annotations

from dataclasses import dataclass

from logmart.dbt.manifest import Catalog
from logmart.gate.impact import Lineage
from logmart.gate.selection import Selection, Side


@dataclass(frozen=True)
class Compared:
    """The two sides of a project, with the warehouse's columns and the lineage of each.

    `unbuilt` are the nodes that could not be built on the branch; they cannot be compared.
    """

    base: Side
    head: Side
    base_catalog: Catalog
    head_catalog: Catalog
    base_lineage: Lineage
    head_lineage: Lineage
    selection: Selection
    unbuilt: frozenset[str] = frozenset()

    @property
    def both(self) -> list[str]:
        """The unique ids of the nodes that both sides build."""
        return [
            unique_id
            for unique_id in self.head.manifest.built
            if unique_id in self.base.manifest.built
        ]
