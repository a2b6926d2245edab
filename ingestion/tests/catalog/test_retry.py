"""Calls that are retried, and calls that are not."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
import requests

from logmart_catalog.config import Connection
from logmart_catalog.errors import RefusedError, ServerError
from logmart_catalog.records import Record
from logmart_catalog.server import retry
from logmart_catalog.server.client import Api
from logmart_catalog.server.parallel import in_parallel

from .support import (
    ARTIFACTS,
    BROKEN,
    BROKEN_AFTER,
    TOKEN,
    Command,
    Proxy,
    StandIn,
    at_first,
    failing,
)

LIBRARY = ARTIFACTS / "library"
PASSING = {"429": 429, "502": 502, "503": 503, "a broken connection": BROKEN}


@pytest.mark.parametrize("status", PASSING)
@pytest.mark.parametrize(
    "call", ["GET /tables[?]", "GET /lineage/", "PUT /tables/", "PUT /lineage"]
)
def test_what_passes_is_waited_for(
    status: str, call: str, command: Command, standin: StandIn, pauses: list[float]
) -> None:
    method, _, path = call.partition(" ")
    if method == "GET":
        command("apply", LIBRARY)
    times = retry.ATTEMPTS - 1
    with Proxy(standin.host, at_first(times, method, path, PASSING[status], "{}")).named():
        outcome = command("apply", LIBRARY)
    assert (outcome.code, outcome.err) == (0, "")
    assert len(pauses) == times
    assert command("verify", LIBRARY).code == 0


@pytest.mark.parametrize("status", [400, 401, 403, 404, 501, 504])
def test_nothing_else_is_tried_again(
    status: int, command: Command, standin: StandIn, pauses: list[float]
) -> None:
    proxy = Proxy(standin.host, failing("PUT", "/databaseServices", status, "{}"))
    with proxy.named():
        assert command("apply", LIBRARY).code == 1
    assert pauses == []
    assert len([path for _, path in proxy.calls if path.endswith("/databaseServices")]) == 1


@pytest.mark.parametrize(("method", "tries"), [("PUT", 3), ("PATCH", 1)])
def test_a_call_that_the_server_fails_at_is_made_again_where_that_does_no_harm(
    method: str, tries: int, standin: StandIn, pauses: list[float]
) -> None:
    team = standin.call("PUT", "teams", {"name": "Failing", "teamType": "Group"})

    def change(api: Api) -> None:
        if method == "PUT":
            api.put("/teams", {"name": "Failing"})
        path = f"/teams/{team['id']}"
        api.modify(path, "", lambda found: {**found.values, "description": "New."})

    proxy = Proxy(standin.host, failing(method, "/teams", 500, "{}"))
    with proxy.running() as host, pytest.raises(RefusedError, match="answered 500"):
        change(Api(Connection(host, TOKEN)))
    assert len([path for called, path in proxy.calls if called == method]) == tries
    assert len(pauses) == tries - 1


def test_a_write_that_was_carried_out_before_the_connection_broke_is_no_harm(
    command: Command, standin: StandIn
) -> None:
    fault = at_first(3, "PUT", "/tables/bulk|/lineage", BROKEN_AFTER, "")
    with Proxy(standin.host, fault).named():
        assert command("apply", LIBRARY).code == 0
    assert command("verify", LIBRARY).code == 0


def test_an_edge_that_the_server_failed_at_and_has_all_the_same_is_no_failure(
    command: Command, standin: StandIn
) -> None:
    victims: list[bytes] = []

    def fail_after(method: str, path: str, body: bytes) -> tuple[int, str] | None:
        if (method, path) != ("PUT", "/api/v1/lineage"):
            return None
        with lock:
            victims.append(body if not victims else b"")
        if body != victims[0]:
            return None
        headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
        proxy.forward(method, path, body, headers)
        return 500, "{}"

    lock = threading.Lock()
    proxy = Proxy(standin.host, lambda method, path: None, by_body=fail_after)
    with proxy.named():
        outcome = command("apply", LIBRARY)
    assert (outcome.code, outcome.err) == (0, "")
    assert command("verify", LIBRARY).code == 0


def test_an_edge_that_another_apply_writes_at_once_is_put_until_the_server_takes_it(
    command: Command, standin: StandIn
) -> None:
    victims: list[bytes] = []

    def fail_first(method: str, path: str, body: bytes) -> tuple[int, str] | None:
        if (method, path) != ("PUT", "/api/v1/lineage"):
            return None
        with lock:
            is_victim = not victims or body == victims[0]
            if is_victim:
                victims.append(body)
            # Three calls a PUT: the PUT of the plan and two of those after it fail.
            return (500, "{}") if is_victim and len(victims) <= 9 else None

    lock = threading.Lock()
    with Proxy(standin.host, lambda method, path: None, by_body=fail_first).named():
        outcome = command("apply", LIBRARY)
    assert (outcome.code, outcome.err) == (0, "")
    assert len(victims) == 10
    assert command("verify", LIBRARY).code == 0


@pytest.mark.parametrize("status", [BROKEN, BROKEN_AFTER])
def test_a_patch_is_not_applied_twice(
    status: int, command: Command, standin: StandIn, service: str
) -> None:
    command("apply", LIBRARY)
    table = standin.table(f"{service}.mart.staging.stg_loans")
    tag = {"tagFQN": "PII.Sensitive", "source": "Classification"}
    label = {**tag, "labelType": "Manual", "state": "Confirmed"}
    proxy = Proxy(standin.host, at_first(1, "PATCH", "/tables/", status, ""))
    with proxy.running() as host:
        api = Api(Connection(host, TOKEN))
        api.modify(
            f"/tables/{table['id']}",
            "tags",
            lambda found: {**found.values, "tags": found.items("tags") or [label]},
        )
    tags = standin.table(f"{service}.mart.staging.stg_loans")["tags"]
    assert [one["tagFQN"] for one in tags] == ["PII.Sensitive"]
    patches = [method for method, _ in proxy.calls if method == "PATCH"]
    assert len(patches) == (2 if status == BROKEN else 1)


def test_a_change_by_another_between_reading_and_writing_is_kept(
    command: Command, standin: StandIn, service: str
) -> None:
    command("apply", LIBRARY)
    name = f"{service}.mart.staging.stg_loans"
    table = standin.table(name)
    seen: list[str] = []

    def change(found: Record) -> dict[str, object]:
        seen.append(found.text("displayName"))
        if len(seen) == 1:
            # Another writer comes first, and puts a column in front of what was read.
            column = {"name": "first", "dataType": "INT"}
            standin.patch(table, {"op": "add", "path": "/columns/0", "value": column})
        columns = [
            {**one.values, "description": "Ours."} if one.text("name") == "member" else one.values
            for one in found.record_items("columns")
        ]
        return {**found.values, "columns": columns}

    Api(Connection(standin.host, TOKEN)).modify(f"/tables/{table['id']}", "columns", change)
    described = {one["name"]: one.get("description") for one in standin.table(name)["columns"]}
    assert len(seen) == 2
    assert described["member"] == "Ours."
    assert "first" in described


def test_a_put_that_crosses_another_is_made_again(standin: StandIn, pauses: list[float]) -> None:
    fault = at_first(2, "PUT", "/teams", 409, '{"message": "Entity already exists"}')
    with Proxy(standin.host, fault).running() as host:
        api = Api(Connection(host, TOKEN))
        api.put("/teams", {"name": "Crossed", "teamType": "Group"})
    assert len(pauses) == 2


def test_retry_after_is_obeyed_within_reason(standin: StandIn, pauses: list[float]) -> None:
    headers = {"Retry-After": "7"}
    fault = at_first(1, "GET", "/tables[?]", 429, "{}")
    with Proxy(standin.host, fault, headers=headers).running() as host:
        Api(Connection(host, TOKEN)).get("/tables", limit="1")
    assert pauses == [7.0]


def _answer(retry_after: str) -> requests.Response:
    answer = requests.Response()
    answer.headers["Retry-After"] = retry_after
    return answer


def test_pauses_grow_and_are_bounded(pauses: list[float]) -> None:
    for attempt in (1, 2, 3):
        retry.back_off(attempt)
    assert [0.25 * 2**n <= one <= 0.5 * 2**n for n, one in enumerate(pauses)] == [True] * 3
    pauses.clear()
    soon = datetime.now(UTC) + timedelta(seconds=20)
    for text in ("3600", format_datetime(soon), "Thu, 01 Jan 1970 00:00:00 GMT", "soon"):
        retry.back_off(1, _answer(text))
    hour, moment, past, unreadable = pauses
    assert hour == 60.0
    assert 17 < moment <= 20
    assert past == 0.0
    assert 0.25 <= unreadable <= 0.5


def test_work_is_done_a_few_at_a_time_and_in_order() -> None:
    busy, most = [0], [0]
    lock, meeting = threading.Lock(), threading.Barrier(3)

    def work(item: int) -> int:
        with lock:
            busy[0] += 1
            most[0] = max(most[0], busy[0])
        meeting.wait()
        with lock:
            busy[0] -= 1
        return item * item

    assert in_parallel(work, range(9), 3) == [item * item for item in range(9)]
    assert most[0] == 3


def test_the_first_failure_in_order_is_raised_and_the_rest_is_left() -> None:
    done: list[int] = []

    def work(item: int) -> None:
        if item == 1:
            raise ServerError(f"no {item}")
        done.append(item)

    with pytest.raises(ServerError, match="no 1"):
        in_parallel(work, range(500), 1)
    assert done == [0]
    with pytest.raises(ServerError, match="no 1"):
        in_parallel(work, range(500), 2)
    assert len(done) < 500


def test_no_work_begins_after_a_failure_however_late_the_caller_wakes() -> None:
    """Two workers: one fails; the other ends its item only after the failure is recorded."""
    begun: list[int] = []
    meeting, told = threading.Barrier(2), threading.Event()

    def work(item: int) -> None:
        begun.append(item)
        meeting.wait(timeout=5)
        if item == 0:
            threading.Timer(0.05, told.set).start()
            raise ServerError(f"no {item}")
        told.wait(timeout=5)

    with pytest.raises(ServerError, match="no 0"):
        in_parallel(work, range(50), 2)
    assert sorted(begun) == [0, 1]
