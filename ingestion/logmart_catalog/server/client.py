"""OpenMetadata's API as this sync uses it: records in, bodies out, errors that say what to do."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TypeVar
from urllib.parse import urlencode

import jsonpatch
import requests

from logmart_catalog.config import TOKEN_VARIABLE, Connection
from logmart_catalog.errors import RefusedError, ServerError
from logmart_catalog.records import Record
from logmart_catalog.server import retry
from logmart_catalog.server.parallel import in_parallel
from logmart_catalog.server.transport import ConnectionBrokenError, Transport, body

__all__ = ["PAGE_SIZE", "Api", "body"]

PAGE_SIZE = 100
_LONGEST_WORDS = 500
_OK = range(200, 300)
# How a server speaks of an entity that lacks what it stands in.
_HALF_MADE = re.compile("does not have expected relationship|has no relationship contains")
# What a server changes with every write of an entity.
_MOVES_ON = "/updatedAt"
_BROKEN = range(500, 600)
_REPEATABLE = frozenset({"GET", "PUT", "DELETE"})
# What says that a call for many is not known, or that one of the many is refused: servers answer
# 409 or 500 where one is there already, if only softly deleted.
_UNKNOWN_OR_REFUSED = frozenset(
    {
        requests.codes.bad_request,
        requests.codes.not_found,
        requests.codes.method_not_allowed,
        requests.codes.conflict,
        requests.codes.request_entity_too_large,
        requests.codes.server_error,
    }
)
_Item = TypeVar("_Item")
_Result = TypeVar("_Result")


class Api:
    """Calls on one server, from several threads if need be. Counts the writes it makes.

    Every answer that is no success, and every failure to get one, becomes a ServerError that names
    the host, the call and the remedy.
    """

    def __init__(self, connection: Connection, workers: int = 1) -> None:
        """In: where the server is, and how many calls `each` makes at a time. Calls nothing."""
        self._transport = Transport(connection)
        self._token = connection.token
        self._workers = workers
        self._lock = threading.Lock()
        self.host = connection.host
        self.writes = 0

    def each(self, work: Callable[[_Item], _Result], items: Iterable[_Item]) -> list[_Result]:
        """Do some work on every item, a few at a time; return the results in order.

        Raises what the first that failed raised, once all that had begun have ended. One item an
        entity: the server loses one of two changes made to an entity at once.
        """
        return in_parallel(work, items, self._workers)

    def get(self, path: str, **query: str | tuple[str, ...]) -> Record:
        """GET a path below /v1; return the JSON object."""
        return self._record("GET", path, self._answer("GET", path + _query(query)))

    def find(self, path: str, **query: str) -> Record | None:
        """GET a path below /v1; return the JSON object, or None when there is none (404)."""
        answer = self._answer("GET", path + _query(query), missing=True)
        return None if answer is None else self._record("GET", path, answer)

    def pages(self, path: str, **query: str) -> Iterator[Record]:
        """GET a collection below /v1; yield every entity of every page."""
        after: dict[str, str] = {}
        while True:
            page = self.get(path, **{"limit": str(PAGE_SIZE), **query, **after})
            yield from page.record_items("data")
            cursor = page.record("paging").text("after")
            if not cursor:
                return
            after = {"after": cursor}

    def put(self, path: str, body: object) -> requests.Response:
        """PUT a JSON body."""
        return self._write("PUT", path, json.dumps(body, ensure_ascii=True))

    def post(self, path: str, body: object) -> None:
        """POST a JSON body; one that is there already (409) is well, so it may be sent twice."""
        try:
            self._write("POST", path, json.dumps(body, ensure_ascii=True), repeatable=True)
        except RefusedError as refused:
            if refused.status != requests.codes.conflict:
                raise

    def put_many(self, collection: str, bodies: list[dict[str, object]]) -> list[dict[str, object]]:
        """PUT entities through the bulk route, a hundred a call.

        Returns those to be PUT each on its own: the hundred of which the server refuses one, so
        that the refusal is told of that one, and all where it has no such route.
        """
        path = f"/{collection}/bulk?async=false"
        left: list[dict[str, object]] = []
        for start in range(0, len(bodies), PAGE_SIZE):
            batch = bodies[start : start + PAGE_SIZE]
            try:
                result = self._record("PUT", path, self.put(path, batch))
            except RefusedError as refused:
                if refused.status not in _UNKNOWN_OR_REFUSED:
                    raise
                left += batch
            else:
                whole = result.text("status") == "success" and not result.items("failedRequest")
                left += [] if whole else batch
        return left

    def create_many(self, path: str, bodies: list[dict[str, object]]) -> Record | None:
        """POST new entities in one call; return the answer with them as `data`.

        Returns None where the server has no such call or refuses one of them, as it does one that
        is there: each is then to be PUT on its own.
        """
        try:
            answer = self._write("POST", path, json.dumps(bodies, ensure_ascii=True))
        except RefusedError as refused:
            if refused.status in _UNKNOWN_OR_REFUSED:
                return None
            raise
        return Record.of(f"{self.host}: POST {path}", {"data": answer.json()}, ServerError)

    def modify(
        self,
        path: str,
        fields: str,
        change: Callable[[Record], Mapping[str, object]],
        known: Record | None = None,
    ) -> None:
        """Read an entity and PATCH it into what it should be; no write where it is so already.

        In: `fields` to read, `change` from the document read to the one wanted, `known` the
        document when it was read before. The patch holds only for the state that was read: where
        another writer came first, or the connection broke, the entity is read again. The state is
        known by `updatedAt`: a server may keep `version` over several changes by one user.
        """
        for attempt in range(1, retry.ATTEMPTS + 1):
            found = known or self.get(path, fields=fields)
            known = None
            wanted = dict(change(found))
            operations = jsonpatch.make_patch(dict(found.values), wanted).patch
            if not operations:
                return
            unmoved = {"op": "test", "path": _MOVES_ON, "value": found.values.get(_MOVES_ON[1:])}
            try:
                self._patch(path, [unmoved, *operations])
            except ConnectionBrokenError:
                if attempt == retry.ATTEMPTS:
                    raise
                retry.pause(attempt)
            except RefusedError as refused:
                # A failed test is answered as the server's own failures are: with 500.
                failed = refused.status == requests.codes.server_error
                if attempt == retry.ATTEMPTS or not failed or not self._has_moved(path, found):
                    raise
            else:
                return

    def delete(self, path: str) -> None:
        """DELETE a path; one that is gone already (404) is well."""
        if self._answer("DELETE", path, missing=True) is not None:
            self._count_write()

    def _has_moved(self, path: str, found: Record) -> bool:
        key = _MOVES_ON[1:]
        return self.get(path).values.get(key) != found.values.get(key)

    def _patch(self, path: str, operations: list[dict[str, object]]) -> None:
        self._write("PATCH", path, json.dumps(operations))

    def _write(
        self, method: str, path: str, data: str | None = None, *, repeatable: bool = False
    ) -> requests.Response:
        answer = self._answer(method, path, data, repeatable=repeatable)
        if answer is None:
            raise ServerError(f"{self.host}: {method} {path}: no answer; run `apply` again")
        self._count_write()
        return answer

    def _count_write(self) -> None:
        with self._lock:
            self.writes += 1

    def _answer(
        self,
        method: str,
        path: str,
        data: str | None = None,
        *,
        missing: bool = False,
        repeatable: bool = False,
    ) -> requests.Response | None:
        """Return the answer to a call, None for 404 where something may be `missing`."""
        twice = repeatable or method in _REPEATABLE
        headers = {"Content-type": "application/json-patch+json"} if method == "PATCH" else None
        answer = self._transport.call(method, path, data, headers, repeatable=twice)
        if missing and answer.status_code == requests.codes.not_found:
            return None
        if answer.status_code not in _OK:
            shown = f"{self.host}: {method} {path.partition('?')[0]}"
            refusal = self._without_token(_refusal(answer))
            raise RefusedError(f"{shown}: {refusal}", answer.status_code)
        return answer

    def _without_token(self, text: str) -> str:
        """Return what a server said, which may repeat what it was sent, without the token and
        cut short.
        """
        return (text.replace(self._token, "***") if self._token else text)[:_LONGEST_WORDS]

    def _record(self, method: str, path: str, answer: requests.Response | None) -> Record:
        where = f"{self.host}: {method} {path.partition('?')[0]}"
        if answer is None:
            raise ServerError(f"{where}: not found; is this address the API's?")
        try:
            value: object = answer.json()
        except ValueError as error:
            raise ServerError(
                f"{where}: no JSON in the answer; is this address the API's base address?"
            ) from error
        return Record.of(where, value, ServerError)


def _query(query: Mapping[str, str | tuple[str, ...]]) -> str:
    return f"?{urlencode(query, doseq=True)}" if query else ""


def _refusal(answer: requests.Response) -> str:
    """Return what a refusal means. The server's own words may hold the token."""
    status = answer.status_code
    if status == requests.codes.unauthorized:
        return f"{status}, not authorized: {TOKEN_VARIABLE} is missing, wrong or expired"
    if status == requests.codes.forbidden:
        return f"{status}, forbidden: the bot of {TOKEN_VARIABLE} lacks a permission"
    try:
        value: object = answer.json()
    except ValueError:
        value = None
    message = value.get("message") if isinstance(value, dict) else None
    said = f": {str(message)}" if message else ""
    return f"answered {status}{said}{_hint(status, said)}"


def _hint(status: int, said: str) -> str:
    if status not in _BROKEN:
        return ""
    if _HALF_MADE.search(said):
        return (
            "; the server was stopped while it made this, and no call mends it: an administrator"
            " must remove its row from the server's database, then run `apply` again"
        )
    return "; look at the server's log, then run it again"
