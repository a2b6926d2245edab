"""The calls of this sync on OpenMetadata's API, with errors that name the remedy."""

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
_MAX_MESSAGE = 500
_SUCCESS = range(200, 300)
# The server's messages about an entity that has lost its parent.
_ORPHANED = re.compile("does not have expected relationship|has no relationship contains")
# The field that the server changes with every write of an entity.
_CHANGE_STAMP = "updatedAt"
_SERVER_ERRORS = range(500, 600)
_REPEATABLE = frozenset({"GET", "PUT", "DELETE"})
# The statuses of a batch call when the server has no such route or refuses one of the entities.
# Servers answer 409 or 500 when one of the entities exists already, even if soft-deleted.
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
    """Calls one server and counts the writes. Safe to use from several threads.

    An answer other than success, and a call without an answer, become a ServerError that names the
    host, the call and the remedy.
    """

    def __init__(self, connection: Connection, workers: int = 1) -> None:
        """In: the server's address and token, and how many calls `each` makes at a time."""
        self._transport = Transport(connection)
        self._token = connection.token
        self._workers = workers
        self._lock = threading.Lock()
        self.host = connection.host
        self.writes = 0

    def each(self, work: Callable[[_Item], _Result], items: Iterable[_Item]) -> list[_Result]:
        """Do some work on every item, a few at a time; return the results in order.

        When an item fails, no further work begins, and its error is raised once the running work
        has ended. Each item must be another entity: the server loses one of two simultaneous
        changes of the same entity.
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
        """POST a JSON body. The answer 409 (it exists) is a success, so the call can be retried."""
        try:
            self._write("POST", path, json.dumps(body, ensure_ascii=True), repeatable=True)
        except RefusedError as refused:
            if refused.status != requests.codes.conflict:
                raise

    def put_many(self, collection: str, bodies: list[dict[str, object]]) -> list[dict[str, object]]:
        """PUT entities through the bulk route, in batches of a hundred.

        Returns the entities that must be PUT one by one: the batches of which the server refused an
        entity, so that the refusal can be assigned to it, and all when it has no such route.
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
        """POST new entities in one call; return the answer with the entities as `data`.

        Returns None when the server has no such call or refuses one of the entities, for example
        because it exists. The entities must then be PUT one by one.
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
        """Read an entity and PATCH the difference to the wanted document; no write if it is equal.

        In: `fields` to read, `change` from the document read to the wanted one, `known` the
        document if it was read before. The patch is conditional on the state that was read: when
        another writer came first, or the connection broke, the entity is read again. The condition
        is on `updatedAt`, since a server may keep `version` over several changes by one user.
        """
        for attempt in range(1, retry.ATTEMPTS + 1):
            found = known or self.get(path, fields=fields)
            known = None
            wanted = dict(change(found))
            operations = jsonpatch.make_patch(dict(found.values), wanted).patch
            if not operations:
                return
            stamp = found.values.get(_CHANGE_STAMP)
            unchanged = {"op": "test", "path": f"/{_CHANGE_STAMP}", "value": stamp}
            try:
                self._patch(path, [unchanged, *operations])
            except ConnectionBrokenError:
                if attempt == retry.ATTEMPTS:
                    raise
                retry.back_off(attempt)
            except RefusedError as refused:
                # The server answers a failed `test` with 500, as it does for its own errors.
                failed = refused.status == requests.codes.server_error
                if attempt == retry.ATTEMPTS or not failed or not self._has_changed(path, found):
                    raise
            else:
                return

    def delete(self, path: str) -> None:
        """DELETE a path. The answer 404 (it is gone) counts as success."""
        if self._answer("DELETE", path, missing=True) is not None:
            self._count_write()

    def _has_changed(self, path: str, found: Record) -> bool:
        return self.get(path).values.get(_CHANGE_STAMP) != found.values.get(_CHANGE_STAMP)

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
        """Return the answer to a call, None for 404 if the entity may be `missing`."""
        twice = repeatable or method in _REPEATABLE
        headers = {"Content-type": "application/json-patch+json"} if method == "PATCH" else None
        answer = self._transport.call(method, path, data, headers, repeatable=twice)
        if missing and answer.status_code == requests.codes.not_found:
            return None
        if answer.status_code not in _SUCCESS:
            shown = f"{self.host}: {method} {path.partition('?')[0]}"
            refusal = self._without_token(_refusal(answer))
            raise RefusedError(f"{shown}: {refusal}", answer.status_code)
        return answer

    def _without_token(self, text: str) -> str:
        """Return a server's message without the token, cut short. It may repeat the request."""
        return (text.replace(self._token, "***") if self._token else text)[:_MAX_MESSAGE]

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
    """Return the meaning of a refusal. The server's message in it may hold the token."""
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
    if status not in _SERVER_ERRORS:
        return ""
    if _ORPHANED.search(said):
        return (
            "; the server was stopped while it made this, and no call mends it: an administrator"
            " must remove its row from the server's database, then run `apply` again"
        )
    return "; look at the server's log, then run it again"
