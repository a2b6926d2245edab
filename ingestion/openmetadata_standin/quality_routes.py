"""The special routes of test suites, test cases, test results and contracts."""

from __future__ import annotations

from openmetadata_standin.answers import requested_fields
from openmetadata_standin.behaviours.test_cases import (
    CREATE_MANY_500,
    INCIDENT,
    RESULT_IN_SECONDS,
    TESTS_FROM_SEARCH,
)
from openmetadata_standin.catalog import Catalog
from openmetadata_standin.entity_kind import Kind
from openmetadata_standin.entity_kinds import BY_NAME
from openmetadata_standin.errors import (
    ApiError,
    BadRequestError,
    ConflictError,
    NotFoundError,
    TooLargeError,
)
from openmetadata_standin.faults import Faults
from openmetadata_standin.http_types import Answer, Call, Route, json_answer
from openmetadata_standin.incidents import open_incident
from openmetadata_standin.json_patch import apply_patch
from openmetadata_standin.models import Json, check_answer, check_request
from openmetadata_standin.quality import contract_of
from openmetadata_standin.store import Selection

_CREATE_RESULT = "api.tests.createTestCaseResult:CreateTestCaseResult"
_RESULT = "tests.basic:TestCaseResult"
_SUITE = BY_NAME["testSuite"]
_CASE = BY_NAME["testCase"]
# Timestamps below this are considered to be in seconds.
_LEAST_MILLISECONDS = 10**12
# The largest number of test cases that one call creates.
MOST_CASES = 100


