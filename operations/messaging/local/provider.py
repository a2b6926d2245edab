"""A provider of push and text messages on loopback, for the demo and the tests.

It keeps a log of its own: one row a message that it took. It can take an idempotency key or none,
limit the rate, be slow, be down, refuse single requests, and refuse messages until they are mended.
"""

from __future__ import annotations

import json
import threading
import time
import uuid
from bisect import bisect_left
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

_TOO_MANY = 429


@dataclass(frozen=True)
class TakenMessage:
    """A row of the provider's own log. It names our message, and no address."""

    reference: str
    channel: str
    accepted_at: datetime


@dataclass
class ProviderStandIn:
    """The provider's state.

    `faults` gives status codes that the next requests of a reference are answered with; `poison`
    names references that are refused with 400 until they are taken out; `limit` is in requests a
    second; `delay` in seconds, before each answer.
    """

    takes_key: bool = True
    limit: float = 0.0
    delay: float = 0.0
    faults: dict[str, list[int]] = field(default_factory=dict)
    poison: set[str] = field(default_factory=set)
    log: list[TakenMessage] = field(default_factory=list)
    answers: list[tuple[float, int]] = field(default_factory=list)
    server: ThreadingHTTPServer | None = None
    port: int = 0
    _ids: dict[str, str] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def url(self) -> str:
        """Return the address that takes messages."""
        return f"http://127.0.0.1:{self.port}/messages"

    def answer(self, key: str | None, request: Mapping[str, str]) -> tuple[int, dict[str, str]]:
        """Judge a request, log what is taken; return the status and the body of the answer."""
        reference = request["reference"]
        with self._lock:
            status, taken = self._judge(key if self.takes_key else None, reference)
            self.answers.append((time.monotonic(), status))
            if taken:
                self.log.append(TakenMessage(reference, request["channel"], datetime.now(UTC)))
        if self.delay:
            time.sleep(self.delay)
        return status, {"id": self._ids.get(key or "", uuid.uuid4().hex)}

    def _judge(self, key: str | None, reference: str) -> tuple[int, bool]:
        if self.limit and self._lately() >= self.limit:
            return _TOO_MANY, False
        if self.faults.get(reference):
            return self.faults[reference].pop(0), False
        if reference in self.poison:
            return 400, False
        if key is None:
            return 202, True
        is_new = key not in self._ids
        self._ids.setdefault(key, uuid.uuid4().hex)
        return 202, is_new

    def _lately(self) -> int:
        """Return how many requests were not throttled within the last second."""
        since = time.monotonic() - 1.0
        return sum(at > since and status != _TOO_MANY for at, status in self.answers[-1000:])

    def highest_rate(self) -> int:
        """Return the most requests within any second, throttled ones too."""
        times = sorted(at for at, _ in self.answers)
        until = [bisect_left(times, start + 1.0) for start in times]
        return max((end - index for index, end in enumerate(until)), default=0)

    def go_up(self) -> None:
        """Listen, at the same port as before."""
        self.server = _Server(("127.0.0.1", self.port), _handler_of(self))
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def go_down(self) -> None:
        """Refuse connections."""
        if self.server is not None:
            self.server.shutdown()
            self.server.server_close()
            self.server = None


@contextmanager
def provider_stand_in(**options: Any) -> Iterator[ProviderStandIn]:
    """Start a provider, and end it."""
    provider = ProviderStandIn(**options)
    provider.go_up()
    try:
        yield provider
    finally:
        provider.go_down()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 64

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing when a client hangs up; workers are killed on purpose."""


def _handler_of(provider: ProviderStandIn) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:  # noqa: N802 - the name is the base class's
            length = int(self.headers["Content-Length"])
            request = json.loads(self.rfile.read(length))
            status, body = provider.answer(self.headers.get("Idempotency-Key"), request)
            content = json.dumps(body).encode()
            self.send_response(status)
            if status == _TOO_MANY:
                self.send_header("Retry-After", "1")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *values: Any) -> None:  # noqa: A002
            """Log nothing: the log is `ProviderStandIn.log`."""

    return Handler
