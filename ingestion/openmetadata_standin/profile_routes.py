"""The routes of table profiles, which hold numbers of rows over time."""

from __future__ import annotations

from openmetadata_standin.catalog import Catalog
from openmetadata_standin.entity_kinds import BY_NAME
from openmetadata_standin.errors import NotFoundError
from openmetadata_standin.http_types import Answer, Call, Route, json_answer
from openmetadata_standin.models import Json, check_answer, check_request

_CREATE_PROFILE = "api.data.createTableProfile:CreateTableProfileRequest"
_TABLE = BY_NAME["table"]


class ProfileRoutes:
    """Handles the calls on table profiles. Column profiles are validated and not stored."""

    def __init__(self, catalog: Catalog) -> None:
        """In: the catalog that holds the tables."""
        self._catalog = catalog
        self._store = catalog.store

    def routes(self) -> list[Route]:
        """Return the routes; they must come before those of the collections."""
        base = "/api/v1/tables"
        return [
            Route("PUT", f"{base}/{{id}}/tableProfile", self.put),
            Route("GET", f"{base}/{{fqn}}/tableProfile/latest", self.latest),
        ]

    def put(self, call: Call) -> Answer:
        """PUT a profile: 200 with the table. A profile of the same timestamp is replaced."""
        stored = self._catalog.find(_TABLE, call.parts["id"])
        profile = check_request(_CREATE_PROFILE, call.json())["tableProfile"]
        series = _series(stored)
        self._store.erase_result(series, profile["timestamp"])
        self._store.add_result(series, profile)
        return self._with_profile(stored)

    def latest(self, call: Call) -> Answer:
        """GET a table with its latest profile: 404 when there is no such table."""
        return self._with_profile(self._catalog.find_by_fqn(_TABLE, call.parts["fqn"]))

    def _with_profile(self, stored: Json) -> Answer:
        found = self._store.results(_series(stored), None, None)
        if not found:
            raise NotFoundError(f"table {stored['fullyQualifiedName']} has no profile")
        table = self._catalog.shaper().answer(_TABLE, stored, frozenset())
        return json_answer(check_answer(_TABLE.entity, {**table, "profile": found[0]}))


def _series(table: Json) -> str:
    return f"{table['fullyQualifiedName']}/tableProfile"
