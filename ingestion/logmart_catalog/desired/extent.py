"""How far a project is published: without what its artifacts do not tell whole, and what was not
chosen. Pure functions.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from logmart_catalog.artifacts.documents import MAKE_ARTIFACTS
from logmart_catalog.artifacts.preflight import ALLOW_MIXED
from logmart_catalog.artifacts.read import Artifacts
from logmart_catalog.state.model import AssetKey, Kept, Table

RUN_RESULTS = "run_results.json"


@dataclass(frozen=True)
class Extent:
    """What of a project is published, and what is not.

    `published` are the unique ids of nodes and sources, `gone` the FQNs of the tables of the
    others, `uses` the dashboards and metrics that stay, `kept` what stays in the catalog as it is.
    `left_out` says why nodes that were chosen are not published, `outdated` why some that are may
    be out of date, by unique id; `not_chosen` counts what was not chosen. `refusal` says why
    nothing can be published, where nothing is whole.
    """

    published: frozenset[str]
    gone: frozenset[str]
    uses: frozenset[AssetKey]
    kept: Kept
    left_out: Mapping[str, str]
    outdated: Mapping[str, str]
    not_chosen: int
    refusal: str = ""

    @property
    def is_part(self) -> bool:
        """Whether it is not all of the project."""
        return bool(self.gone or self.kept.others)


def extent_of(
    artifacts: Artifacts,
    tables: Mapping[str, Table],
    uses: Mapping[str, AssetKey],
    chosen: frozenset[str] | None,
) -> Extent:
    """Return how far a project is published.

    In: `tables` by unique id, of two that are one table the one first that describes it; `uses`,
    dashboards and metrics by unique id; `chosen`, the unique ids that were asked for, None for all.
    """
    wanted = tables.keys() | uses.keys() if chosen is None else chosen
    describing: dict[str, str] = {}
    for unique_id, table in tables.items():
        describing.setdefault(table.fqn, unique_id)
    gone = frozenset(
        name
        for name, unique_id in describing.items()
        if unique_id in artifacts.left_out or unique_id not in wanted
    )
    kept = [
        name
        for unique_id, table in tables.items()
        if table.fqn in gone
        for name in (table.fqn, *table.previous)
    ]
    known = artifacts.nodes.keys() | artifacts.sources.keys()
    left_out = {
        one: why for one, why in artifacts.left_out.items() if one in wanted or one not in known
    }
    if artifacts.results_left_out:
        left_out[RUN_RESULTS] = f"its results: {artifacts.results_left_out}"
    published = frozenset(one for one, table in tables.items() if table.fqn not in gone)
    return Extent(
        published,
        gone,
        frozenset(key for one, key in uses.items() if one in wanted),
        Kept(tuple(sorted(set(kept))), others=chosen is not None),
        left_out,
        {one: why for one, why in artifacts.outdated.items() if one in published},
        len((tables.keys() | uses.keys()) - wanted),
        _refusal(artifacts, tables, chosen),
    )


def _refusal(
    artifacts: Artifacts, tables: Mapping[str, Table], chosen: frozenset[str] | None
) -> str:
    """Return why artifacts without one whole node are not published: they are hardly those that
    were meant. "" where there is one.
    """
    wanted = artifacts.nodes.keys() if chosen is None else chosen
    asked = sorted(wanted & tables.keys())
    if not asked or any(one not in artifacts.left_out for one in asked):
        return ""
    return (
        f"{artifacts.catalog_file}: none of {len(asked)} nodes can be published, the first:"
        f" {asked[0]}: {artifacts.left_out[asked[0]]}. It is older than the manifest, or of another"
        f" project or target: {MAKE_ARTIFACTS}; or give {ALLOW_MIXED} to take what another target"
        " left, or --select resource_type:source to publish the sources alone"
    )
