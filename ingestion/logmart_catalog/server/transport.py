"""Makes calls on OpenMetadata through the official client. No other module imports the client, and
this one only when the first call is about to be made.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import logging
import sys
import types
from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol

import requests
import urllib3

from logmart_catalog.config import Connection
from logmart_catalog.errors import ServerError
from logmart_catalog.server import retry

if TYPE_CHECKING:
    from pydantic import BaseModel

_GENERATED = "metadata.generated.schema"


class ConnectionBrokenError(ServerError):
    """The connection broke. The server may or may not have carried the call out."""


class _Rest(Protocol):
    """The part of the client's HTTP class that is used."""

    _session: requests.Session

    def _request(
        self,
        method: str,
        path: str,
        data: object = None,
        *,
        headers: dict[str, str] | None = None,
        raw: bool = False,
    ) -> requests.Response: ...


class Transport:
    """Calls one server, and retries when it is overloaded or the connection breaks. Safe to use
    from several threads.
    """

    def __init__(self, connection: Connection) -> None:
        """Import the client; nothing is called yet. In: the server's address and token."""
        _import_client_lightly()
        client = importlib.import_module("metadata.ingestion.ometa.client")
        config = client.ClientConfig(
            base_url=connection.host,
            auth_header="Authorization" if connection.token else None,
            access_token=connection.token or None,
            # The client must not retry: it would sleep half a minute on 504, a minute on 429.
            retry_codes=[],
            limit_codes=[],
        )
        self._host = connection.host
        self._rest: _Rest = client.REST(config)
        session = self._rest._session
        # All calls go to one host: its proxies are looked up in the environment once.
        settings = session.merge_environment_settings(connection.host, {}, None, None, None)
        session.merge_environment_settings = lambda *_: dict(settings)
        # The HTTP library below the client must not retry either.
        for adapter in session.adapters.values():
            if isinstance(adapter, requests.adapters.HTTPAdapter):
                adapter.max_retries = urllib3.Retry(0, read=False)

    def call(
        self,
        method: str,
        path: str,
        data: str | None,
        headers: dict[str, str] | None,
        *,
        repeatable: bool,
    ) -> requests.Response:
        """Make a call on a path below /v1, with retries; return the final answer, whatever it is.

        In: `repeatable`, whether the call is idempotent. A call is retried after a transient answer
        (429, 502, 503, and 500 if it is repeatable); after a broken connection, unless it is a
        PATCH, which must not be applied twice; and after 409 to a PUT, when another writer created
        the same entity at the same time. Raises ServerError when there is no answer.
        """
        attempt = 1
        while True:
            answer = None
            try:
                answer = self._once(method, path, data, headers)
            except ConnectionBrokenError:
                if attempt == retry.ATTEMPTS or method == "PATCH":
                    raise
            if answer is not None:
                crossed = method == "PUT" and answer.status_code == requests.codes.conflict
                again = crossed and attempt < retry.ATTEMPTS
                if not (again or retry.is_transient(answer, attempt, repeatable=repeatable)):
                    return answer
            retry.back_off(attempt, answer)
            attempt += 1

    def _once(
        self, method: str, path: str, data: str | None, headers: dict[str, str] | None
    ) -> requests.Response:
        shown = f"{self._host}: {method} {path.partition('?')[0]}"
        try:
            # `raw` returns the answer itself; other methods of the client turn errors into None.
            return self._rest._request(method, path, data, headers=headers, raw=True)
        except requests.RequestException as error:
            raise _unanswered(shown, error) from error
        except Exception as error:
            if type(error).__name__ != "RestTransportError":
                raise
            raise _unanswered(shown, error.__cause__ or error) from error


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
    text = checked.model_dump_json(exclude_none=True, by_alias=True)
    dumped: dict[str, object] = json.loads(text)
    return dumped


def _import_client_lightly() -> None:
    """Make parts of the client importable without its package's `__init__`, which loads a profiler
    for some seven seconds. Does nothing when the client is loaded already.
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
    # The client logs warnings for failures that are raised here as one error.
    logging.getLogger("metadata").setLevel(logging.CRITICAL)


def _unanswered(shown: str, error: BaseException) -> ServerError:
    kind = ConnectionBrokenError if retry.is_broken_connection(error) else ServerError
    return kind(f"{shown}: {_reason(error)}")


def _reason(error: BaseException) -> str:
    if isinstance(error, requests.Timeout):
        return "no answer in time; is the server overloaded?"
    if isinstance(error, requests.ConnectionError):
        return "cannot be reached; is the server up, and the address right?"
    return f"the call failed ({type(error).__name__})"
