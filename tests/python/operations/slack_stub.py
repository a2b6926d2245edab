"""A local server in the place of Slack's incoming webhooks."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

SECRET = "T000SECRET"


@dataclass(frozen=True)
class Answer:
    """What the server answers to one request."""

    code: int = 200
    body: str = "ok"
    headers: tuple[tuple[str, str], ...] = ()


@dataclass
class SlackStub:
    """The messages that arrived, and the answers to come; without one the answer is `ok`."""

    webhook: str
    answers: list[Answer] = field(default_factory=list)
    messages: list[dict[str, Any]] = field(default_factory=list)

    @property
    def texts(self) -> list[str]:
        return [message["text"] for message in self.messages]


@contextmanager
def slack_stub() -> Iterator[SlackStub]:
    """Serve on a free port of loopback until the context is left."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:  # noqa: N802
            body = self.rfile.read(int(self.headers["Content-Length"]))
            stub.messages.append(json.loads(body))
            answer = stub.answers.pop(0) if stub.answers else Answer()
            self.send_response(answer.code)
            for name, value in answer.headers:
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer.body.encode())

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        stub = SlackStub(f"http://127.0.0.1:{server.server_port}/services/{SECRET}")
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        try:
            yield stub
        finally:
            server.shutdown()
