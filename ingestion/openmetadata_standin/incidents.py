"""The statuses of incidents of test cases, and their routes."""

from __future__ import annotations

import uuid

from openmetadata_standin.behaviours.test_cases import INCIDENT_STATUSES
from openmetadata_standin.catalog import Catalog, now_ms
from openmetadata_standin.entity_kinds import BY_NAME
from openmetadata_standin.errors import BadRequestError
from openmetadata_standin.http_types import Answer, Call, Route, json_answer
from openmetadata_standin.models import Json, check_answer, check_request
from openmetadata_standin.names import incidents_key
from openmetadata_standin.store import Selection

_CREATE = "api.tests.createTestCaseResolutionStatus:CreateTestCaseResolutionStatus"
_STATUS = "tests.testCaseResolutionStatus:TestCaseResolutionStatus"
_CASE = BY_NAME["testCase"]
_RESOLVED = "Resolved"


def statuses_of(catalog: Catalog, case: Json, limit: int = -1) -> list[Json]:
    """Return the statuses of a test's incidents, the latest first."""
    return catalog.store.results(incidents_key(case["fullyQualifiedName"]), limit=limit)


def open_incident(catalog: Catalog, case: Json) -> None:
    """Store that a test case failed: its incident is new, unless one is open."""
    add_status(catalog, case, {"testCaseResolutionStatusType": "New"})
    catalog.save_as_is(_CASE, {"incidentId": str(uuid.uuid4()), **case})


def add_status(catalog: Catalog, case: Json, given: Json) -> Json:
    """Store the next status of a test's incident and return it.

    It belongs to the open incident if there is one, else to a new one. An incident that is open
    does not become new again.
    """
    latest = next(iter(statuses_of(catalog, case, limit=1)), None)
    is_open = latest is not None and latest["testCaseResolutionStatusType"] != _RESOLVED
    moment = max(now_ms(), latest["timestamp"] + 1 if latest else 0)
    status: Json = {
        **given,
        "id": str(uuid.uuid4()),
        "stateId": latest["stateId"] if latest and is_open else str(uuid.uuid4()),
        "timestamp": moment,
        "updatedAt": moment,
    }
    if not (is_open and given["testCaseResolutionStatusType"] == "New"):
        catalog.store.add_result(incidents_key(case["fullyQualifiedName"]), status)
    return status


class IncidentRoutes:
    """Handles calls on the statuses of incidents."""

    def __init__(self, catalog: Catalog) -> None:
        """In: the catalog that holds the tests."""
        self._catalog = catalog

    def routes(self) -> list[Route]:
        """Return the routes, none for a version without them; those of test cases come later."""
        if not self._catalog.version.has(INCIDENT_STATUSES):
            return []
        path = "/api/v1/dataQuality/testCases/testCaseIncidentStatus"
        return [
            Route("GET", path, self.listed),
            Route("POST", path, self.add),
            Route("GET", f"{path}/stateId/{{id}}", self.of_incident),
        ]

    def add(self, call: Call) -> Answer:
        """POST a status: 201."""
        given = check_request(_CREATE, call.json())
        fqn = given.pop("testCaseReference")
        case = self._catalog.find_by_fqn(_CASE, fqn, deleted=None)
        return json_answer(self._sent(case, add_status(self._catalog, case, given)), 201)

    def listed(self, call: Call) -> Answer:
        """GET the statuses between two timestamps, which must be given; with `latest` one an
        incident.
        """
        if call.text("startTs") is None or call.text("endTs") is None:
            raise BadRequestError("[query params startTs and endTs must not be null]")
        start, end = call.number("startTs", 0), call.number("endTs", 0)
        found = [
            self._sent(case, status)
            for case in self._cases(call.text("testCaseFQN"))
            for status in _first_of_each(statuses_of(self._catalog, case), call.flag("latest"))
            if start <= status["timestamp"] <= end
        ]
        found.sort(key=lambda status: -status["timestamp"])
        limit, offset = call.number("limit", 10), call.number("offset", 0)
        paging: Json = {"total": len(found)}
        if offset + limit < len(found):
            paging["after"] = str(offset + limit)
        return json_answer({"data": found[offset : offset + limit], "paging": paging})

    def of_incident(self, call: Call) -> Answer:
        """GET the statuses of one incident, the latest first."""
        found = [
            self._sent(case, status)
            for case in self._cases(None)
            for status in statuses_of(self._catalog, case)
            if status["stateId"] == call.parts["id"]
        ]
        return json_answer({"data": found, "paging": {"total": len(found)}})

    def _cases(self, fqn: str | None) -> list[Json]:
        if fqn:
            case = self._catalog.store.by_fqn(_CASE.name, fqn)
            return [] if case is None or case.get("deleted") else [case]
        return self._catalog.store.page(Selection(_CASE.name), limit=-1)

    def _sent(self, case: Json, status: Json) -> Json:
        reference = self._catalog.shaper().reference(case["id"])
        return check_answer(_STATUS, {**status, "testCaseReference": reference})


def _first_of_each(statuses: list[Json], only_first: bool) -> list[Json]:
    """Return the statuses, or the first one of each incident."""
    if not only_first:
        return statuses
    return list({status["stateId"]: status for status in reversed(statuses)}.values())
