"""A server that is down, refuses or breaks: one clear line, a non-zero exit, no token in the
output.
"""

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


# Every fault of one read, and one fault of every read; the deep tests try the rest.
@pytest.mark.parametrize(
    ("fault", "path"),
    [
        pytest.param(
            *(fault, path),
            id=f"{fault}-{path}",
            marks=[] if fault == "500" or path == "/tables[?]" else pytest.mark.deep,
        )
        for fault in FAULTS
        for path in READS
    ],
)
def test_a_read_that_fails_stops_verify_and_apply(
    path: str,
    fault: str,
    library_command: Command,
    standin: StandIn,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with Proxy(standin.host, failing("GET", path, *FAULTS[fault])).running() as host:
        monkeypatch.setenv("OPENMETADATA_HOST", host)
        before = standin.writes()
        assert f"{host}: GET /" in library_command("verify", LIBRARY).error_line()
        applied = library_command("apply", LIBRARY, "--format", "json")
        assert f"{host}: GET /" in applied.error_line()
        assert standin.writes() == before


WRITES = ["/services/databaseServices", "/databases", "/databaseSchemas", "/tables", "/lineage"]


@pytest.mark.parametrize("path", WRITES)
def test_a_write_that_fails_is_told_and_the_next_apply_converges(
    path: str, command: Command, standin: StandIn
) -> None:
    with Proxy(standin.host, failing("PUT", f"{path}($|/bulk)", 500, BROKEN)).named():
        outcome = command("apply", LIBRARY)
    assert outcome.code == 1
    assert f": PUT {path}" in outcome.err
    assert "answered 500: boom" in outcome.err
    assert "Applied" not in outcome.out
    assert command("apply", LIBRARY).code == 0
    assert command("verify", LIBRARY).code == 0


@pytest.mark.parametrize("path", ["/databases/bulk", "/databaseSchemas/bulk", "/tables/bulk"])
@pytest.mark.parametrize(
    "status", [404, *(pytest.param(it, marks=pytest.mark.deep) for it in (405, 500))]
)
def test_what_a_call_for_many_does_not_do_is_done_one_by_one(
    path: str, status: int, command: Command, standin: StandIn
) -> None:
    with Proxy(standin.host, failing("PUT", path, status, BROKEN)).named():
        assert command("apply", LIBRARY).code == 0
    assert command("verify", LIBRARY).code == 0


def test_one_refused_table_is_named_and_the_rest_is_published(
    command: Command, standin: StandIn, service: str
) -> None:
    def refuse(body: bytes) -> bool:
        return b'"stg_loans"' in body

    refused = '{"code": 400, "message": "no such type"}'
    partial = '{"status": "partialSuccess", "failedRequest": [{"message": "no such type"}]}'

    def fault(method: str, path: str, body: bytes) -> tuple[int, str] | None:
        if method != "PUT" or not refuse(body):
            return None
        if path.startswith("/api/v1/tables/bulk"):
            return 200, partial
        return (400, refused) if path == "/api/v1/tables" else None

    with Proxy(standin.host, lambda method, path: None, by_body=fault).named():
        outcome = command("apply", LIBRARY)
    assert outcome.code == 1
    assert "changes were not made, the rest was" in outcome.err
    assert f"table {service}.mart.staging.stg_loans: " in outcome.err
    assert "answered 400: no such type" in outcome.err
    assert standin.table(f"{service}.mart.lending.shelves")["dataModel"]["sql"]
    assert command("apply", LIBRARY).code == 0
    assert command("verify", LIBRARY).code == 0


def test_a_server_that_fails_again_and_again_is_left_alone(
    command: Command, standin: StandIn
) -> None:
    proxy = Proxy(standin.host, failing("PATCH", "/tables/", 500, BROKEN))
    with proxy.named():
        assert command("apply", LIBRARY).code == 1
    assert not [path for method, path in proxy.calls if (method, path) == ("PUT", "/lineage")]
