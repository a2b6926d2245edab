"""Helpers of the tests: artifacts to edit, commands to run, servers to run them against."""

from __future__ import annotations

import http.client
import json
import re
import shutil
import threading
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

import pytest

from logmart_catalog.command.cli import main

INGESTION = Path(__file__).parents[2]
ARTIFACTS = INGESTION / "tests" / "artifacts"
CONFIG = INGESTION / "openmetadata.yaml"
PROJECTS = ("clinic", "hostile", "library", "orchard")
TOKEN = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJpbmdlc3Rpb24tYm90In0.secret-signature"
BROKEN, BROKEN_AFTER = 0, 1
Json = dict[str, Any]


@dataclass(frozen=True)
class Outcome:
    """The outcome of a command: exit code, stdout, stderr."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[str]:
        return self.out.splitlines()

    def error_line(self) -> str:
        """The only line on stderr of a failed command."""
        assert (self.code, self.out, self.err.count("\n")) == (1, "", 1), self
        return self.err.strip()


@dataclass(frozen=True)
class Command:
    """Runs commands in this process, on one folder of artifacts and one service. The default
    configuration accepts values that the server does not support.
    """

    capsys: pytest.CaptureFixture[str]
    service: str
    config: Path

    def __call__(self, command: str, folder: Path, *options: str) -> Outcome:
        self.capsys.readouterr()
        common = ["--target-path", str(folder), "--service", self.service]
        common += ["--config", str(self.config)]
        code = main([command, *common, *options])
        captured = self.capsys.readouterr()
        assert TOKEN not in captured.out + captured.err
        return Outcome(code, captured.out, captured.err)

    def summary(self, command: str, folder: Path, *options: str) -> Json:
        """The counts of a command that must succeed."""
        outcome = self(command, folder, "--format", "json", *options)
        assert outcome.err == ""
        summary: Json = json.loads(outcome.out)["summary"]
        return summary


def accepting(folder: Path) -> Path:
    """The configuration with `acceptLeftOut`, in a file of its own."""
    path = folder / "accepting.yaml"
    text = CONFIG.read_text(encoding="utf-8")
    assert 'acceptLeftOut: "false"' in text
    path.write_text(text.replace('acceptLeftOut: "false"', 'acceptLeftOut: "true"'), "utf-8")
    return path


def copied(project: str, folder: Path) -> Path:
    """A copy of a project's artifacts, to be edited."""
    return shutil.copytree(ARTIFACTS / project, folder / project, dirs_exist_ok=True)


@contextmanager
def editing(folder: Path, name: str) -> Iterator[Json]:
    """Edit an artifact in place."""
    path = folder / name
    document: Json = json.loads(path.read_text(encoding="utf-8"))
    yield document
    path.write_text(json.dumps(document), encoding="utf-8")


def remove_node(folder: Path, unique_id: str) -> None:
    """Take a model out of the artifacts, as when its file is deleted."""
    with editing(folder, "manifest.json") as manifest:
        del manifest["nodes"][unique_id]
        for node in manifest["nodes"].values():
            parents = node.get("depends_on", {}).get("nodes", [])
            parents[:] = [parent for parent in parents if parent != unique_id]
    with editing(folder, "catalog.json") as catalog:
        del catalog["nodes"][unique_id]


def rename_column(folder: Path, unique_id: str, old: str, new: str) -> None:
    """Rename a column in both artifacts and in the SQL that computes it."""
    for artifact in ("manifest.json", "catalog.json"):
        with editing(folder, artifact) as document:
            columns = document["nodes"][unique_id]["columns"]
            renamed = {new if name == old else name: one for name, one in columns.items()}
            for column in [renamed[new]] if new in renamed else []:
                column["name"] = new
            node = document["nodes"][unique_id]
            node["columns"] = renamed
            for code in {"compiled_code", "raw_code"} & node.keys():
                node[code] = node[code].replace(f"as {old}", f"as {new}")


