"""The routes of lineage: edges by id and by name, and graphs around an entity."""

from __future__ import annotations

from openmetadata_standin.behaviours.lineage import LINEAGE_BY_NAME, LINEAGE_FROM_SEARCH
from openmetadata_standin.catalog import Catalog
from openmetadata_standin.http_types import Answer, Call, Route, json_answer
from openmetadata_standin.lineage import Lineage, kind_of
from openmetadata_standin.models import Json, check_answer

_LINEAGE = "/api/v1/lineage"


class LineageRoutes:
    """Answers the calls on lineage."""

    def __init__(self, catalog: Catalog) -> None:
        """In: the catalog whose entities the edges join."""
        self._catalog = catalog
        self._lineage = Lineage(catalog)

    def routes(self) -> list[Route]:
        """Return the routes; those with literal parts come first."""
        ids = "{from_type}/{from_id}/{to_type}/{to_id}"
        names = "{from_type}/name/{from_fqn}/{to_type}/name/{to_fqn}"
        by_name = [
            Route("GET", f"{_LINEAGE}/getLineageEdge/{names}", self.edge_by_name),
            Route("PUT", f"{_LINEAGE}/{names}", self.put_by_name),
            Route("PATCH", f"{_LINEAGE}/{names}", self.patch_by_name),
        ]
        searched = [Route("GET", f"{_LINEAGE}/getLineage", self.searched)]
        version = self._catalog.version
        return [
            Route("PUT", _LINEAGE, self.put),
            *(by_name if version.has(LINEAGE_BY_NAME) else []),
            *(searched if version.has(LINEAGE_FROM_SEARCH) else []),
            Route("GET", f"{_LINEAGE}/getLineageEdge/{{from_id}}/{{to_id}}", self.edge),
            Route("DELETE", f"{_LINEAGE}/{names}", self.delete_by_name),
            Route(
                "DELETE",
                f"{_LINEAGE}/source/name/{{type}}/{{fqn}}/type/{{source}}",
                self.delete_by_source_by_name,
            ),
            Route("GET", f"{_LINEAGE}/{{type}}/name/{{fqn}}", self.around_name),
            Route("GET", f"{_LINEAGE}/{{type}}/{{id}}", self.around),
            Route("DELETE", f"{_LINEAGE}/{{type}}/{{id}}/type/{{source}}", self.delete_by_source),
            Route("PATCH", f"{_LINEAGE}/{ids}", self.patch),
            Route("DELETE", f"{_LINEAGE}/{ids}", self.delete),
        ]

    def put(self, call: Call) -> Answer:
        """PUT lineage: 200 without a body."""
        self._lineage.put(call.json(), call.writer)
        return Answer(200)

    def put_by_name(self, call: Call) -> Answer:
        """PUT lineage between two names: 200 without a body."""
        source, target = self._named_ends(call)
        self._lineage.put_between(source, target, call.json(), call.writer)
        return Answer(200)

    def edge(self, call: Call) -> Answer:
        """Answer with the details of one edge."""
        return json_answer(
            {"edge": self._lineage.details(call.parts["from_id"], call.parts["to_id"])}
        )

    def edge_by_name(self, call: Call) -> Answer:
        """Answer with the details of one edge, between two names."""
        source, target = self._named_ends(call)
        return json_answer({"edge": self._lineage.details(source[1]["id"], target[1]["id"])})

    def patch(self, call: Call) -> Answer:
        """PATCH the details of an edge."""
        source, target = self._ends(call, deleted=False)
        return json_answer(self._lineage.patch(source, target, call.json(), call.writer))

    def patch_by_name(self, call: Call) -> Answer:
        """PATCH the details of an edge between two names."""
        source, target = self._named_ends(call)
        return json_answer(self._lineage.patch(source, target, call.json(), call.writer))

    def delete(self, call: Call) -> Answer:
        """Remove an edge."""
        source, target = self._ends(call, deleted=None)
        self._lineage.delete(source[1]["id"], target[1]["id"])
        return Answer(200)

    def delete_by_name(self, call: Call) -> Answer:
        """Remove an edge between two names."""
        source, target = self._named_ends(call, deleted=None)
        self._lineage.delete(source[1]["id"], target[1]["id"])
        return Answer(200)

    def delete_by_source(self, call: Call) -> Answer:
        """Remove the edges of one source that end at an entity."""
        found = self._catalog.find(kind_of(call.parts["type"]), call.parts["id"], deleted=None)
        self._lineage.delete_by_source(found["id"], call.parts["source"])
        return Answer(200)

    def delete_by_source_by_name(self, call: Call) -> Answer:
        """Remove the edges of one source that end at a name."""
        kind = kind_of(call.parts["type"])
        found = self._catalog.find_by_fqn(kind, call.parts["fqn"], deleted=None)
        self._lineage.delete_by_source(found["id"], call.parts["source"])
        return Answer(200)

    def around(self, call: Call) -> Answer:
        """Answer with the graph around an id."""
        # The edges of an entity that has lost its service are still listed.
        found = self._catalog.find(kind_of(call.parts["type"]), call.parts["id"], whole=False)
        return self._graph(call, found)

    def around_name(self, call: Call) -> Answer:
        """Answer with the graph around a name."""
        kind = kind_of(call.parts["type"])
        return self._graph(call, self._catalog.find_by_fqn(kind, call.parts["fqn"]))

    def searched(self, call: Call) -> Answer:
        """Answer with the graph around a name in the search index."""
        kind = kind_of(call.text("type") or "table")
        found = self._catalog.find_by_fqn(kind, call.text("fqn") or "")
        up, down = call.number("upstreamDepth", 1), call.number("downstreamDepth", 1)
        return json_answer(self._lineage.searched(found["id"], up, down))

    def _graph(self, call: Call, entity: Json) -> Answer:
        up, down = call.number("upstreamDepth", 1), call.number("downstreamDepth", 1)
        graph = self._lineage.around(entity["id"], up, down)
        return json_answer(check_answer("type.entityLineage:EntityLineage", graph))

    def _ends(
        self, call: Call, *, deleted: bool | None
    ) -> tuple[tuple[str, Json], tuple[str, Json]]:
        source, target = (
            self._catalog.find(
                kind_of(call.parts[f"{end}_type"]), call.parts[f"{end}_id"], deleted=deleted
            )
            for end in ("from", "to")
        )
        return (call.parts["from_type"], source), (call.parts["to_type"], target)

    def _named_ends(
        self, call: Call, *, deleted: bool | None = False
    ) -> tuple[tuple[str, Json], tuple[str, Json]]:
        source, target = (
            self._catalog.find_by_fqn(
                kind_of(call.parts[f"{end}_type"]), call.parts[f"{end}_fqn"], deleted=deleted
            )
            for end in ("from", "to")
        )
        return (call.parts["from_type"], source), (call.parts["to_type"], target)
