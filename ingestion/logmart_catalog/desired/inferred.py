"""Infers from SQL the columns of nodes that catalog.json lacks. Such a node is not published, but
descriptions and classes of personal data still flow through it. Pure functions.
"""

from __future__ import annotations

from dataclasses import replace
from graphlib import CycleError, TopologicalSorter

from logmart_catalog.artifacts.read import Artifacts, is_ephemeral
from logmart_catalog.errors import ArtifactError
from logmart_catalog.lineage.project import query_columns
from logmart_catalog.records import Record


def with_inferred_columns(artifacts: Artifacts) -> Artifacts:
    """Return the artifacts with an inferred relation for each node that was left out because it has
    none, if it has SQL. Only the types that the manifest declares are known.
    """
    wanting = [
        unique_id
        for unique_id in artifacts.left_out
        if unique_id not in artifacts.relations
        and (node := artifacts.nodes.get(unique_id)) is not None
        and not is_ephemeral(node)
        and node.text("compiled_code").strip()
        and node.text("language") != "python"
    ]
    if not wanting:
        return artifacts
    columns = query_columns(artifacts, _in_order(wanting, artifacts))
    relations = {
        unique_id: _relation(artifacts.nodes[unique_id], names)
        for unique_id, names in columns.items()
        if names
    }
    return replace(artifacts, relations={**artifacts.relations, **relations})


def _in_order(unique_ids: list[str], artifacts: Artifacts) -> list[str]:
    """Return the nodes in order of dependency, unchanged when they form a cycle."""
    graph = {
        unique_id: artifacts.nodes[unique_id].record("depends_on").texts("nodes")
        for unique_id in unique_ids
    }
    try:
        ordered = TopologicalSorter(graph).static_order()
        return [unique_id for unique_id in ordered if unique_id in graph]
    except CycleError:
        return unique_ids


def _relation(node: Record, names: tuple[str, ...]) -> Record:
    declared = {
        name.lower(): column.text("data_type") for name, column in node.records("columns").items()
    }
    columns = {
        name: {"name": name, "index": place, "type": declared.get(name.lower(), "")}
        for place, name in enumerate(names, start=1)
    }
    return Record.of(node.where, {"columns": columns}, ArtifactError)
