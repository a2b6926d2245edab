"""Writes, reads and removes lineage edges between entities."""

from __future__ import annotations

from typing import Any

from openmetadata_standin.behaviours.lineage import (
    HALF_WRITTEN_EDGE,
    LINEAGE_CONFLICT,
    NESTED_PAIRS,
    UNKNOWN_PAIR_DROPPED,
)
from openmetadata_standin.catalog import Catalog, now_ms
from openmetadata_standin.entity_kind import Kind
from openmetadata_standin.entity_kinds import BY_NAME
from openmetadata_standin.errors import BadRequestError, LineageConflictError, NotFoundError
from openmetadata_standin.json_patch import apply_patch
from openmetadata_standin.lineage_conflicts import LineageWrites
from openmetadata_standin.lineage_search import search_graph
from openmetadata_standin.merging import Writer
from openmetadata_standin.models import Json, check_request
from openmetadata_standin.store import Edge

MAX_DEPTH = 3
_CONFLICT = (
    "Request failed: [version_conflict_engine_exception] version conflict, required seqNo differs"
)
_DETAILS = "type.entityLineage:LineageDetails"


class Lineage:
    """The edges of a catalog. Use inside a store's transaction."""

    def __init__(self, catalog: Catalog) -> None:
        """In: the catalog whose entities the edges join."""
        self._catalog = catalog
        self._store = catalog.store
        self._writes = LineageWrites()

    def put(self, body: object, writer: Writer) -> None:
        """PUT lineage: store an edge, and replace all details of an earlier one.

        Raises NotFoundError when an end does not exist or is soft-deleted; on some versions
        BadRequestError when `columnsLineage` names an unknown column; LineageConflictError when
        another edge into the same entity is being written.
        """
        edge = check_request("api.lineage.addLineage:AddLineageRequest", body)["edge"]
        source, target = edge["fromEntity"], edge["toEntity"]
        ends = [(end["type"], self._living(end["type"], end["id"])) for end in (source, target)]
        self._save(ends[0], ends[1], edge.get("lineageDetails", {}), writer, created=True)

    def put_between(
        self, source: tuple[str, Json], target: tuple[str, Json], body: object, writer: Writer
    ) -> None:
        """PUT lineage by name: like `put`, with known ends and a body that holds only details."""
        self._save(source, target, check_request(_DETAILS, body), writer, created=True)

    def patch(
        self, source: tuple[str, Json], target: tuple[str, Json], operations: Any, writer: Writer
    ) -> Json:
        """PATCH lineage: apply a JSON Patch to the details of an edge; return them.

        Raises NotFoundError when there is no such edge, and the errors of `put` and `apply_patch`.
        """
        details = apply_patch(self.details(source[1]["id"], target[1]["id"]), operations)
        return self._save(source, target, check_request(_DETAILS, details), writer, created=False)

    def details(self, from_id: str, to_id: str) -> Json:
        """Return the details of an edge. Raises NotFoundError when there is none."""
        edge = self._store.edge(from_id, to_id)
        if edge is None:
            raise NotFoundError(f"Lineage edge not found between {from_id} and {to_id}")
        return edge.details

    def delete(self, from_id: str, to_id: str) -> None:
        """Remove an edge. Raises NotFoundError when there is none."""
        if not self._store.erase_edge(from_id, to_id):
            raise NotFoundError("Lineage edge not found")

    def delete_by_source(self, to_id: str, source: str) -> None:
        """Remove the edges that end at an entity and have a given source."""
        for edge in self._store.edges_into(to_id):
            if edge.details.get("source") == source:
                self._store.erase_edge(edge.from_id, edge.to_id)

    def around(self, entity_id: str, upstream: int, downstream: int) -> Json:
        """Return the lineage graph around an entity, including soft-deleted neighbours.

        Raises BadRequestError when a depth is not between 0 and 3.
        """
        for depth in (upstream, downstream):
            if not 0 <= depth <= MAX_DEPTH:
                raise BadRequestError(f"[depth must be between 0 and {MAX_DEPTH}]")
        shaper = self._catalog.shaper()
        above = self._walk(entity_id, upstream, up=True)
        below = self._walk(entity_id, downstream, up=False)
        ends = [edge.from_id for edge in above] + [edge.to_id for edge in below]
        return {
            "entity": shaper.reference(entity_id),
            "nodes": shaper.references(dict.fromkeys(ends)),
            "upstreamEdges": [_sent(edge) for edge in above],
            "downstreamEdges": [_sent(edge) for edge in below],
        }

    def searched(self, entity_id: str, upstream: int, downstream: int) -> Json:
        """Return the graph around an entity in the search index, without edges that it lacks."""
        above = self._walk(entity_id, upstream, up=True)
        below = self._walk(entity_id, downstream, up=False)
        indexed = [
            [edge for edge in edges if self._store.is_indexed(edge)] for edges in (above, below)
        ]
        return search_graph(self._catalog.shaper(), entity_id, *indexed)

    def _walk(self, entity_id: str, depth: int, *, up: bool) -> list[Edge]:
        """Return the edges within `depth` steps, each once."""
        found: dict[tuple[str, str], Edge] = {}
        frontier = [entity_id]
        for _ in range(depth):
            step = self._store.edges_into if up else self._store.edges_from
            edges = [edge for node in frontier for edge in step(node)]
            fresh = [edge for edge in edges if (edge.from_id, edge.to_id) not in found]
            found.update({(edge.from_id, edge.to_id): edge for edge in fresh})
            frontier = [edge.from_id if up else edge.to_id for edge in fresh]
        return list(found.values())

    def _living(self, entity_type: str, entity_id: str) -> Json:
        return self._catalog.find(kind_of(entity_type), entity_id)

    def _save(
        self,
        source: tuple[str, Json],
        target: tuple[str, Json],
        details: Json,
        writer: Writer,
        *,
        created: bool,
    ) -> Json:
        pairs = self._pairs(details.get("columnsLineage", []), source[1], target[1])
        details = {**details, "columnsLineage": pairs}
        if "pipeline" in details:
            self._living(details["pipeline"]["type"], details["pipeline"]["id"])
        stamp: Json = {"updatedAt": now_ms(), "updatedBy": writer.name}
        if created:
            stamp |= {"createdAt": stamp["updatedAt"], "createdBy": writer.name}
        stored = {"source": "Manual", **details, **stamp}
        edge = Edge(source[0], source[1]["id"], target[0], target[1]["id"], stored)
        with self._writes.into(edge.to_id) as crossed:
            self._store.save_edge(edge)
            if not self._catalog.version.has(LINEAGE_CONFLICT):
                return stored
            if crossed:
                half_written = self._catalog.version.has(HALF_WRITTEN_EDGE)
                self._store.set_indexed(edge.from_id, edge.to_id, indexed=not half_written)
                self._store.commit()
                raise LineageConflictError(_CONFLICT)
            self._store.set_indexed(edge.from_id, edge.to_id, indexed=True)
            self._store.let_others_in()
        return stored

    def _pairs(self, pairs: list[Json], source: Json, target: Json) -> list[Json]:
        """Return the pairs whose columns both tables have. Versions that do not drop other pairs
        raise BadRequestError on them.
        """
        nested = self._catalog.version.has(NESTED_PAIRS)
        above, below = _column_names(source, nested=nested), _column_names(target, nested=nested)
        if not self._catalog.version.has(UNKNOWN_PAIR_DROPPED):
            for pair in pairs:
                for column in pair.get("fromColumns", []):
                    _check_column(column, above)
                if "toColumn" in pair:
                    _check_column(pair["toColumn"], below)
            return pairs
        known = [
            {
                **pair,
                "fromColumns": [
                    column for column in pair.get("fromColumns", []) if column in above
                ],
            }
            for pair in pairs
            if pair.get("toColumn") in below
        ]
        return [pair for pair in known if pair["fromColumns"]]


def kind_of(entity_type: str) -> Kind:
    """Return the kind with this type in paths and references. Raises NotFoundError for none."""
    if entity_type not in BY_NAME:
        raise NotFoundError(f"Entity type {entity_type} not found")
    return BY_NAME[entity_type]


def _column_names(document: Json, *, nested: bool) -> frozenset[str]:
    """Return the FQNs that take part in column lineage: a table's columns (with `nested` also the
    columns inside them), and a metric's dimensions and measures.
    """
    parts = ("columns", "dimensions", "measures", *(["children"] if nested else []))
    found = [column for part in parts for column in document.get(part, [])]
    inner = [_column_names(column, nested=True) for column in found] if nested else []
    return frozenset(column["fullyQualifiedName"] for column in found).union(*inner)


def _check_column(fqn: str, known: frozenset[str]) -> None:
    if fqn not in known:
        raise BadRequestError(f"Invalid column name {fqn}")


def _sent(edge: Edge) -> Json:
    return {"fromEntity": edge.from_id, "toEntity": edge.to_id, "lineageDetails": edge.details}
