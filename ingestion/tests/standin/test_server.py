"""The server as a process: tokens, errors, recorded calls, and state that survives a kill."""

from __future__ import annotations

import json
import queue
import re
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from openmetadata_standin.http_types import json_answer
from openmetadata_standin.process import INGESTION, Process, start
from openmetadata_standin.server import make_server

from .standin_calls import TOKEN, Api, Json, jwt


def authorized(process: Process, token: str | None) -> Api:
    session = requests.Session()
    if token is not None:
        session.headers["Authorization"] = f"Bearer {token}"
    return Api(process.address, session)


def test_token_state_and_ready_file(tmp_path: Path) -> None:
    options = ("--token", TOKEN, "--ready-file", str(tmp_path / "ready"))
    first = start(tmp_path / "state.sqlite", *options)
    assert (tmp_path / "ready").read_text().strip() == first.address
    for wrong in (None, "other", jwt("admin")):
        message = authorized(first, wrong).refused(401, "GET", "tables")
        assert TOKEN not in message
    assert authorized(first, None).ok("GET", "system/version")["version"]
    api = authorized(first, TOKEN)
    api.ok("PUT", "services/databaseServices", {"name": "s", "serviceType": "CustomDatabase"})
    database = api.ok("PUT", "databases", {"name": "db", "service": "s"})
    schemas = [{"name": f"schema{number}", "database": "s.db"} for number in range(20)]
    api.ok("PUT", "databaseSchemas/bulk", schemas)
    first.stop(signal.SIGKILL)
    second = start(tmp_path / "state.sqlite", "--token", TOKEN)
    again = authorized(second, TOKEN)
    assert again.ok("GET", "databases/name/s.db")["id"] == database["id"]
    assert again.ok("GET", "databaseSchemas", params={"limit": "100"})["paging"]["total"] == 20
    assert second.stop() == 0


