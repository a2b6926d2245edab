"""Calls on the loopback address by a page of another site, or without a token."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
import requests

from openmetadata_standin.process import Process

from .standin_calls import BOT, Api

TEAM = {"name": "forged", "teamType": "Group"}
CALLS = [
    ("PUT", "/api/v1/teams"),
    ("GET", "/api/v1/tables"),
    ("GET", "/"),
    ("PUT", "/standin/faults"),
    ("DELETE", "/standin/calls"),
]


def send(process: Process, method: str, path: str, headers: dict[str, str]) -> requests.Response:
    url = process.address.removesuffix("/api") + path
    body = TEAM if method == "PUT" else None
    return requests.request(method, url, json=body, headers=BOT | headers, timeout=60)


@pytest.mark.parametrize(("method", "path"), CALLS)
@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"Host": "evil.example:{port}"},
        {"Host": "127.0.0.1.evil.example:{port}"},
        {"Host": "localhost:1"},
        {"Host": ""},
        {"Origin": "https://evil.example"},
        {"Origin": "http://127.0.0.1:1"},
        {"Origin": "https://127.0.0.1:{port}"},
        {"Origin": "null"},
        {"Origin": ""},
        {"Host": "evil.example", "Origin": "http://evil.example"},
    ],
    ids=str,
)
def test_another_site_is_refused(
    process: Process, api: Api, method: str, path: str, headers: dict[str, str]
) -> None:
    port = str(urlsplit(process.address).port)
    given = {name: value.replace("{port}", port) for name, value in headers.items()}
    answer = send(process, method, path, given)
    assert (answer.status_code, answer.json()["code"]) == (403, 403)
    api.refused(404, "GET", "teams/name/forged")


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_the_stand_ins_own_pages_are_served(process: Process, host: str) -> None:
    own = f"{host}:{urlsplit(process.address).port}"
    for headers in ({"Host": own}, {"Host": own, "Origin": f"http://{own}"}):
        assert send(process, "GET", "/", headers).ok
        assert send(process, "GET", "/api/v1/teams", headers).ok


@pytest.mark.parametrize("method", ["PUT", "POST", "PATCH", "DELETE"])
@pytest.mark.parametrize("authorization", [{}, {"Authorization": "Basic any"}])
def test_nobody_writes_without_a_token(
    process: Process, api: Api, method: str, authorization: dict[str, str]
) -> None:
    answer = requests.request(
        method, f"{process.address}/v1/teams", json=TEAM, headers=authorization, timeout=60
    )
    assert (answer.status_code, answer.json()["code"]) == (401, 401)
    api.refused(404, "GET", "teams/name/forged")
