"""Walks lineage step by step, up or down from an entity or a column."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeVar

from openmetadata_standin.models import Json
from openmetadata_standin.pages.links import Link, column_link, path_link
from openmetadata_standin.pages.reading import Reader
from openmetadata_standin.store import Edge

# The largest number of nodes on a page, so that it does not grow with the catalog.
MOST_NODES = 500
_KIND_ORDER = {"table": 0, "metric": 1, "dashboard": 2}
Key = TypeVar("Key")


@dataclass(frozen=True)
class Node:
    """A node of the lineage: its kind and its link."""

    kind: str
    link: Link


@dataclass(frozen=True)
class Step:
    """The nodes at the same distance, counted in edges."""

    distance: int
    nodes: list[Node]


@dataclass(frozen=True)
class LineageSide:
    """The lineage in one direction, nearest first; `cut` when there is more than a page shows."""

    steps: list[Step]
    cut: bool

    @property
    def count(self) -> int:
        """The number of nodes."""
        return sum(len(step.nodes) for step in self.steps)


def entity_lineage(
    reader: Reader, entity_id: str, *, up: bool, depth: int | None = None
) -> LineageSide:
    """Return the entities above or below an entity, each at its shortest distance.

    In: `depth`, the number of steps, None for all.
    """

    def next_to(node_id: str) -> list[str]:
        return reader.store.neighbours(node_id, up=up)

    found, cut = levels(entity_id, next_to, depth)
    return LineageSide([_entities(reader, number, ids) for number, ids in enumerate(found, 1)], cut)


def column_lineage(reader: Reader, table: Json, column_fqn: str, *, up: bool) -> LineageSide:
    """Return the columns above or below a column of a stored table."""

    def next_to(column: tuple[str, str]) -> list[tuple[str, str]]:
        table_id, fqn = column
        if up:
            return [
                (edge.from_id, source)
                for edge in reader.store.edges_into(table_id)
                for source, target in pairs(edge)
                if target == fqn
            ]
        return [
            (edge.to_id, target)
            for edge in reader.store.edges_from(table_id)
            for source, target in pairs(edge)
            if source == fqn
        ]

    found, cut = levels((table["id"], column_fqn), next_to)
    steps = [Step(number, _columns(level)) for number, level in enumerate(found, 1)]
    return LineageSide(steps, cut)


def sources_of_columns(reader: Reader, table_id: str) -> dict[str, list[Link]]:
    """Return the direct source columns of each column of a table, by the column's FQN."""
    found: dict[str, list[Link]] = {}
    for edge in reader.store.edges_into(table_id):
        for source, target in pairs(edge):
            found.setdefault(target, []).append(column_link(source))
    return found


def pairs(edge: Edge) -> list[tuple[str, str]]:
    """Return the column pairs of an edge as (source, target)."""
    return [
        (source, pair["toColumn"])
        for pair in edge.details.get("columnsLineage", [])
        for source in pair.get("fromColumns", [])
        if "toColumn" in pair
    ]


def levels(
    start: Key,
    next_to: Callable[[Key], list[Key]],
    depth: int | None = None,
    most: int = MOST_NODES,
) -> tuple[list[list[Key]], bool]:
    """Return the nodes reached after one step, two, ..., each once; and whether some were cut.

    In: `next_to`, the neighbours of a node; `depth`, the number of steps, None for all; `most`, the
    largest number of nodes.
    """
    seen, frontier = {start}, [start]
    found: list[list[Key]] = []
    while frontier and (depth is None or len(found) < depth):
        reached = dict.fromkeys(far for near in frontier for far in next_to(near))
        frontier = [reached_node for reached_node in reached if reached_node not in seen]
        room = most + 1 - len(seen)
        if len(frontier) > room:
            return [*found, frontier[:room]] if room else found, True
        seen.update(frontier)
        if frontier:
            found.append(frontier)
    return found, False


def _entities(reader: Reader, number: int, ids: Iterable[str]) -> Step:
    found = reader.shaper.references(ids)
    nodes = [
        Node(reference["type"], path_link(reference["type"], reference)) for reference in found
    ]
    return Step(number, sorted(nodes, key=_node_order))


def _node_order(node: Node) -> tuple[int, str]:
    return _KIND_ORDER.get(node.kind, len(_KIND_ORDER)), node.link.text


def _columns(level: Iterable[tuple[str, str]]) -> list[Node]:
    nodes = [Node("column", column_link(fqn)) for _, fqn in level]
    return sorted(nodes, key=_node_order)
