"""The routes of test suites, test results and contracts that other collections have not."""

from __future__ import annotations

from openmetadata_standin.answers import Shaper
from openmetadata_standin.catalog import Catalog
from openmetadata_standin.errors import BadRequestError, ConflictError, NotFoundError, TooLargeError
from openmetadata_standin.http_types import Answer, Call, Route, json_answer
from openmetadata_standin.json_patch import apply_patch
from openmetadata_standin.kind import Kind
from openmetadata_standin.kinds import BY_NAME
from openmetadata_standin.models import Json, check_answer, check_request
from openmetadata_standin.quality import contract_of

_CREATE_RESULT = "api.tests.createTestCaseResult:CreateTestCaseResult"
_RESULT = "tests.basic:TestCaseResult"
_SUITE = BY_NAME["testSuite"]
_CASE = BY_NAME["testCase"]
# How many test cases one call creates at the most.
MOST_CASES = 100


class QualityRoutes:
    """Answers calls on the suites of tables, on results of test cases, on contracts by entity."""

    def __init__(self, catalog: Catalog) -> None:
        """In: the catalog that holds the tests."""
        self._catalog = catalog
        self._store = catalog.store

    def routes(self) -> list[Route]:
        """Return the routes; they go before those of the collections."""
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
        for word in ("basic", "executable"):  # The second is the first's older name.
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
        """POST new test cases: 200 with them; 409 when one exists, 413 when they are more than a
        hundred, and then none is made.
        """
        bodies = call.json()
        if not isinstance(bodies, list):
            raise BadRequestError("[body: must be a list]")
        if len(bodies) > MOST_CASES:
            raise TooLargeError(f"more than {MOST_CASES} test cases in one call")
        made = [self._catalog.create(_CASE, body, call.writer) for body in bodies]
        shaper = Shaper(self._store)
        answers = [shaper.full(_CASE, stored) for stored in made]
        return json_answer([check_answer(_CASE.entity, one, _CASE.on_request) for one in answers])

    def add_result(self, call: Call) -> Answer:
        """POST a result: 201, or 409 when the test case has one of that timestamp."""
        case = self._catalog.find_by_fqn(_CASE, call.parts["fqn"], deleted=None)
        result = check_request(_CREATE_RESULT, call.json())
        fqn = case["fullyQualifiedName"]
        result = {key: value for key, value in result.items() if key != "fqn"}
        if not self._store.add_result(fqn, {**result, "testCaseFQN": fqn}):
            raise ConflictError
        return json_answer(self._checked({**result, "testCaseFQN": fqn}), 201)

    def results(self, call: Call) -> Answer:
        """GET results between two moments, latest first; they outlive their test case."""
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
        answer = Shaper(self._store).full(kind, stored)
        return json_answer(check_answer(kind.entity, answer, kind.on_request), status)
