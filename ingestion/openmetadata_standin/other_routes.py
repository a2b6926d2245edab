"""The routes outside of the collections: system, search, types, lineage, and the stand-in's own."""

from __future__ import annotations

from openmetadata_standin.behaviours.versions import ServerVersion
from openmetadata_standin.calls import CallLog
from openmetadata_standin.catalog import Catalog
from openmetadata_standin.custom_properties import find_type, list_types, put_property, sent_type
from openmetadata_standin.faults import Faults, FaultSettings, parse_faults
from openmetadata_standin.http_types import Answer, Call, Route, json_answer
from openmetadata_standin.incidents import IncidentRoutes
from openmetadata_standin.lineage_routes import LineageRoutes
from openmetadata_standin.models import Json, check_answer
from openmetadata_standin.profile_routes import ProfileRoutes
from openmetadata_standin.quality_routes import QualityRoutes
from openmetadata_standin.search import SearchRoutes

_TYPE = "entity.type:Type"


def other_routes(catalog: Catalog, calls: CallLog, faults: Faults) -> list[Route]:
    """Return the routes of the system, of search, of types, of lineage and the stand-in's own."""
    return [
        Route("GET", "/api/v1/system/version", lambda call: _version(catalog.version), open=True),
        Route("GET", "/standin/calls", lambda call: json_answer(calls.summary()), open=True),
        Route("DELETE", "/standin/calls", lambda call: _forget(calls), open=True),
        Route("GET", "/standin/faults", lambda call: json_answer(faults.summary()), open=True),
        Route("PUT", "/standin/faults", lambda call: _set_faults(call, faults), open=True),
        Route("DELETE", "/standin/faults", lambda call: _clear_faults(faults), open=True),
        *SearchRoutes(catalog, faults).routes(),
        *IncidentRoutes(catalog).routes(),
        *QualityRoutes(catalog, faults).routes(),
        *ProfileRoutes(catalog).routes(),
        *TypeRoutes(catalog).routes(),
        *LineageRoutes(catalog).routes(),
    ]


def _version(version: ServerVersion) -> Answer:
    return json_answer({"version": version.release, "revision": "stand-in", "timestamp": 0})


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
        self._version = catalog.version

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
        """All types, or those of a category, in one page since there are few."""
        types = list_types(self._store, call.text("category"))
        data = [self._checked(type_, call.text("fields")) for type_ in types]
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
        return check_answer(_TYPE, sent_type(stored, fields, self._version))
