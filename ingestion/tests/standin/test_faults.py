"""Faults on demand: an injected fault affects the matching calls, and no others."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from openmetadata_standin.process import start

from .standin_calls import Api, as_bot


@pytest.fixture(scope="module")
def faulty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """A separate stand-in, since faults would affect other tests."""
    process = start(tmp_path_factory.mktemp("faulty"))
    yield as_bot(process)
    process.stop()


@pytest.fixture(autouse=True)
def _no_faults_left(faulty: Api) -> Iterator[None]:
    yield
    requests.delete(faults_url(faulty), timeout=60)


def faults_url(api: Api) -> str:
    return api.address.removesuffix("/api") + "/standin/faults"


def set_faults(api: Api, **faults: Any) -> None:
    answer = requests.put(faults_url(api), json=faults, timeout=60)
    assert answer.ok, answer.text


def put_team(api: Api, name: str) -> requests.Response:
    return api.call("PUT", "teams", {"name": name, "teamType": "Group"})


def test_nothing_fails_by_default(faulty: Api) -> None:
    expected = {"fail": [], "delay_ms": 0, "search": "ok", "orphans": []}
    assert requests.get(faults_url(faulty), timeout=60).json() == expected
    assert faulty.call("GET", "teams").status_code == 200


@pytest.mark.parametrize(("effect", "found"), [(False, 404), (True, 200)])
def test_the_nth_call_fails_with_or_without_effect(faulty: Api, effect: bool, found: int) -> None:
    set_faults(faulty, fail=[{"call": 2, "method": "write", "status": 503, "effect": effect}])
    names = [f"team_{effect}_{number}" for number in range(3)]
    assert [put_team(faulty, name).status_code for name in names] == [201, 503, 201]
    assert faulty.call("GET", f"teams/name/{names[1]}").status_code == found
    counted = requests.get(faults_url(faulty), timeout=60).json()["fail"][0]["counted"]
    assert counted == 3


def test_calls_of_one_path_fail_for_a_while_or_for_good(faulty: Api) -> None:
    set_faults(faulty, fail=[{"path": "/users", "times": 2}, {"path": "/tags", "times": 0}])
    assert [faulty.call("GET", "users").status_code for _ in range(3)] == [500, 500, 200]
    assert {faulty.call("GET", "tags").status_code for _ in range(4)} == {500}
    assert faulty.call("GET", "teams").status_code == 200


def test_a_limit_of_rate_says_when_to_come_back(faulty: Api) -> None:
    set_faults(faulty, fail=[{"status": 429, "retry_after": 7}])
    answer = faulty.call("GET", "teams")
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "7")
    assert answer.json()["code"] == 429


@pytest.mark.parametrize(("effect", "found"), [(False, 404), (True, 200)])
def test_a_connection_breaks_without_an_answer(faulty: Api, effect: bool, found: int) -> None:
    set_faults(faulty, fail=[{"method": "PUT", "status": 0, "effect": effect}])
    with pytest.raises(requests.ConnectionError):
        put_team(faulty, f"broken_{effect}")
    assert faulty.call("GET", f"teams/name/broken_{effect}").status_code == found


def test_every_answer_takes_longer(faulty: Api) -> None:
    set_faults(faulty, delay_ms=200)
    started = time.monotonic()
    faulty.call("GET", "teams")
    assert time.monotonic() - started >= 0.2


def test_the_search_index_is_lost_or_down(faulty: Api) -> None:
    put_team(faulty, "found")
    query = "search/query?q=name.keyword:found&index=team_search_index"
    assert faulty.ok("GET", query)["hits"]["total"]["value"] == 1
    set_faults(faulty, search="empty")
    assert faulty.ok("GET", query)["hits"]["hits"] == []
    set_faults(faulty, search="error")
    faulty.refused(500, "GET", query)
    assert faulty.call("GET", "teams/name/found").status_code == 200


def test_an_orphan_fails_every_call_on_it(faulty: Api) -> None:
    faulty.ok("PUT", "services/dashboardServices", {"name": "bi", "serviceType": "CustomDashboard"})
    body = {"name": "sales", "service": "bi"}
    dashboard = faulty.ok("PUT", "dashboards", body)
    set_faults(faulty, orphans=["bi.sales"])
    path = f"dashboards/{dashboard['id']}"
    faulty.refused(500, "GET", path)
    faulty.refused(500, "GET", "dashboards/name/bi.sales")
    faulty.refused(500, "PATCH", path, [])
    faulty.refused(500, "DELETE", path, params={"hardDelete": "true"})
    faulty.refused(500, "PUT", "dashboards", body)
    result = faulty.ok("PUT", "dashboards/bulk", [body, {**body, "name": "other"}])
    assert (result["numberOfRowsPassed"], result["numberOfRowsFailed"]) == (1, 1)


@pytest.mark.parametrize(
    "faults",
    [
        {"x": 1},
        [],
        {"fail": [{"x": 1}]},
        {"fail": 1},
        {"delay_ms": -1},
        {"search": "x"},
        {"orphans": 1},
    ],
)
def test_unknown_faults_are_refused(faulty: Api, faults: Any) -> None:
    assert requests.put(faults_url(faulty), json=faults, timeout=60).status_code == 400


def test_faults_do_not_outlive_the_server(tmp_path: Path) -> None:
    first = start(tmp_path)
    set_faults(as_bot(first), search="empty")
    first.stop()
    second = start(tmp_path)
    summary = requests.get(second.address.removesuffix("/api") + "/standin/faults", timeout=60)
    second.stop()
    assert summary.json()["search"] == "ok"
