"""The answers about lineage from the search index, which the server's UI shows."""

from __future__ import annotations

from openmetadata_standin.answers import Shaper
from openmetadata_standin.models import Json
from openmetadata_standin.store import Edge


def search_graph(shaper: Shaper, entity_id: str, above: list[Edge], below: list[Edge]) -> Json:
    """Return the answer of `lineage/getLineage`.

    In: the id of the entity, and the indexed edges above and below it, nearest first.
    """
    depths = {entity_id: 0}
    for edge in above:
        depths.setdefault(edge.from_id, depths.get(edge.to_id, 0) - 1)
    for edge in below:
        depths.setdefault(edge.to_id, depths.get(edge.from_id, 0) + 1)
    found = {node_id: shaper.reference(node_id) for node_id in depths}
    nodes = {
        reference["fullyQualifiedName"]: {"entity": reference, "nodeDepth": depths[node_id]}
        for node_id, reference in found.items()
        if reference is not None
    }
    return {
        "nodes": nodes,
        "upstreamEdges": _edges(shaper, above),
        "downstreamEdges": _edges(shaper, below),
    }


def indexed_edges(shaper: Shaper, above: list[Edge]) -> list[Json]:
    """Return the field `upstreamLineage` of a document of the index. In: the indexed edges."""
    return [{"fromEntity": _end(shaper, edge.from_id), **_details(edge)} for edge in above]


def _edges(shaper: Shaper, edges: list[Edge]) -> Json:
    found = {}
    for edge in edges:
        ends = {"fromEntity": _end(shaper, edge.from_id), "toEntity": _end(shaper, edge.to_id)}
        name = "--->".join(end.get("fullyQualifiedName", "") for end in ends.values())
        found[name] = {**ends, **_details(edge), "docId": name}
    return found


def _details(edge: Edge) -> Json:
    return {
        "columns" if key == "columnsLineage" else key: value for key, value in edge.details.items()
    }


def _end(shaper: Shaper, entity_id: str) -> Json:
    reference = shaper.reference(entity_id) or {}
    keys = ("id", "type", "fullyQualifiedName")
    return {key: reference[key] for key in keys if key in reference}
