"""The routes that are not about one collection: system, types, lineage, and the stand-in's own."""

from __future__ import annotations

import importlib.metadata

from openmetadata_standin.calls import CallLog
from openmetadata_standin.catalog import Catalog
from openmetadata_standin.custom_properties import find_type, list_types, put_property, sent_type
from openmetadata_standin.faults import Faults, FaultSettings, parse_faults
from openmetadata_standin.http_types import Answer, Call, Route, json_answer
from openmetadata_standin.lineage import Lineage, kind_of
from openmetadata_standin.models import Json, check_answer
from openmetadata_standin.profile_routes import ProfileRoutes
from openmetadata_standin.quality_routes import QualityRoutes
from openmetadata_standin.search import SearchRoutes

_LINEAGE = "/api/v1/lineage"
_TYPE = "entity.type:Type"


def other_routes(catalog: Catalog, calls: CallLog, faults: Faults) -> list[Route]:
    """Return the routes of the system, of search, of types, of lineage and the stand-in's own."""
    return [
        Route("GET", "/api/v1/system/version", _version, open=True),
        Route("GET", "/standin/calls", lambda call: json_answer(calls.summary()), open=True),
        Route("DELETE", "/standin/calls", lambda call: _forget(calls), open=True),
        Route("GET", "/standin/faults", lambda call: json_answer(faults.summary()), open=True),
        Route("PUT", "/standin/faults", lambda call: _set_faults(call, faults), open=True),
        Route("DELETE", "/standin/faults", lambda call: _clear_faults(faults), open=True),
        *SearchRoutes(catalog, faults).routes(),
        *QualityRoutes(catalog).routes(),
        *ProfileRoutes(catalog).routes(),
        *TypeRoutes(catalog).routes(),
        *LineageRoutes(catalog).routes(),
    ]


def _version(call: Call) -> Answer:
    """Answer with the version of the client's own series, which is what the client checks."""
    client = importlib.metadata.version("openmetadata-ingestion")
    version = ".".join(client.split(".")[:3])
    return json_answer({"version": version, "revision": "stand-in", "timestamp": 0})


def _forget(calls: CallLog) -> Answer:
    calls.clear()
    return json_answer(calls.summary())


def _set_faults(call: Call, faults: Faults) -> Answer:
    faults.set(parse_faults(call.json()))
    return json_answer(faults.summary())


def _clear_faults(faults: Faults) -> Answer:
    faults.set(FaultSettings())
    return json_answer(faults.summary())


class TypeRoutes:
    """Answers the calls on metadata/types."""

    def __init__(self, catalog: Catalog) -> None:
        """In: the catalog whose store holds the types."""
        self._store = catalog.store

    def routes(self) -> list[Route]:
        """Return the routes."""
        base = "/api/v1/metadata/types"
        return [
            Route("GET", base, self.list),
            Route("GET", f"{base}/name/{{name}}", self.get_by_name),
            Route("GET", f"{base}/{{id}}", self.get),
            Route("PUT", f"{base}/{{id}}", self.put_property),
        ]

    def list(self, call: Call) -> Answer:
        """All types, or those of a category; there are few, so one page."""
        types = list_types(self._store, call.text("category"))
        data = [self._checked(one, call.text("fields")) for one in types]
        return json_answer({"data": data, "paging": {"total": len(data)}})

    def get_by_name(self, call: Call) -> Answer:
        """One type by name."""
        found = find_type(self._store, name=call.parts["name"])
        return json_answer(self._checked(found, call.text("fields")))

    def get(self, call: Call) -> Answer:
        """One type by id."""
        found = find_type(self._store, type_id=call.parts["id"])
        return json_answer(self._checked(found, call.text("fields")))

    def put_property(self, call: Call) -> Answer:
        """Add or update a custom property of an entity type."""
        stored = find_type(self._store, type_id=call.parts["id"])
        changed = put_property(self._store, stored, call.json(), call.writer)
        return json_answer(self._checked(changed, "customProperties"))

    def _checked(self, stored: Json, fields: str | None) -> Json:
        return check_answer(_TYPE, sent_type(stored, fields))


class LineageRoutes:
    """Answers the calls on lineage."""

    def __init__(self, catalog: Catalog) -> None:
        """In: the catalog whose entities the edges join."""
        self._catalog = catalog
        self._lineage = Lineage(catalog)

    def routes(self) -> list[Route]:
        """Return the routes, those with literal parts first."""
        ids = "{from_type}/{from_id}/{to_type}/{to_id}"
        names = "{from_type}/name/{from_fqn}/{to_type}/name/{to_fqn}"
        return [
            Route("PUT", _LINEAGE, self.put),
            Route("GET", f"{_LINEAGE}/getLineageEdge/{names}", self.edge_by_name),
            Route("GET", f"{_LINEAGE}/getLineageEdge/{{from_id}}/{{to_id}}", self.edge),
            Route("PUT", f"{_LINEAGE}/{names}", self.put_by_name),
            Route("PATCH", f"{_LINEAGE}/{names}", self.patch_by_name),
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
        return self._graph(call, self._catalog.find(kind_of(call.parts["type"]), call.parts["id"]))

    def around_name(self, call: Call) -> Answer:
        """Answer with the graph around a name."""
        kind = kind_of(call.parts["type"])
        return self._graph(call, self._catalog.find_by_fqn(kind, call.parts["fqn"]))

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
