"""A server that is down, refuses or breaks: one clear line, a non-zero exit, no token in sight."""

from __future__ import annotations

import socket

import pytest

from .support import ARTIFACTS, TOKEN, Command, Proxy, StandIn, failing

LIBRARY = ARTIFACTS / "library"
BROKEN = '{"code": 500, "message": "boom"}'


@pytest.mark.parametrize("name", ["plan", "apply", "verify"])
def test_a_server_that_is_down(
    name: str, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        host = f"http://127.0.0.1:{free.getsockname()[1]}/api"
    monkeypatch.setenv("OPENMETADATA_HOST", host)
    monkeypatch.setenv("OPENMETADATA_JWT_TOKEN", TOKEN)
    line = command(name, LIBRARY, "--format", "json").error_line()
    assert f"{host}: GET /" in line
    assert "cannot be reached; is the server up" in line


@pytest.mark.parametrize("name", ["plan", "apply", "verify"])
@pytest.mark.parametrize("token", ["", "wrong"])
def test_a_token_that_is_not_accepted(
    name: str, token: str, command: Command, standin: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENMETADATA_JWT_TOKEN", token)
    before = standin.writes()
    line = command(name, LIBRARY).error_line()
    assert "401, not authorized: OPENMETADATA_JWT_TOKEN" in line
    assert standin.writes() == before


READS = [
    "/teams/name/",
    "/databaseServices/name/",
    "/databases[?]",
    "/databaseSchemas[?]",
    "/tables[?]",
    "/lineage/table/",
]


FAULTS = {
    "500": (500, BROKEN),
    "500 without a code": (500, f'{{"error": "no code for {TOKEN}"}}'),
    "502": (502, "<html>bad gateway, code 502</html>"),
    "504": (504, ""),
    "429": (429, "{}"),
    "a web page": (200, "<html>sign in</html>"),
    "a list": (200, "[]"),
}


@pytest.mark.parametrize("path", READS)
@pytest.mark.parametrize("fault", FAULTS)
def test_a_read_that_fails_stops_verify_and_apply(
    path: str, fault: str, command: Command, standin: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    command("apply", LIBRARY)
    with Proxy(standin.host, failing("GET", path, *FAULTS[fault])).running() as host:
        monkeypatch.setenv("OPENMETADATA_HOST", host)
        before = standin.writes()
        assert f"{host}: GET /" in command("verify", LIBRARY).error_line()
        assert f"{host}: GET /" in command("apply", LIBRARY, "--format", "json").error_line()
        assert standin.writes() == before


WRITES = [
    ("PUT", "/services/databaseServices"),
    ("PUT", "/databases/bulk"),
    ("PUT", "/databaseSchemas/bulk"),
    ("PUT", "/tables/bulk"),
    ("PUT", "/lineage"),
]


@pytest.mark.parametrize(("method", "path"), WRITES)
def test_a_write_that_fails_stops_apply_and_the_next_one_converges(
    method: str, path: str, command: Command, standin: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Proxy(standin.host, failing(method, path, 500, BROKEN)).running() as host:
        monkeypatch.setenv("OPENMETADATA_HOST", host)
        outcome = command("apply", LIBRARY)
    assert outcome.code == 1
    assert f"{host}: {method} {path}" in outcome.err
    assert "answered 500: boom" in outcome.err
    assert "Applied" not in outcome.out
    monkeypatch.setenv("OPENMETADATA_HOST", standin.host)
    assert command("apply", LIBRARY).code == 0
    assert command("verify", LIBRARY).code == 0


def test_rows_refused_in_a_bulk_call_are_an_error(
    command: Command, standin: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = (
        '{"status": "partialSuccess", "numberOfRowsProcessed": 8, "numberOfRowsFailed": 1,'
        ' "failedRequest": [{"request": "a.b.c.d", "message": "no such type"}]}'
    )
    with Proxy(standin.host, failing("PUT", "/tables/bulk", 200, result)).running() as host:
        monkeypatch.setenv("OPENMETADATA_HOST", host)
        outcome = command("apply", LIBRARY)
    assert outcome.code == 1
    assert "1 of 8 rows refused, the first: a.b.c.d: no such type" in outcome.err