def test_second_server_on_a_taken_port_says_so(process: Process, tmp_path: Path) -> None:
    port = str(urlsplit(process.address).port)
    command = [sys.executable, "-m", "openmetadata_standin", "--state", str(tmp_path)]
    done = subprocess.run(
        [*command, "--port", port], cwd=INGESTION, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert "cannot start" in done.stderr


def test_help_says_what_is_known_from_reading_alone() -> None:
    command = [sys.executable, "-m", "openmetadata_standin", "--help"]
    done = subprocess.run(command, cwd=INGESTION, capture_output=True, text=True, check=True)
    told = " ".join(done.stdout.split())
    assert "--server {1.2,1.12,2.0}" in told
    assert "by default 1.12" in told
    assert "2.0 is known from reading alone" in told


@pytest.mark.parametrize(
    ("version", "release"), [("1.2", r"1\.2\.0"), ("1.12", r"1\.12\.6"), ("2.0", r"2\.\d+\.\d+")]
)
def test_the_version_is_that_of_the_server_it_imitates(api: Api, release: str) -> None:
    assert re.fullmatch(release, api.ok("GET", "system/version")["version"])


def test_a_person_is_told_the_address_that_answers_a_browser(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "openmetadata_standin", "--state", str(tmp_path)]
    with subprocess.Popen(
        command, cwd=INGESTION, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as started:
        assert started.stdout is not None
        address = started.stdout.readline().strip()
        site = address.removesuffix("/api")
        assert requests.get(site, timeout=60).headers["Content-Type"].startswith("text/html")
        started.terminate()
        _, told = started.communicate()
    assert told == (
        f"For a browser: {site}  For clients: OPENMETADATA_HOST={address}  Ctrl-C stops it.\n"
    )


def test_errors_are_json_with_code_and_message(api: Api) -> None:
    api.refused(404, "GET", "no/such/route")
    answer = api.session.put(f"{api.address}/v1/tables", data="{not json", timeout=60)
    assert (answer.status_code, answer.json()["code"]) == (400, 400)
    assert answer.headers["Content-Type"] == "application/json"


def test_calls_are_recorded_by_route(api: Api, schema: str) -> None:
    record = api.address.removesuffix("/api") + "/standin/calls"
    assert requests.delete(record, timeout=60).json()["total"] == 0
    table = api.put_table(schema)
    api.ok("GET", f"tables/{table['id']}")
    api.ok("GET", f"tables/name/{schema}.orders")
    api.refused(404, "GET", "tables/name/none")
    seen = requests.get(record, timeout=60).json()
    assert seen["by_route"] == {
        "GET /tables/name/{fqn}": 2,
        "GET /tables/{id}": 1,
        "PUT /tables": 1,
    }
    assert (seen["total"], seen["writes"], seen["by_status"]["404"]) == (4, 1, 1)
    assert seen["calls"][0]["ms"] > 0


def test_small_answers_are_not_held_back(monkeypatch: pytest.MonkeyPatch) -> None:
    server = make_server(lambda request: json_answer({}), 0)
    options: queue.Queue[int] = queue.Queue()

    def watch(connection: socket.socket) -> None:
        options.put(connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
        connection.close()

    monkeypatch.setattr(server, "shutdown_request", watch)
    with server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        requests.get(f"http://127.0.0.1:{server.server_port}/", timeout=60)
        without_delay = options.get(timeout=60)
        server.shutdown()
    assert without_delay == 1


@pytest.mark.parametrize("header", ["Content-Length: x", "Transfer-Encoding: chunked"])
def test_a_body_of_unknown_length_is_refused(api: Api, header: str) -> None:
    port = urlsplit(api.address).port
    with socket.create_connection(("127.0.0.1", port or 0), timeout=60) as connection:
        connection.sendall(f"PUT /api/v1/tables HTTP/1.1\r\nHost: x\r\n{header}\r\n\r\n".encode())
        answer = connection.makefile("rb").read()
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["code"] == 400


KEYS = ("name", "columns", "databaseSchema", "owners", "tags", "domains", "sourceHash", "extension")
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.sampled_from(["INT", "o"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner),
    max_leaves=8,
)
PATCHES = st.lists(
    st.fixed_dictionaries(
        {
            "op": st.sampled_from(["add", "remove", "replace", "test", "copy", "move"]),
            "path": st.sampled_from(["", "/owners", "/tags/0", "/columns/0", "/extension", "/x/y"]),
        },
        optional={"value": VALUES, "from": st.sampled_from(["/columns", "/tags", "/name"])},
    ),
    max_size=2,
)


@given(
    method_and_path=st.sampled_from(
        [("PUT", "tables"), ("PUT", "teams"), ("PUT", "tables/bulk"), ("PUT", "lineage")]
    ),
    body=VALUES | st.lists(VALUES),
)
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_json_body_is_answered(
    api: Api, schema: str, method_and_path: tuple[str, str], body: object
) -> None:
    filled = {"databaseSchema": schema, "name": "orders", "columns": []}
    row = {**filled, **body} if isinstance(body, dict) else body
    for sent in (body, row, [filled, row]):
        answer = api.call(*method_and_path, data=json.dumps(sent))
        assert answer.status_code in {200, 201, 400, 404}, answer.text
        assert answer.ok or answer.json().keys() == {"code", "message"}


@given(operations=PATCHES)
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_patch_is_answered(api: Api, schema: str, operations: list[Json]) -> None:
    table = api.put_table(schema)
    answer = api.call("PATCH", f"tables/{table['id']}", operations)
    assert answer.ok or answer.json()["code"] in {400, 404, 500}
    assert "invalid entity" not in answer.text


@pytest.mark.parametrize("body", ["[NaN]", '["\\ud800"]', "[" * 100_000, "\xff"])
def test_what_is_no_json_is_refused(api: Api, body: str) -> None:
    data = body.encode("latin-1")
    assert api.session.put(f"{api.address}/v1/tables/bulk", data=data).status_code == 400


def test_only_the_loopback_address_listens(process: Process) -> None:
    port = urlsplit(process.address).port
    assert port is not None
    others = {info[4][0] for info in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)}
    for address in others | {"127.0.0.2"}:
        if address != "127.0.0.1":
            with pytest.raises(ConnectionRefusedError):
                socket.create_connection((str(address), port)).close()


def test_the_models_of_a_stand_in_replace_no_characters() -> None:
    script = (
        "from openmetadata_standin.models import import_client_lightly, model\n"
        "import_client_lightly()\n"
        "team = model('api.teams.createTeam:CreateTeamRequest')\n"
        "print(team.model_validate({'name': 'a::b', 'teamType': 'Group'}).name.root)"
    )
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, capture_output=True, text=True, cwd=INGESTION, check=True)
    assert done.stdout == "a::b\n"
