"""Probes of test cases and their results."""

from __future__ import annotations

import time
from typing import Any

from openmetadata_standin.behaviours import test_cases as behaviours
from openmetadata_standin.conformance.probe import probe
from openmetadata_standin.conformance.server import path_of
from openmetadata_standin.conformance.workspace import Workspace, reference
from openmetadata_standin.models import Json

CASES = "dataQuality/testCases"
_INCIDENTS = f"{CASES}/testCaseIncidentStatus"
DAY_MS = 86_400_000
_START_MS = 1_700_000_000_000
_SECONDS_OF_INDEX = 20.0


def _definition(place: Workspace) -> str:
    body = {
        "name": place.name(),
        "description": "Of a probe.",
        "entityType": "TABLE",
        "testPlatforms": ["dbt"],
        "parameterDefinition": [],
    }
    return str(place.put("dataQuality/testDefinitions", body)["name"])


def _body(table: Json, definition: str, name: str = "holds") -> Json:
    link = f"<#E::table::{table['fullyQualifiedName']}>"
    return {"name": name, "testDefinition": definition, "entityLink": link}


def _case(place: Workspace) -> tuple[Json, Json]:
    """PUT a test case; return its table, and its body with the answer as `made`."""
    table = place.table()
    body = _body(table, _definition(place))
    return table, {**body, "made": place.server.made("PUT", CASES, body)}


def _sent(body: Json, **fields: Any) -> Json:
    return {key: value for key, value in {**body, **fields}.items() if key != "made"}


def _result(place: Workspace, body: Json, timestamp: int, status: str = "Success") -> int:
    path = f"{CASES}/testCaseResults/{body['made']['fullyQualifiedName']}"
    sent = {"timestamp": timestamp, "testCaseStatus": status, "testResultValue": []}
    return place.server.status("POST", path, sent)


def _exists(place: Workspace, table: Json, name: str) -> bool:
    return place.server.call("GET", path_of(CASES, f"{table['fullyQualifiedName']}.{name}")).ok


@probe(
    behaviours.CREATE_MANY_500,
    holds="existing 500, deleted 500, none made; POST 409",
    otherwise="existing 409, deleted 409, none made; POST 409",
)
def create_many_500(place: Workspace) -> str:
    """Create a new test together with an existing one, first live, then soft-deleted."""
    table, body = _case(place)
    both = [_sent(body, name="new"), _sent(body)]
    existing = place.server.status("POST", f"{CASES}/createMany", both)
    posted = place.server.status("POST", CASES, _sent(body))
    place.server.made("DELETE", f"{CASES}/{body['made']['id']}", recursive="true")
    deleted = place.server.status("POST", f"{CASES}/createMany", both)
    made = "new made" if _exists(place, table, "new") else "none made"
    return f"existing {existing}, deleted {deleted}, {made}; POST {posted}"


@probe(behaviours.CREATE_MANY_ALL_OR_NONE, holds="404, none made")
def create_many_all_or_none(place: Workspace) -> str:
    """Create a test together with one whose definition does not exist."""
    table = place.table()
    bodies = [_body(table, _definition(place)), _body(table, place.name(), "wrong")]
    status = place.server.status("POST", f"{CASES}/createMany", bodies)
    return f"{status}, {'one' if _exists(place, table, 'holds') else 'none'} made"


@probe(behaviours.TEST_REVIVED_BY_PUT, holds="same id")
def test_revived_by_put(place: Workspace) -> str:
    """Delete a test softly and PUT it again."""
    _, body = _case(place)
    place.server.made("DELETE", f"{CASES}/{body['made']['id']}", recursive="true")
    back = place.server.made("PUT", CASES, _sent(body))
    read = place.server.call("GET", f"{CASES}/{back['id']}", fields="testSuite").ok
    return "same id" if read and back["id"] == body["made"]["id"] else "new id"


