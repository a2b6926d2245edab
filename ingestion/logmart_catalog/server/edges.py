"""Converts lineage edges between dataclasses and OpenMetadata's documents, and reads them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from logmart_catalog.records import Record
from logmart_catalog.server.client import Api, body
from logmart_catalog.server.documents import Body, read_text_mark, with_text_mark
from logmart_catalog.state.asset_kinds import EDGE_STARTS
from logmart_catalog.state.model import AssetKey, ColumnPair, Edge, EdgeKey
from logmart_catalog.state.names import fqn, split_fqn


@dataclass(frozen=True)
class End:
    """The lower end of an edge: its kind (the same word as on the server), its FQN and its id."""

    kind: str
    fqn: str
    id: str


def read_edges(api: Api, ends: list[End]) -> tuple[dict[EdgeKey, Edge], dict[AssetKey, str]]:
    """Read the edges that lead from tables and metrics to the given ends.

    Returns the edges, and the ids of the entities where they start, by kind and FQN.
    """
    edges: dict[EdgeKey, Edge] = {}
    ids: dict[AssetKey, str] = {}
    for found in api.each(lambda end: _edges_into(api, end), ends):
        for edge, start_id in found:
            edges[edge.key] = edge
            ids[edge.start] = start_id
    return edges, ids


def edge_body(edge: Edge, ids: tuple[str, str]) -> Body:
    """Return the body of the PUT of an edge. In: the ids of its ends."""
    start, end = (
        {"id": end_id, "type": kind}
        for end_id, kind in zip(ids, (edge.upstream_kind, edge.downstream_kind), strict=True)
    )
    details: Body = {
        "source": edge.source,
        "description": with_text_mark("", edge.project),
        "columnsLineage": [_pair_body(edge, pair) for pair in edge.columns],
    }
    if edge.sql:
        details["sqlQuery"] = edge.sql
    return body(
        "api.lineage.addLineage:AddLineageRequest",
        {"edge": {"fromEntity": start, "toEntity": end, "lineageDetails": details}},
    )


def edge_path(edge: Edge, ids: tuple[str, str]) -> str:
    """Return the path of the DELETE of an edge. In: the ids of its ends."""
    return f"/lineage/{edge.upstream_kind}/{ids[0]}/{edge.downstream_kind}/{ids[1]}"


def column_pairs(
    records: Iterable[Record], upstream: str, downstream: str
) -> tuple[ColumnPair, ...]:
    """Return the columns that an edge joins, in order. In: the FQNs of its ends."""
    pairs = [
        ColumnPair(
            tuple(sorted(_column(column, upstream) for column in pair.texts("fromColumns"))),
            _column(pair.text("toColumn"), downstream),
        )
        for pair in records
    ]
    return tuple(sorted(pairs, key=lambda pair: (pair.target, pair.sources)))


def _edges_into(api: Api, end: End) -> list[tuple[Edge, str]]:
    graph = api.get(f"/lineage/{end.kind}/{end.id}", upstreamDepth="1", downstreamDepth="0")
    starts = {
        node.text("id"): (node.text("type"), node.text("fullyQualifiedName"))
        for node in graph.record_items("nodes")
        if node.text("type") in EDGE_STARTS
    }
    return [
        (_read_edge(record.record("lineageDetails"), start, end), start_id)
        for record in graph.record_items("upstreamEdges")
        if record.text("toEntity") == end.id
        and (start := starts.get(start_id := record.text("fromEntity")))
    ]


def _read_edge(details: Record, start: AssetKey, end: End) -> Edge:
    _, project = read_text_mark(details.text("description"))
    upstream_kind, upstream = start
    return Edge(
        upstream,
        end.fqn,
        project,
        details.text("sqlQuery"),
        column_pairs(details.record_items("columnsLineage"), upstream, end.fqn),
        details.text("source"),
        upstream_kind,
        end.kind,
    )


def _pair_body(edge: Edge, pair: ColumnPair) -> Mapping[str, object]:
    return {
        "fromColumns": [_column_fqn(edge.upstream, name) for name in pair.sources],
        "toColumn": _column_fqn(edge.downstream, pair.target),
    }


def _column_fqn(table: str, name: str) -> str:
    return f"{table}.{fqn((name,))}"


def _column(name: str, table: str) -> str:
    """Return the name of a column in a table, or its whole FQN when it is in another table."""
    inside = name.startswith(f"{table}.")
    return ".".join(split_fqn(name[len(table) + 1 :])) if inside else name
