"""Edges as the server's search index has them, which is what its pages show.

A write of an edge that the server fails at can leave it in the database, where lists of edges come
from, and out of the index.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from logmart_catalog.asset_kinds import METRIC
from logmart_catalog.names import split_fqn
from logmart_catalog.server.client import Api
from logmart_catalog.server.edges import column_pairs
from logmart_catalog.server.index import indexed
from logmart_catalog.server.retry import pause
from logmart_catalog.state import ColumnPair, Edge, EdgeKey

_FIELDS = ("upstreamLineage", "fullyQualifiedName")
# The index follows the database within a second: a difference is looked at again before it counts.
_LOOKS = 3


def as_shown(api: Api, edges: Mapping[EdgeKey, Edge], project: str) -> dict[EdgeKey, Edge]:
    """Return edges as people see them.

    In: edges as the database has them, and the dbt project whose edges matter. Those of it that
    the index lacks are left out, and those that it has with other columns have these.
    """
    ours = {key: edge for key, edge in edges.items() if edge.project == project}
    shown: Mapping[EdgeKey, tuple[ColumnPair, ...]] = {}
    for look in range(1, _LOOKS + 1):
        shown = _read(api, ours)
        if all(shown.get(key) == edge.columns for key, edge in ours.items()) or look == _LOOKS:
            break
        pause(look)
    return {
        key: edge if key not in ours else replace(edge, columns=shown[key])
        for key, edge in edges.items()
        if key not in ours or key in shown
    }


def _read(api: Api, edges: Mapping[EdgeKey, Edge]) -> dict[EdgeKey, tuple[ColumnPair, ...]]:
    """Return the columns of the edges into the same things as some edges, by the edges' ends."""
    found: dict[EdgeKey, tuple[ColumnPair, ...]] = {}
    for kind in sorted({edge.kind for edge in edges.values()}):
        below = {split_fqn(edge.downstream)[0] for edge in edges.values() if edge.kind == kind}
        for service in sorted(below) if kind != METRIC else [""]:
            for entity in indexed(api, kind, service, _FIELDS):
                downstream = entity.text("fullyQualifiedName")
                for one in entity.record_items("upstreamLineage"):
                    upstream = one.record("fromEntity").text("fullyQualifiedName")
                    pairs = column_pairs(one.record_items("columns"), upstream, downstream)
                    found[upstream, downstream] = pairs
    return found