@probe(behaviours.TESTS_HOLD_TABLE, holds="soft 400, hard 400, recursive 200")
def tests_hold_table(place: Workspace) -> str:
    """Delete a table that has a test."""
    table, _ = _case(place)
    path = f"tables/{table['id']}"
    queries = {"soft": {}, "hard": {"hardDelete": "true"}, "recursive": {"recursive": "true"}}
    return ", ".join(
        f"{word} {place.server.status('DELETE', path, **query)}" for word, query in queries.items()
    )


@probe(
    behaviours.TESTS_HIDE_WITH_TABLE,
    holds="deleted: test 404, contract 404; put: test 200, contract 200",
)
def tests_hide_with_table(place: Workspace) -> str:
    """Delete a table with a test and a contract softly, and PUT it again."""
    table, body = _case(place)
    sent = {"name": place.name(), "entity": reference("table", table)}
    contract = place.server.made("PUT", "dataContracts", sent)
    paths = {"test": f"{CASES}/{body['made']['id']}", "contract": f"dataContracts/{contract['id']}"}

    def read() -> str:
        return ", ".join(f"{path} {place.server.status('GET', at)}" for path, at in paths.items())

    place.server.made("DELETE", f"tables/{table['id']}", recursive="true")
    gone = read()
    place.put_again(table)
    return f"deleted: {gone}; put: {read()}"


@probe(behaviours.RESULT_TWICE, holds="201, 409")
def result_twice(place: Workspace) -> str:
    """POST two results of one timestamp."""
    _, body = _case(place)
    return ", ".join(str(_result(place, body, _START_MS)) for _ in range(2))


@probe(behaviours.LATEST_RESULT, holds="201, 201: Aborted")
def latest_result(place: Workspace) -> str:
    """POST an older result after a newer one."""
    _, body = _case(place)
    newer = _result(place, body, _START_MS + DAY_MS, "Aborted")
    older = _result(place, body, _START_MS)
    path = f"{CASES}/{body['made']['id']}"
    found = place.server.made("GET", path, fields="testCaseResult")
    return f"{newer}, {older}: {found['testCaseResult']['testCaseStatus']}"


@probe(behaviours.RESULT_STATUS, holds="400")
def result_status(place: Workspace) -> str:
    """POST a result of status Warning."""
    _, body = _case(place)
    return str(_result(place, body, _START_MS, "Warning"))


