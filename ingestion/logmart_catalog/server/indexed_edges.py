"""Reads edges from the server's search index, which is what the server's pages show.

When the server fails during the write of an edge, the edge can be in the database, and so in the
API's lists, but not in the index.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace

from logmart_catalog.server.client import Api
from logmart_catalog.server.edges import column_pairs
from logmart_catalog.server.retry import back_off
from logmart_catalog.server.search_index import indexed_documents
from logmart_catalog.state.asset_kinds import ASSET_KINDS, service_kind
from logmart_catalog.state.model import ColumnPair, Edge, EdgeKey
from logmart_catalog.state.names import split_fqn

_FIELDS = ("upstreamLineage", "fullyQualifiedName")
# The index follows the database within a second, so a difference is read again before it counts.
_MAX_READS = 3


@dataclass(frozen=True)
class IndexedEdges:
    """The edges in the index: their columns by both ends, and the FQNs of all indexed entities."""

    columns: Mapping[EdgeKey, tuple[ColumnPair, ...]]
    entities: frozenset[str]

    def has(self, edge: Edge) -> bool:
        """Whether the index agrees with an edge. It always does for an entity that it lacks."""
        return edge.downstream not in self.entities or self.columns.get(edge.key) == edge.columns


def edges_as_indexed(
    api: Api, edges: Mapping[EdgeKey, Edge], project: str
) -> tuple[dict[EdgeKey, Edge], int]:
    """Return edges as the server's pages show them, and how many of their lower ends are not in the
    index.

    In: the edges in the database, and the dbt project. An edge of the project that the index lacks
    is left out; one with other columns in the index gets those columns.
    """
    ours = {key: edge for key, edge in edges.items() if edge.project == project}
    shown = read_indexed_edges(api, ours.values())
    seen = {
        key: edge if shown.has(edge) else replace(edge, columns=shown.columns[key])
        for key, edge in ours.items()
        if shown.has(edge) or key in shown.columns
    }
    others = {key: edge for key, edge in edges.items() if key not in ours}
    lacking = {edge.downstream for edge in ours.values()} - shown.entities
    return {**others, **seen}, len(lacking)


def read_indexed_edges(api: Api, edges: Collection[Edge]) -> IndexedEdges:
    """Return the edges in the index that end in the same kinds of entities and services."""
    for look in range(1, _MAX_READS + 1):
        shown = _read(api, edges)
        if all(map(shown.has, edges)) or look == _MAX_READS:
            break
        back_off(look)
    return shown


def _read(api: Api, edges: Iterable[Edge]) -> IndexedEdges:
    columns: dict[EdgeKey, tuple[ColumnPair, ...]] = {}
    entities: set[str] = set()
    scopes = {
        (kind, split_fqn(name)[0] if _is_in_service(kind) else "")
        for kind, name in {edge.end for edge in edges}
    }
    for kind, service in sorted(scopes):
        for entity in indexed_documents(api, kind, service, _FIELDS):
            downstream = entity.text("fullyQualifiedName")
            entities.add(downstream)
            for edge in entity.record_items("upstreamLineage"):
                upstream = edge.record("fromEntity").text("fullyQualifiedName")
                pairs = column_pairs(edge.record_items("columns"), upstream, downstream)
                columns[upstream, downstream] = pairs
    return IndexedEdges(columns, frozenset(entities))


def _is_in_service(kind: str) -> bool:
    """Whether entities of a kind belong to a service: tables and some assets do."""
    return kind not in ASSET_KINDS or bool(service_kind(kind))
