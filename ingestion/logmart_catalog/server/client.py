"""Calls on OpenMetadata through the official client: the only module that imports it, and only when
a call is about to be made.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import logging
import sys
import types
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlencode

import requests

from logmart_catalog.config import TOKEN_VARIABLE, Connection
from logmart_catalog.errors import ServerError
from logmart_catalog.records import Record

if TYPE_CHECKING:
    from pydantic import BaseModel

PAGE_SIZE = 100
_GENERATED = "metadata.generated.schema"
_OK = range(200, 300)
_BROKEN = range(500, 600)


class _Rest(Protocol):
    """The one method used of the client's HTTP class."""

    def _request(
        self,
        method: str,
        path: str,
        data: object = None,
        *,
        headers: dict[str, str] | None = None,
        raw: bool = False,
    ) -> requests.Response: ...


class Api:
    """Calls on one server. Counts the writes it makes.

    Every answer that is no success, and every failure to get one, becomes a ServerError that names
    the host, the call and the remedy.
    """

    def __init__(self, connection: Connection) -> None:
        """In: where the server is. Imports the client; calls nothing."""
        _import_client_lightly()
        client = importlib.import_module("metadata.ingestion.ometa.client")
        config = client.ClientConfig(
            base_url=connection.host,
            auth_header="Authorization" if connection.token else None,
            access_token=connection.token or None,
            # An answer is an answer: no half a minute of sleep on 504, no minute's block on 429.
            retry_codes=[],
            limit_codes=[],
        )
        self._rest: _Rest = client.REST(config)
        self.host = connection.host
        self.writes = 0

    def get(self, path: str, **query: str) -> Record:
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
            page = self.get(path, **query, limit=str(PAGE_SIZE), **after)
            yield from page.record_items("data")
            cursor = page.record("paging").text("after")
            if not cursor:
                return
            after = {"after": cursor}

    def put(self, path: str, body: object) -> requests.Response:
        """PUT a JSON body."""
        return self._write("PUT", path, json.dumps(body, ensure_ascii=True))

    def put_many(self, collection: str, bodies: list[dict[str, object]]) -> None:
        """PUT entities through the bulk route, a hundred a call.

        Raises ServerError when the server refuses any of them, naming the first.
        """
        path = f"/{collection}/bulk?async=false"
        for start in range(0, len(bodies), PAGE_SIZE):
            answer = self.put(path, bodies[start : start + PAGE_SIZE])
            result = self._record("PUT", path, answer)
            failed = result.record_items("failedRequest")
            if failed or result.text("status") != "success":
                message = failed[0].text("message") if failed else result.text("status")
                name = failed[0].values.get("request") if failed else collection
                raise ServerError(
                    f"{self.host}: PUT {path}: {max(len(failed), 1)} of"
                    f" {result.number('numberOfRowsProcessed')} rows refused, the first:"
                    f" {name}: {message}; mend it and run `apply` again"
                )

    def patch(self, path: str, operations: list[dict[str, object]]) -> None:
        """PATCH an entity with a JSON Patch."""
        headers = {"Content-type": "application/json-patch+json"}
        self._write("PATCH", path, json.dumps(operations), headers)

    def delete(self, path: str) -> None:
        """DELETE a path."""
        self._write("DELETE", path)

    def _write(
        self, method: str, path: str, data: str | None = None, headers: dict[str, str] | None = None
    ) -> requests.Response:
        answer = self._answer(method, path, data, headers)
        if answer is None:
            raise ServerError(f"{self.host}: {method} {path}: no answer; run `apply` again")
        self.writes += 1
        return answer

    def _answer(
        self,
        method: str,
        path: str,
        data: str | None = None,
        headers: dict[str, str] | None = None,
        *,
        missing: bool = False,
    ) -> requests.Response | None:
        shown = f"{self.host}: {method} {path.partition('?')[0]}"
        try:
            # `raw` gives the answer itself; the client's other methods turn some errors into None.
            answer = self._rest._request(method, path, data, headers=headers, raw=True)
        except requests.RequestException as error:
            raise ServerError(f"{shown}: {_reason(error)}") from error
        except Exception as error:
            if type(error).__name__ != "RestTransportError":
                raise
            raise ServerError(f"{shown}: {_reason(error.__cause__ or error)}") from error
        if missing and answer.status_code == requests.codes.not_found:
            return None
        if answer.status_code not in _OK:
            raise ServerError(f"{shown}: {_refusal(answer)}")
        return answer

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


def body(model_path: str, fields: Mapping[str, object]) -> dict[str, object]:
    """Return a request body as the official client sends it.

    In: the generated model as `module:Class`, and its fields; empty texts are left out.
    Raises ServerError when the model refuses them.
    """
    given = {key: value for key, value in fields.items() if value not in ("", None)}
    module, _, name = model_path.partition(":")
    model: type[BaseModel] = getattr(importlib.import_module(f"{_GENERATED}.{module}"), name)
    try:
        checked = model.model_validate(given)
    except ValueError as error:
        raise ServerError(f"{name} for {fields.get('name')}: {error}") from error
    dumped: dict[str, object] = json.loads(checked.model_dump_json(exclude_none=True))
    return dumped


def _import_client_lightly() -> None:
    """Let parts of the client be imported without its package's own start, which loads a profiler
    for some seven seconds. Changes nothing where the client is loaded already.
    """
    if "metadata" in sys.modules:
        return
    spec = importlib.util.find_spec("metadata")
    if spec is None or spec.submodule_search_locations is None:
        raise ServerError(
            "the OpenMetadata client is not installed; install ingestion/requirements.lock"
        )
    package = types.ModuleType("metadata")
    package.__path__ = list(spec.submodule_search_locations)
    package.__spec__ = spec
    sys.modules["metadata"] = package
    # The client reports in warnings what is raised here as one error.
    logging.getLogger("metadata").setLevel(logging.CRITICAL)


def _query(query: Mapping[str, str]) -> str:
    return f"?{urlencode(query)}" if query else ""


def _reason(error: BaseException) -> str:
    if isinstance(error, requests.Timeout):
        return "no answer in time; is the server overloaded?"
    if isinstance(error, requests.ConnectionError):
        return "cannot be reached; is the server up, and the address right?"
    return f"the call failed ({type(error).__name__})"


def _refusal(answer: requests.Response) -> str:
    """Return what a refusal means. The server's own words are cut short and hold no token."""
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
    said = f": {str(message)[:300]}" if message else ""
    hint = "; look at the server's log, then run it again" if status in _BROKEN else ""
    return f"answered {status}{said}{hint}"