@probe(behaviours.RESULT_IN_SECONDS, holds="400", otherwise="201")
def result_in_seconds(place: Workspace) -> str:
    """POST a result whose timestamp is in seconds."""
    _, body = _case(place)
    return str(_result(place, body, _START_MS // 1000))


@probe(behaviours.INCIDENT, holds="400, recursive 200", otherwise="200, recursive 404")
def incident(place: Workspace) -> str:
    """POST a failed result and delete the test."""
    _, body = _case(place)
    _result(place, body, _START_MS, "Failed")
    path = f"{CASES}/{body['made']['id']}"
    plain = place.server.status("DELETE", path)
    return f"{plain}, recursive {place.server.status('DELETE', path, recursive='true')}"


def _statuses(place: Workspace, body: Json) -> list[str]:
    """Return the statuses of a test's incidents, the latest first."""
    now = int(time.time() * 1000)
    query = {"startTs": "0", "endTs": str(now + DAY_MS), "limit": "100"}
    name = body["made"]["fullyQualifiedName"]
    answer = place.server.call("GET", _INCIDENTS, testCaseFQN=name, **query)
    data = answer.json()["data"] if answer.ok else []
    data.sort(key=lambda status: -status["timestamp"])
    return [status["testCaseResolutionStatusType"] for status in data]


def _add_status(place: Workspace, body: Json, status: str) -> int:
    sent: Json = {"testCaseResolutionStatusType": status}
    sent["testCaseReference"] = body["made"]["fullyQualifiedName"]
    if status == "Resolved":
        details = {"testCaseFailureReason": "Other", "testCaseFailureComment": "Of a probe."}
        sent["testCaseResolutionStatusDetails"] = details
    return place.server.status("POST", _INCIDENTS, sent)


@probe(
    behaviours.INCIDENT_STATUSES,
    holds="New; 201, 201: Resolved, Ack, New",
    otherwise="; 500, 500: ",
)
def incident_statuses(place: Workspace) -> str:
    """POST a failed result, acknowledge its incident, and resolve it."""
    _, body = _case(place)
    _result(place, body, _START_MS, "Failed")
    opened = ", ".join(_statuses(place, body))
    answers = [str(_add_status(place, body, status)) for status in ("Ack", "Resolved")]
    return f"{opened}; {', '.join(answers)}: {', '.join(_statuses(place, body))}"


@probe(behaviours.INCIDENT_ONCE, holds="New; New, Resolved, New", otherwise="; ")
def incident_once(place: Workspace) -> str:
    """POST two failed results, resolve the incident, and POST a third."""
    _, body = _case(place)
    for day in (0, 1):
        _result(place, body, _START_MS + day * DAY_MS, "Failed")
    opened = ", ".join(_statuses(place, body))
    _add_status(place, body, "Resolved")
    _result(place, body, _START_MS + 2 * DAY_MS, "Failed")
    return f"{opened}; {', '.join(_statuses(place, body))}"


@probe(behaviours.INCIDENT_OUTLIVES_SUCCESS, holds="New", otherwise="")
def incident_outlives_success(place: Workspace) -> str:
    """POST a failed result, then a success."""
    _, body = _case(place)
    _result(place, body, _START_MS, "Failed")
    _result(place, body, _START_MS + DAY_MS)
    return ", ".join(_statuses(place, body))


@probe(
    behaviours.TEST_OWNERS,
    holds="createMany: own; without: inherited",
    otherwise="createMany: own; without: none",
)
def test_owners(place: Workspace) -> str:
    """Create two tests on a table with an owner, one of them with another owner."""
    first, second = place.team(), place.team()
    table = place.table(owners=[reference("team", first)])
    definition = _definition(place)
    owned = {**_body(table, definition, "owned"), "owners": [reference("team", second)]}
    place.server.made("POST", f"{CASES}/createMany", [owned, _body(table, definition)])

    def word(name: str) -> str:
        path = path_of(CASES, f"{table['fullyQualifiedName']}.{name}")
        owners = place.server.made("GET", path, fields="owners").get("owners") or []
        inherited = [owner for owner in owners if owner.get("inherited")]
        return "none" if not owners else "inherited" if inherited else "own"

    return f"createMany: {word('owned')}; without: {word('holds')}"


@probe(behaviours.TEST_PLATFORMS, holds="GreatExpectations 201, Other 201")
def test_platforms(place: Workspace) -> str:
    """PUT test definitions of other platforms than dbt."""
    found = []
    for platform in ("GreatExpectations", "Other"):
        body = {
            "name": place.name(),
            "description": "Of a probe.",
            "entityType": "TABLE",
            "testPlatforms": [platform],
        }
        made = place.put("dataQuality/testDefinitions", body)
        status = 201 if made["testPlatforms"] == [platform] else 0
        found.append(f"{platform} {status}")
    return ", ".join(found)


@probe(behaviours.TESTS_FROM_SEARCH, holds="200: holds", otherwise="500")
def tests_from_search(place: Workspace) -> str:
    """Look for a test by its service until the search index has it."""
    table, _ = _case(place)
    until = time.monotonic() + _SECONDS_OF_INDEX
    query = {"serviceName": place.service, "includeAllTests": "true", "limit": "1000"}
    while True:
        answer = place.server.call("GET", f"{CASES}/search/list", **query)
        data = answer.json()["data"] if answer.ok else []
        below = f"{table['fullyQualifiedName']}."
        found = [
            entity["name"] for entity in data if entity["fullyQualifiedName"].startswith(below)
        ]
        if found or not answer.ok or time.monotonic() > until:
            shown = f": {', '.join(found)}" if answer.ok else ""
            return f"{answer.status_code}{shown}"
        time.sleep(0.5)
