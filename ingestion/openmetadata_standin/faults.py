"""Faults on demand: failing, slow or broken calls, rate limits, a lost search index.

All are off until `PUT /standin/faults` sets them; faults that it does not name stay off.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from openmetadata_standin.errors import ApiError, BadRequestError
from openmetadata_standin.http_types import Answer, Request, json_answer

_SEARCH = frozenset({"ok", "empty", "error"})
_WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_FAULTS_FIELDS = frozenset({"fail", "delay_ms", "search", "orphans"})
_FAIL_FIELDS = frozenset({"call", "times", "method", "path", "status", "effect", "retry_after"})


class OrphanError(ApiError):
    """The entity has lost its service: every call on it fails."""

    status = 500


class BrokenConnectionError(Exception):
    """The server must close the connection without an answer."""


@dataclass(frozen=True)
class Failure:
    """A rule that makes matching calls fail.

    `method` is an HTTP method, `write` for any writing method, None for all; `path` is a text that
    the path contains. `call` is the number of the first matching call that fails, from 1; `times`
    is how many fail, 0 for all that follow. `status` is the answer, 0 to close the connection
    instead. With `effect` the call is carried out and only its answer is lost. `retry_after` are
    seconds, for 429.
    """

    call: int = 1
    times: int = 1
    method: str | None = None
    path: str | None = None
    status: int = 500
    effect: bool = False
    retry_after: int | None = None

    def matches(self, request: Request) -> bool:
        """Whether the rule matches a request."""
        if self.method == "write" and request.method not in _WRITES:
            return False
        if self.method not in (None, "write", request.method):
            return False
        return self.path is None or self.path in request.path

    def strikes(self, number: int) -> bool:
        """Whether the matching call of this number, from 1, fails."""
        return number >= self.call and (self.times == 0 or number < self.call + self.times)


@dataclass(frozen=True)
class FaultSettings:
    """The faults to inject: failures, milliseconds added to every answer, the state of the search
    index (`ok`, `empty` when it was lost, `error` when it is down), and FQNs of entities that lost
    their service, as after a server was killed in a bulk PUT.
    """

    fail: tuple[Failure, ...] = ()
    delay_ms: float = 0
    search: str = "ok"
    orphans: tuple[str, ...] = ()


class Faults:
    """The active faults and the calls that they have counted. Safe to use from several threads."""

    def __init__(self) -> None:
        """Start without faults."""
        self._lock = threading.Lock()
        self._settings = FaultSettings()
        self._counts: list[int] = []

    def set(self, settings: FaultSettings) -> None:
        """Replace the active faults and count from zero."""
        with self._lock:
            self._settings = settings
            self._counts = [0] * len(settings.fail)

    @property
    def search(self) -> str:
        """The state of the search index."""
        return self._settings.search

    def check_whole(self, fqn: str) -> None:
        """Raise OrphanError when an entity lost its service."""
        if fqn in self._settings.orphans:
            raise OrphanError(f"Entity {fqn} has no relationship contains to a service")

    def summary(self) -> dict[str, Any]:
        """Return the active faults and the number of calls that each failure has counted."""
        with self._lock:
            fail = [
                {**vars(failure), "counted": count}
                for failure, count in zip(self._settings.fail, self._counts, strict=True)
            ]
            settings = self._settings
        return {
            "fail": fail,
            "delay_ms": settings.delay_ms,
            "search": settings.search,
            "orphans": list(settings.orphans),
        }

    def around(self, request: Request, answer: Callable[[Request], Answer]) -> Answer:
        """Answer an API request under the active faults.

        Raises BrokenConnectionError when a fault closes the connection.
        """
        failure = self._next(request)
        if self._settings.delay_ms:
            time.sleep(self._settings.delay_ms / 1000)
        if failure is None or failure.effect:
            given = answer(request)
            if failure is None:
                return given
        if failure.status == 0:
            raise BrokenConnectionError
        body = {"code": failure.status, "message": "This call fails because a fault is set"}
        headers = {} if failure.retry_after is None else {"Retry-After": str(failure.retry_after)}
        return json_answer(body, failure.status, **headers)

    def _next(self, request: Request) -> Failure | None:
        struck = None
        with self._lock:
            for index, failure in enumerate(self._settings.fail):
                if failure.matches(request):
                    self._counts[index] += 1
                    if struck is None and failure.strikes(self._counts[index]):
                        struck = failure
        return struck


def parse_faults(body: object) -> FaultSettings:
    """Return the settings in a JSON body. Raises BadRequestError on an invalid body."""
    if not isinstance(body, dict) or set(body) - _FAULTS_FIELDS:
        raise BadRequestError(f"[faults: only {sorted(_FAULTS_FIELDS)}]")
    fail = body.get("fail", [])
    if not isinstance(fail, list) or any(
        not isinstance(rule, dict) or set(rule) - _FAIL_FIELDS for rule in fail
    ):
        raise BadRequestError(f"[fail: a list of objects of {sorted(_FAIL_FIELDS)}]")
    delay, search = body.get("delay_ms", 0), body.get("search", "ok")
    if not isinstance(delay, int | float) or delay < 0:
        raise BadRequestError("[delay_ms: must be a number of milliseconds]")
    if search not in _SEARCH:
        raise BadRequestError(f"[search: one of {sorted(_SEARCH)}]")
    orphans = body.get("orphans", [])
    if not isinstance(orphans, list) or not all(isinstance(orphan, str) for orphan in orphans):
        raise BadRequestError("[orphans: a list of full names]")
    return FaultSettings(tuple(Failure(**rule) for rule in fail), delay, search, tuple(orphans))
