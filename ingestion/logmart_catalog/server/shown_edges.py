"""Edges as the server's search index has them, which is what its pages show.

A write of an edge that the server fails at can leave it in the database, where lists of edges come
from, and out of the index.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace

from logmart_catalog.server.client import Api
from logmart_catalog.server.edges import column_pairs
from logmart_catalog.server.index import indexed
from logmart_catalog.server.retry import pause
from logmart_catalog.state.asset_kinds import ASSET_KINDS, service_kind
from logmart_catalog.state.model import ColumnPair, Edge, EdgeKey
from logmart_catalog.state.names import split_fqn

_FIELDS = ("upstreamLineage", "fullyQualifiedName")
# The index follows the database within a second: a difference is looked at again before it counts.
_LOOKS = 3


@dataclass(frozen=True)
class Shown:
    """What the index has: the columns of edges by their ends, and the entities that it knows."""

    columns: Mapping[EdgeKey, tuple[ColumnPair, ...]]
    entities: frozenset[str]

    def has(self, edge: Edge) -> bool:
        """Whether an edge is shown as it is. Of an entity that the index lacks it says nothing."""
        return edge.downstream not in self.entities or self.columns.get(edge.key) == edge.columns


def as_shown(
    api: Api, edges: Mapping[EdgeKey, Edge], project: str
) -> tuple[dict[EdgeKey, Edge], int]:
    """Return edges as people see them, and how many lower ends of them the index lacks.

    In: edges as the database has them, and the dbt project whose edges matter. Those of it that
    are not shown are left out, and those that are with other columns have these.
    """
    ours = {key: edge for key, edge in edges.items() if edge.project == project}
    shown = look_at(api, ours.values())
    seen = {
        key: edge if shown.has(edge) else replace(edge, columns=shown.columns[key])
        for key, edge in ours.items()
        if shown.has(edge) or key in shown.columns
    }
    others = {key: edge for key, edge in edges.items() if key not in ours}
    lacking = {edge.downstream for edge in ours.values()} - shown.entities
    return {**others, **seen}, len(lacking)


def look_at(api: Api, edges: Collection[Edge]) -> Shown:
    """Return what the index has of edges into the same kinds of thing, in the same services."""
    for look in range(1, _LOOKS + 1):
        shown = _read(api, edges)
        if all(map(shown.has, edges)) or look == _LOOKS:
            break
        pause(look)
    return shown


def _read(api: Api, edges: Iterable[Edge]) -> Shown:
    columns: dict[EdgeKey, tuple[ColumnPair, ...]] = {}
    entities: set[str] = set()
    scopes = {
        (one.kind, split_fqn(one.downstream)[0] if _is_in_service(one.kind) else "")
        for one in edges
    }
    for kind, service in sorted(scopes):
        for entity in indexed(api, kind, service, _FIELDS):
            downstream = entity.text("fullyQualifiedName")
            entities.add(downstream)
            for one in entity.record_items("upstreamLineage"):
                upstream = one.record("fromEntity").text("fullyQualifiedName")
                pairs = column_pairs(one.record_items("columns"), upstream, downstream)
                columns[upstream, downstream] = pairs
    return Shown(columns, frozenset(entities))


def _is_in_service(kind: str) -> bool:
    """Whether what an edge ends in stands in a service: a table does, and some assets."""
    return kind not in ASSET_KINDS or bool(service_kind(kind))