@dataclass(frozen=True)
class StandIn:
    """The running stand-in, called like by a person."""

    host: str

    def call(self, method: str, path: str, body: object = None) -> Json:
        """A call below /v1 that must succeed."""
        kind = "application/json-patch+json" if method == "PATCH" else "application/json"
        headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": kind}
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.host}/v1/{path}", data, headers, method=method)
        with urllib.request.urlopen(request) as answer:
            text = answer.read()
        parsed: Json = json.loads(text) if text else {}
        return parsed

    def table(self, fqn: str) -> Json:
        """A table with every field."""
        return self.call("GET", f"tables/name/{quote(fqn, safe='')}?fields=*&include=all")

    def patch(self, table: Json, *operations: Json) -> None:
        """PATCH a table."""
        self.call("PATCH", f"tables/{table['id']}", list(operations))

    def upstream(self, fqn: str) -> set[str]:
        """The names of the tables with an edge to a table."""
        graph = self.call(
            "GET", f"lineage/table/name/{quote(fqn, safe='')}?upstreamDepth=1&downstreamDepth=0"
        )
        return {node["fullyQualifiedName"] for node in graph["nodes"]}

    def faults(self, settings: Json) -> None:
        """Inject faults into the server, as in `settings`; {} for none."""
        base = self.host.removesuffix("/api")
        data = json.dumps(settings).encode()
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(f"{base}/standin/faults", data, headers, method="PUT")
        urllib.request.urlopen(request).close()

    def forget_calls(self) -> None:
        """Make the server forget its calls: each of its answers lists all that it remembers."""
        base = self.host.removesuffix("/api")
        request = urllib.request.Request(f"{base}/standin/calls", method="DELETE")
        urllib.request.urlopen(request).close()

    def writes(self) -> int:
        """The number of writes that the server has answered since the test began."""
        base = self.host.removesuffix("/api")
        with urllib.request.urlopen(f"{base}/standin/calls") as answer:
            return int(json.load(answer)["writes"])


@dataclass
class Proxy:
    """A server that passes calls on, but answers some itself. `fault` gets method and path, and
    returns a status and a body, or None to pass the call on. The status BROKEN breaks the
    connection; BROKEN_AFTER breaks it after the call was passed on. The server's own answers carry
    `headers`. `by_body` also gets the body.
    """

    target: str
    fault: Callable[[str, str], tuple[int, str] | None]
    calls: list[tuple[str, str]] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    by_body: Callable[[str, str, bytes], tuple[int, str] | None] = field(
        default=lambda *_: None, kw_only=True
    )

    @contextmanager
    def running(self) -> Iterator[str]:
        """Serve on loopback; yield the base address of the API."""
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = -1  # Head and body leave together: the body would wait 40 ms for an ACK.
            disable_nagle_algorithm = True

            def do_GET(self) -> None:
                length = int(self.headers.get("content-length") or 0)
                body = self.rfile.read(length)
                proxy.calls.append((self.command, self.path))
                fault = proxy.fault(self.command, self.path)
                fault = fault or proxy.by_body(self.command, self.path, body)
                if fault and fault[0] in (BROKEN, BROKEN_AFTER):
                    if fault[0] == BROKEN_AFTER:
                        proxy.forward(self.command, self.path, body, dict(self.headers))
                    self.close_connection = True
                    return
                status, text = (
                    (fault[0], fault[1].encode())
                    if fault
                    else proxy.forward(self.command, self.path, body, dict(self.headers))
                )
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(text)))
                for name, value in proxy.headers.items() if fault else ():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(text)

            do_PUT = do_POST = do_PATCH = do_DELETE = do_GET  # noqa: N815

            def log_message(self, *_: object) -> None:
                """Log nothing."""

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/api"
        finally:
            server.shutdown()
            server.server_close()
            thread.join()

    @contextmanager
    def named(self) -> Iterator[None]:
        """Serve, and name the server in the environment."""
        with self.running() as host, pytest.MonkeyPatch.context() as patch:
            patch.setenv("OPENMETADATA_HOST", host)
            yield

    def forward(
        self, method: str, path: str, body: bytes, headers: Mapping[str, str]
    ) -> tuple[int, bytes]:
        """Pass a call on to the target, also one that names another server, as a web proxy does."""
        asked = urlsplit(path)
        path = urlunsplit(("", "", asked.path, asked.query, ""))
        connection = http.client.HTTPConnection(urlsplit(self.target).netloc)
        passed = {
            name: value
            for name, value in headers.items()
            if name.lower() in {"authorization", "content-type"}
        }
        connection.request(method, path, body, passed)
        answer = connection.getresponse()
        text = answer.read()
        connection.close()
        return answer.status, text


def at_first(times: int, method: str, pattern: str, status: int, text: str) -> Callable[..., Any]:
    """A fault on the first few calls of a method to paths that match a pattern."""
    left = [times]
    always = failing(method, pattern, status, text)

    def fault(called: str, path: str) -> tuple[int, str] | None:
        found: tuple[int, str] | None = always(called, path)
        if found and left[0]:
            left[0] -= 1
            return found
        return None

    return fault


def failing(method: str, pattern: str, status: int, text: str) -> Callable[..., Any]:
    """A fault on every call of a method to paths that match a pattern."""

    def fault(called: str, path: str) -> tuple[int, str] | None:
        return (status, text) if re.fullmatch(method, called) and re.search(pattern, path) else None

    return fault