class QualityRoutes:
    """Handles calls on suites of tables, results of test cases, and contracts by entity."""

    def __init__(self, catalog: Catalog, faults: Faults) -> None:
        """In: the catalog that holds the tests; the faults that may lose the search index."""
        self._catalog = catalog
        self._faults = faults
        self._store = catalog.store

    def routes(self) -> list[Route]:
        """Return the routes; they must come before those of the collections."""
        suites, cases = "/api/v1/dataQuality/testSuites", "/api/v1/dataQuality/testCases"
        results = f"{cases}/testCaseResults/{{fqn}}"
        found = [
            Route("POST", results, self.add_result),
            Route("GET", results, self.results),
            Route("PATCH", f"{results}/{{timestamp}}", self.patch_result),
            Route("DELETE", f"{results}/{{timestamp}}", self.delete_result),
            Route("POST", f"{cases}/createMany", self.create_many),
            Route("GET", "/api/v1/dataContracts/entity", self.contract),
        ]
        if self._catalog.version.has(TESTS_FROM_SEARCH):
            found.append(Route("GET", f"{cases}/search/list", self.search))
        for word in ("basic", "executable"):  # `executable` is the older name of `basic`.
            found += [
                Route("POST", f"{suites}/{word}", self.create_suite),
                Route("PUT", f"{suites}/{word}", self.put_suite),
                Route("DELETE", f"{suites}/{word}/{{id}}", self.delete_suite),
            ]
        return found

    def create_suite(self, call: Call) -> Answer:
        """POST a table's suite: 201, or 409 when it exists."""
        return self._sent(_SUITE, self._catalog.create(_SUITE, call.json(), call.writer), 201)

    def put_suite(self, call: Call) -> Answer:
        """PUT a table's suite: 201 when it is new, else 200."""
        stored, new = self._catalog.put(_SUITE, call.json(), call.writer)
        return self._sent(_SUITE, stored, 201 if new else 200)

    def delete_suite(self, call: Call) -> Answer:
        """DELETE a table's suite."""
        stored = self._catalog.find(_SUITE, call.parts["id"], deleted=None)
        recursive, hard = call.flag("recursive"), call.flag("hardDelete")
        left = self._catalog.delete(_SUITE, stored, call.writer, recursive=recursive, hard=hard)
        return self._sent(_SUITE, left)

    def create_many(self, call: Call) -> Answer:
        """POST new test cases: 200 with all of them. None is created when one of them exists (409
        or 500) or is invalid, or when there are more than a hundred (413).
        """
        bodies = call.json()
        if not isinstance(bodies, list):
            raise BadRequestError("[body: must be a list]")
        if len(bodies) > MOST_CASES:
            raise TooLargeError(f"more than {MOST_CASES} test cases in one call")
        try:
            made = [self._catalog.create(_CASE, body, call.writer) for body in bodies]
        except ConflictError as error:
            if self._catalog.version.has(CREATE_MANY_500):
                raise ApiError("java.sql.BatchUpdateException: duplicate key value") from error
            raise
        shaper = self._catalog.shaper()
        answers = [shaper.full(_CASE, stored) for stored in made]
        return json_answer(
            [check_answer(_CASE.entity, answer, _CASE.on_request) for answer in answers]
        )

    def add_result(self, call: Call) -> Answer:
        """POST a result: 201, or 409 when the test case has one of that timestamp."""
        case = self._catalog.find_by_fqn(_CASE, call.parts["fqn"], deleted=None)
        result = check_request(_CREATE_RESULT, call.json())
        fqn = case["fullyQualifiedName"]
        version = self._catalog.version
        if version.has(RESULT_IN_SECONDS) and result["timestamp"] < _LEAST_MILLISECONDS:
            raise BadRequestError("Timestamp must be in milliseconds")
        result = {key: value for key, value in result.items() if key != "fqn"}
        if not self._store.add_result(fqn, {**result, "testCaseFQN": fqn}):
            raise ConflictError
        if version.has(INCIDENT) and result["testCaseStatus"] == "Failed":
            open_incident(self._catalog, case)
        return json_answer(self._checked({**result, "testCaseFQN": fqn}), 201)

    def results(self, call: Call) -> Answer:
        """GET results between two timestamps, latest first. Results outlive their test case."""
        start, end = (
            call.number(name, 0) if call.text(name) else None for name in ("startTs", "endTs")
        )
        found = self._store.results(call.parts["fqn"], start, end)
        data = [self._checked(result) for result in found]
        return json_answer({"data": data, "paging": {"total": len(data)}})

    def patch_result(self, call: Call) -> Answer:
        """PATCH one result."""
        fqn, stored = self._result(call)
        patched = check_request(_RESULT, apply_patch(stored, call.json()))
        self._store.erase_result(fqn, stored["timestamp"])
        self._store.add_result(fqn, {**patched, "timestamp": stored["timestamp"]})
        return json_answer(self._checked(patched))

    def delete_result(self, call: Call) -> Answer:
        """DELETE one result."""
        fqn, stored = self._result(call)
        self._store.erase_result(fqn, stored["timestamp"])
        return json_answer(self._checked(stored))

    def search(self, call: Call) -> Answer:
        """GET test cases from the search index, of one service if the call names it."""
        if self._faults.search == "error":
            raise ApiError("Search failed: all shards failed")
        limit, offset = call.number("limit", 10), call.number("offset", 0)
        selection = Selection(_CASE.name, below=call.text("serviceName"))
        known = self._store.page(selection, limit=-1) if self._faults.search == "ok" else []
        shaper = self._catalog.shaper()
        fields = requested_fields(_CASE, call.text("fields"))
        answers = [shaper.answer(_CASE, case, fields) for case in known[offset : offset + limit]]
        data = [check_answer(_CASE.entity, answer, _CASE.on_request) for answer in answers]
        paging = {"total": len(known), "offset": offset, "limit": limit}
        return json_answer({"data": data, "paging": paging})

    def contract(self, call: Call) -> Answer:
        """GET the contract of an entity by its id."""
        stored = contract_of(self._catalog, call.text("entityId") or "")
        return self._sent(BY_NAME["dataContract"], stored)

    def _result(self, call: Call) -> tuple[str, Json]:
        fqn, text = call.parts["fqn"], call.parts["timestamp"]
        moment = int(text) if text.isdecimal() else -1
        found = self._store.results(fqn, moment, moment)
        if not found:
            raise NotFoundError(f"Failed to find testCase result for {fqn} at {text}")
        return fqn, found[0]

    def _checked(self, result: Json) -> Json:
        return check_answer(_RESULT, result)

    def _sent(self, kind: Kind, stored: Json, status: int = 200) -> Answer:
        answer = self._catalog.shaper().full(kind, stored)
        return json_answer(check_answer(kind.entity, answer, kind.on_request), status)
