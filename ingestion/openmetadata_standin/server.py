"""The HTTP server: reads requests, finds their routes, sends answers."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

from openmetadata_standin.auth import authorize
from openmetadata_standin.behaviours.reading import UNKNOWN_ROUTE_404
from openmetadata_standin.behaviours.versions import ServerVersion
from openmetadata_standin.bootstrap import bootstrap
from openmetadata_standin.calls import CallLog, RecordedCall
from openmetadata_standin.catalog import Catalog
from openmetadata_standin.entity_routes import entity_routes
from openmetadata_standin.errors import (
    ApiError,
    BadRequestError,
    ForeignRequestError,
    MethodNotAllowedError,
    UnknownRouteError,
    UnknownRouteOf12Error,
)
from openmetadata_standin.faults import BrokenConnectionError, Faults
from openmetadata_standin.http_types import Answer, Call, Request, Route, Router, error_answer
from openmetadata_standin.merging import Writer
from openmetadata_standin.other_routes import other_routes
from openmetadata_standin.pages.routes import page_routes
from openmetadata_standin.store import Store

HOST = "127.0.0.1"

App = Callable[[Request], Answer]


class StandIn:
    """The application: a callable from request to answer, so that another callable can wrap it."""

    def __init__(self, store: Store, token: str | None, version: ServerVersion) -> None:
        """In: the open store; the only accepted token, or None for any; the version to copy."""
        self._store = store
        self._token = token
        self._calls = CallLog()
        self._faults = Faults()
        catalog = Catalog(store, version, self._faults)
        self._version = version
        with store.transaction():
            bootstrap(catalog)
        self._router = Router(
            [
                *other_routes(catalog, self._calls, self._faults),
                *entity_routes(catalog),
                *page_routes(catalog),
            ]
        )

    def __call__(self, request: Request) -> Answer:
        """Answer a request: errors become JSON, and every call on the API is recorded.

        Raises BrokenConnectionError when a fault closes the connection.
        """
        found = self._router.find(request.method, request.path)
        if not request.path.startswith("/api/"):
            return self._answer_or_error(request, found)
        started, status = time.perf_counter(), 0
        try:
            answer = self._faults.around(request, lambda inner: self._answer_or_error(inner, found))
            status = answer.status
        finally:
            route = request.path if found is None else found[0].template.removeprefix("/api/v1")
            ms = (time.perf_counter() - started) * 1000
            self._calls.add(RecordedCall(request.method, route, status, ms))
        return answer

    def _answer_or_error(
        self, request: Request, found: tuple[Route, dict[str, str]] | None
    ) -> Answer:
        try:
            return self._answer(request, found)
        except ApiError as error:
            return error_answer(error)

    def _answer(self, request: Request, found: tuple[Route, dict[str, str]] | None) -> Answer:
        try:
            with self._store.transaction():
                if found is not None and found[0].open:
                    return found[0].handler(Call(request, found[1], Writer("anonymous", False)))
                writer = authorize(self._store, request, self._token)
                if found is None:
                    raise self._no_route(request)
                return found[0].handler(Call(request, found[1], writer))
        except sqlite3.Error as error:
            raise ApiError(f"The state of the stand-in cannot be used: {error}") from error

    def _no_route(self, request: Request) -> ApiError:
        if not self._version.has(UNKNOWN_ROUTE_404):
            return UnknownRouteOf12Error(f"No route for {request.method} {request.path}")
        if self._router.knows(request.path):
            return MethodNotAllowedError("HTTP 405 Method Not Allowed")
        return UnknownRouteError("HTTP 404 Not Found")


def make_server(app: App, port: int) -> ThreadingHTTPServer:
    """Bind a server of an application on the loopback address; port 0 takes a free one.

    Raises OSError when the port is taken.
    """

    class Handler(_Handler):
        application = staticmethod(app)

    server = ThreadingHTTPServer((HOST, port), Handler)
    server.daemon_threads = True
    return server


class _Handler(BaseHTTPRequestHandler):
    """Reads a request, writes its answer in one piece, and keeps the connection open."""

    protocol_version = "HTTP/1.1"
    application: App
    wbufsize = -1  # Buffered: head and body leave together.
    disable_nagle_algorithm = True  # It would hold an answer back for some 40 ms.

    def do_GET(self) -> None:
        """Answer any method alike."""
        length = self.headers.get("content-length", "0")
        if not length.isdecimal() or "transfer-encoding" in self.headers:
            self.close_connection = True  # The end of this request is unknown.
            self._send(error_answer(BadRequestError("[header Content-Length must be a number]")))
            return
        if self._is_foreign():
            self.close_connection = True  # The body of the request is not read.
            self._send(
                error_answer(ForeignRequestError("[header Host or Origin is not this server's]"))
            )
            return
        split = urlsplit(self.path)
        request = Request(
            method=self.command,
            path=split.path,
            query=dict(parse_qsl(split.query, keep_blank_values=True)),
            headers={name.lower(): value for name, value in self.headers.items()},
            body=self.rfile.read(int(length)),
        )
        try:
            answer = type(self).application(request)
        except BrokenConnectionError:
            self.close_connection = True
            return
        self._send(answer)

    do_POST = do_PUT = do_PATCH = do_DELETE = do_GET  # noqa: N815

    def _is_foreign(self) -> bool:
        """Whether a page of another site sent the request, or it names another host."""
        host = self.headers.get("host", "")
        own = {f"{name}:{self.connection.getsockname()[1]}" for name in (HOST, "localhost")}
        return host not in own or self.headers.get("origin") not in (None, f"http://{host}")

    def _send(self, answer: Answer) -> None:
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.content_type)
        self.send_header("Content-Length", str(len(answer.body)))
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer.body)
        self.wfile.flush()

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Log nothing: the calls are recorded."""
