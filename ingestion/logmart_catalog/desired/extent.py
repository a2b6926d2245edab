"""Which part of a project is published: not the nodes that are incomplete in the artifacts or not
chosen. Pure functions.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from logmart_catalog.artifacts.documents import MAKE_ARTIFACTS
from logmart_catalog.artifacts.preflight import ALLOW_MIXED
from logmart_catalog.artifacts.read import Artifacts
from logmart_catalog.state.model import AssetKey, OutOfScope, Table

RUN_RESULTS = "run_results.json"


@dataclass(frozen=True)
class Extent:
    """The part of a project that is published.

    `published` are the unique ids of the published nodes and sources, `unpublished` the FQNs of the
    other tables, `consumers` the published dashboards and metrics. `out_of_scope` are the entities
    that stay in the catalog as they are. `left_out` says by unique id why a chosen node is not
    published, `outdated` why a published one may be out of date; `not_chosen` counts the nodes
    that were not chosen. `refusal` says why nothing is published, "" when something is.
    """

    published: frozenset[str]
    unpublished: frozenset[str]
    consumers: frozenset[AssetKey]
    out_of_scope: OutOfScope
    left_out: Mapping[str, str]
    outdated: Mapping[str, str]
    not_chosen: int
    refusal: str = ""

    @property
    def is_part(self) -> bool:
        """Whether only a part of the project is published."""
        return bool(self.unpublished or self.out_of_scope.others)


def extent_of(
    artifacts: Artifacts,
    tables: Mapping[str, Table],
    consumers: Mapping[str, AssetKey],
    chosen: frozenset[str] | None,
) -> Extent:
    """Return the part of a project that is published.

    In: `tables` by unique id (when two nodes share a table, the one that describes it comes first);
    `consumers`, dashboards and metrics by unique id; `chosen`, the selected ids, None for all.
    """
    wanted = tables.keys() | consumers.keys() if chosen is None else chosen
    describing: dict[str, str] = {}
    for unique_id, table in tables.items():
        describing.setdefault(table.fqn, unique_id)
    unpublished = frozenset(
        name
        for name, unique_id in describing.items()
        if unique_id in artifacts.left_out or unique_id not in wanted
    )
    untouched = [
        name
        for unique_id, table in tables.items()
        if table.fqn in unpublished
        for name in (table.fqn, *table.previous)
    ]
    known = artifacts.nodes.keys() | artifacts.sources.keys()
    left_out = {
        unique_id: why
        for unique_id, why in artifacts.left_out.items()
        if unique_id in wanted or unique_id not in known
    }
    if artifacts.results_left_out:
        left_out[RUN_RESULTS] = f"its results: {artifacts.results_left_out}"
    published = frozenset(
        unique_id for unique_id, table in tables.items() if table.fqn not in unpublished
    )
    return Extent(
        published,
        unpublished,
        frozenset(key for unique_id, key in consumers.items() if unique_id in wanted),
        OutOfScope(tuple(sorted(set(untouched))), others=chosen is not None),
        left_out,
        {unique_id: why for unique_id, why in artifacts.outdated.items() if unique_id in published},
        len((tables.keys() | consumers.keys()) - wanted),
        _refusal(artifacts, tables, chosen),
    )


def _refusal(
    artifacts: Artifacts, tables: Mapping[str, Table], chosen: frozenset[str] | None
) -> str:
    """Return why nothing is published, "" when at least one chosen node is complete. Artifacts
    without a complete node are probably not the intended ones.
    """
    wanted = artifacts.nodes.keys() if chosen is None else chosen
    asked = sorted(wanted & tables.keys())
    if not asked or any(unique_id not in artifacts.left_out for unique_id in asked):
        return ""
    return (
        f"{artifacts.catalog_file}: none of {len(asked)} nodes can be published, the first:"
        f" {asked[0]}: {artifacts.left_out[asked[0]]}. It is older than the manifest, or of another"
        f" project or target: {MAKE_ARTIFACTS}; or give {ALLOW_MIXED} to take what another target"
        " left, or --select resource_type:source to publish the sources alone"
    )
