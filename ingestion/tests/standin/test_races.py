"""Simultaneous calls: a careless client loses changes here, as on a real server."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from threading import Barrier, Event, Thread

import pytest
import requests

from openmetadata_standin.database import Database

from .standin_calls import BOT, Api, Json, label, on

CALLERS = 8


def at_once(call: Callable[[int], int]) -> Counter[int]:
    """The statuses of calls by several callers that all start at the same moment."""
    barrier = Barrier(CALLERS)

    def wait_and_call(number: int) -> int:
        barrier.wait()
        return call(number)

    with ThreadPoolExecutor(CALLERS) as pool:
        return Counter(pool.map(wait_and_call, range(CALLERS)))


def test_first_puts_at_once_conflict(api: Api, schema: str) -> None:
    """On a busy machine callers may miss each other: one of ten attempts must conflict."""

    def put(number: int, name: str) -> int:
        body = {"name": name, "databaseSchema": schema, "columns": []}
        return requests.put(
            f"{api.address}/v1/tables", json=body, headers=BOT, timeout=60
        ).status_code

    for attempt in range(10):
        statuses = at_once(partial(put, name=f"same{attempt}"))
        assert statuses[201] == 1
        assert set(statuses) <= {200, 201, 409}
        if statuses[409]:
            break
    assert statuses[409] >= 1
    assert at_once(partial(put, name="same0")) == {200: CALLERS}


def test_first_puts_of_different_entities_do_not(api: Api, schema: str) -> None:
    def put(number: int) -> int:
        body = {"name": f"t{number}", "databaseSchema": schema, "columns": []}
        return requests.put(
            f"{api.address}/v1/tables", json=body, headers=BOT, timeout=60
        ).status_code

    assert at_once(put) == {201: CALLERS}


def test_patches_at_once_all_answer_and_lose_changes(api: Api, schema: str) -> None:
    names = [f"note{number}" for number in range(CALLERS)]
    api.ok("PUT", "classifications", {"name": schema.replace(".", "_"), "description": "text"})
    classification = schema.replace(".", "_")
    for name in names:
        tag = {"name": name, "classification": classification, "description": "text"}
        api.ok("PUT", "tags", tag)
    table = api.put_table(schema)

    def patch(number: int) -> int:
        add: Json = {
            "op": "add",
            "path": "/tags/0",
            "value": label(f"{classification}.{names[number]}"),
        }
        url = f"{api.address}/v1/tables/{table['id']}"
        return requests.patch(url, json=[add], headers=BOT, timeout=60).status_code

    assert at_once(patch) == {200: CALLERS}
    assert 1 <= len(api.table(f"{schema}.orders")["tags"]) < CALLERS


@on("1.2")
def test_one_writer_loses_nothing(api: Api, schema: str) -> None:
    table = api.put_table(schema)
    for number in range(CALLERS):
        api.patch(table, {"op": "add", "path": "/description", "value": str(number)})
    assert api.table(f"{schema}.orders")["version"] == 0.1 + CALLERS / 10


def put_edges(api: Api, schema: str) -> tuple[Json, list[Json], list[int]]:
    """Simultaneous PUTs of edges from many tables to one; the statuses, in order."""
    mart = api.put_table(schema, "mart")
    sources = [api.put_table(schema, f"source{number}") for number in range(CALLERS)]
    statuses = [0] * CALLERS

    def put(number: int) -> int:
        ends = {"fromEntity": sources[number], "toEntity": mart}
        edge = {key: {"id": one["id"], "type": "table"} for key, one in ends.items()}
        answer = requests.put(
            f"{api.address}/v1/lineage", json={"edge": edge}, headers=BOT, timeout=60
        )
        statuses[number] = answer.status_code
        return answer.status_code

    at_once(put)
    return mart, sources, statuses


def test_edges_that_share_an_end_conflict(api: Api, schema: str) -> None:
    statuses = put_edges(api, schema)[2]
    assert set(statuses) == {200, 500}


@on("1.2", "2.0")
def test_edges_that_share_an_end_do_not_conflict_elsewhere(api: Api, schema: str) -> None:
    assert set(put_edges(api, schema)[2]) == {200}


def test_a_conflict_leaves_an_edge_half_written(api: Api, schema: str) -> None:
    mart, sources, statuses = put_edges(api, schema)
    path = f"lineage/table/{mart['id']}"
    listed = api.ok("GET", path, params={"upstreamDepth": "1", "downstreamDepth": "0"})
    assert len(listed["upstreamEdges"]) == CALLERS
    query = {"fqn": mart["fullyQualifiedName"], "upstreamDepth": "1", "downstreamDepth": "0"}
    shown = api.ok("GET", "lineage/getLineage", params=query)["upstreamEdges"].values()
    written = [one["id"] for one, status in zip(sources, statuses, strict=True) if status == 200]
    assert sorted(edge["fromEntity"]["id"] for edge in shown) == sorted(written)
    for source in sources:
        ends = {"fromEntity": source, "toEntity": mart}
        edge = {key: {"id": one["id"], "type": "table"} for key, one in ends.items()}
        assert api.call("PUT", "lineage", {"edge": edge}).status_code == 200
    assert len(api.ok("GET", "lineage/getLineage", params=query)["upstreamEdges"]) == CALLERS


@pytest.mark.parametrize("is_open", [True, False])
def test_only_callers_whose_connection_is_open_are_let_in(
    is_open: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database, called, end = Database(tmp_path / "state.sqlite"), Event(), Event()
    pauses: list[float] = []
    monkeypatch.setattr("openmetadata_standin.database.time.sleep", pauses.append)

    def other() -> None:
        with database.transaction():
            called.set()
        if is_open:
            end.wait()

    thread = Thread(target=other)
    thread.start()
    if is_open:
        called.wait()
    else:
        thread.join()
    with database.transaction():
        database.let_others_in()
    end.set()
    thread.join()
    database.close()
    assert bool(pauses) == is_open
