"""The two sides of a comparison."""

from __future__ import annotations

from dataclasses import dataclass

from logmart.dbt.manifest import Catalog
from logmart.gate.impact import Lineage
from logmart.gate.selection import Selection, Side


@dataclass(frozen=True)
class Compared:
    """Two sides of a project with what the warehouse and the lineage say of each.

    `unbuilt` are the nodes that could not be built on the branch: nothing is known of them.
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
        """The unique ids of what both sides build."""
        return [one for one in self.head.manifest.built if one in self.base.manifest.built]
