"""Calls at the same time: a careless client loses changes here as it does on a real server."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import requests

from .standin_calls import Api, Json, label

CALLERS = 8


def at_once(call: Callable[[int], int]) -> Counter[int]:
    """The statuses of as many calls as there are callers, all let go at the same moment."""
    barrier = Barrier(CALLERS)

    def wait_and_call(number: int) -> int:
        barrier.wait()
        return call(number)

    with ThreadPoolExecutor(CALLERS) as pool:
        return Counter(pool.map(wait_and_call, range(CALLERS)))


def test_first_puts_at_once_conflict(api: Api, schema: str) -> None:
    body = {"name": "same", "databaseSchema": schema, "columns": []}

    def put(number: int) -> int:
        return requests.put(f"{api.address}/v1/tables", json=body, timeout=60).status_code

    statuses = at_once(put)
    assert statuses[201] == 1
    assert statuses[409] >= 1
    assert set(statuses) <= {200, 201, 409}
    assert at_once(put) == {200: CALLERS}


def test_first_puts_of_different_entities_do_not(api: Api, schema: str) -> None:
    def put(number: int) -> int:
        body = {"name": f"t{number}", "databaseSchema": schema, "columns": []}
        return requests.put(f"{api.address}/v1/tables", json=body, timeout=60).status_code

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
        return requests.patch(url, json=[add], timeout=60).status_code

    assert at_once(patch) == {200: CALLERS}
    assert 1 <= len(api.table(f"{schema}.orders")["tags"]) < CALLERS


def test_one_writer_loses_nothing(api: Api, schema: str) -> None:
    table = api.put_table(schema)
    for number in range(CALLERS):
        api.patch(table, {"op": "add", "path": "/description", "value": str(number)})
    assert api.table(f"{schema}.orders")["version"] == 0.1 + CALLERS / 10
