"""Follows edges through the assets between tables and other assets. Pure functions."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace

from logmart_catalog.state.asset_kinds import TABLE
from logmart_catalog.state.model import AssetKey, Edge


def edges_by_end(edges: Iterable[Edge]) -> dict[AssetKey, list[Edge]]:
    """Return edges by their downstream end."""
    found: dict[AssetKey, list[Edge]] = {}
    for edge in edges:
        found.setdefault(edge.end, []).append(edge)
    return found


def tables_above(asset: AssetKey, edges: Mapping[AssetKey, Iterable[Edge]]) -> set[str]:
    """Return the tables that lead to an asset, directly or through other assets.

    In: edges by their downstream end. They have no cycle.
    """
    found: set[str] = set()
    for edge in edges.get(asset, ()):
        if edge.upstream_kind == TABLE:
            found.add(edge.upstream)
        else:
            found |= tables_above(edge.start, edges)
    return found


def edges_around(edges: Collection[Edge], lacking: Collection[str]) -> Iterator[Edge]:
    """Yield edges that avoid the assets of some kinds, such as those that a server lacks: where an
    edge starts at such an asset, an edge from each table above it takes its place.
    """
    into = edges_by_end(edges)
    for edge in edges:
        if edge.downstream_kind in lacking:
            continue
        if edge.upstream_kind not in lacking:
            yield edge
            continue
        for table in sorted(tables_above(edge.start, into)):
            yield replace(edge, upstream=table, upstream_kind=TABLE)
