from __future__ import annotations

import http.client
import threading
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from logmart.errors import CommandError
from logmart.pages.dbt_docs import PAGES, make_server


def test_the_docs_of_a_build_are_served_on_a_port_nobody_else_gets(tmp_path: Path) -> None:
    for page in PAGES:
        (tmp_path / page).write_text(f"this is {page}")
    with make_server(tmp_path, 0) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        with urllib.request.urlopen(f"http://127.0.0.1:{server.server_port}/") as answer:
            assert answer.read() == b"this is index.html"
        with pytest.raises(CommandError, match=f"port {server.server_port} is in use"):
            make_server(tmp_path, server.server_port)
        server.shutdown()


def test_docs_that_are_not_made_yet_are_named_with_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"index\.html is not there: run `make build` first"):
        make_server(tmp_path, 0)


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of a server on a folder that also holds other files than its pages."""
    tmp_path = tmp_path_factory.mktemp("docs")
    for name in (*PAGES, "run_results.json", "state/logmart.duckdb", "compiled/a.sql"):
        (tmp_path / "target" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "target" / name).write_text("a page" if name in PAGES else "a secret")
    (tmp_path / "id_key").write_text("a secret")
    with make_server(tmp_path / "target", 0) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


def get(port: int, path: str, host: str = "", method: str = "GET") -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request(method, path, headers={"Host": host or f"127.0.0.1:{port}"})
    answer = connection.getresponse()
    return answer.status, answer.read()


@pytest.mark.parametrize("path", ["/", "/index.html", "/manifest.json?cb=1", "/catalog.json?cb=1"])
@pytest.mark.parametrize("name", ["127.0.0.1", "localhost"])
def test_the_pages_are_served(port: int, path: str, name: str) -> None:
    assert get(port, path, f"{name}:{port}") == (200, b"a page")


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize(
    "path",
    [
        "/state/logmart.duckdb",
        "/state/",
        "/state",
        "/run_results.json",
        "/compiled/a.sql",
        "/../id_key",
        "/%2e%2e/id_key",
        "/state/%2e%2e/run_results.json",
        "//state/logmart.duckdb",
        "/./run_results.json",
        "/manifest.json/../run_results.json",
        "/%72un_results.json",
    ],
)
def test_nothing_beside_the_pages_is_served(port: int, path: str, method: str) -> None:
    status, body = get(port, path, method=method)
    assert status == 404
    assert b"secret" not in body


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:{port}", "127.0.0.1", "localhost:1"]
)
def test_another_name_that_leads_here_is_refused(port: int, host: str) -> None:
    status, body = get(port, "/manifest.json", host.replace("{port}", str(port)))
    assert status == 403
    assert b"a page" not in body
