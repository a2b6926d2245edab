"""Hands a message to the provider, and says what is known afterwards.

The provider takes a POST of JSON: `to`, `channel`, `title`, `body`, and `reference`, our id of the
message, which it keeps in its own log. A provider that takes an idempotency key gets it as the
header Idempotency-Key.

Answers 429 and 503 mean that the message was not taken, 409 that an earlier request under the same
key is not answered yet. After another 5xx, a lost connection or a timeout nobody knows.
"""

from __future__ import annotations

import http.client
import json
import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from operations.messaging.handler.settings import Provider

_TOO_MANY_REQUESTS, _UNAVAILABLE = 429, 503
_NOT_FOUND, _CONFLICT, _GONE = 404, 409, 410
_SUCCESS, _SUCCESS_END, _SERVER_ERROR = 200, 300, 500
_LONGEST_ANSWER = 65536
_ID_CHARACTER = re.compile(r"[A-Za-z0-9_-]")


@dataclass(frozen=True)
class Accepted:
    """The provider took the message."""

    provider_id: str


@dataclass(frozen=True)
class Refused:
    """The provider did not take the message, for sure.

    `is_transient`: a later request may succeed. `is_final`: none can, and there is nothing to mend,
    because the address no longer exists. Else somebody has to mend something. `wait` is how many
    seconds the provider asks for.
    """

    reason: str
    is_transient: bool = False
    is_final: bool = False
    wait: float = 0.0


@dataclass(frozen=True)
class Unknown:
    """Nobody knows whether the provider took the message."""

    reason: str


Answer = Accepted | Refused | Unknown


def send(provider: Provider, token: str, request: Mapping[str, str], key: str) -> Answer:
    """Send one request. No text of the answer goes into what it returns, except the provider's id.

    In: `request`, the body; `key`, the idempotency key, left out for a provider that takes none.
    """
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
    if provider.key_time:
        headers["Idempotency-Key"] = key
    connection = _connection(provider)
    try:
        connection.connect()
    except OSError as error:
        # No byte of the message has left.
        return Refused(f"unreachable ({type(error).__name__})", is_transient=True)
    try:
        path = urlsplit(provider.url).path or "/"
        connection.request("POST", path, json.dumps(dict(request)).encode(), headers)
        response = connection.getresponse()
        content = response.read(_LONGEST_ANSWER)
    except TimeoutError:
        return Unknown("no answer in time")
    except (OSError, http.client.HTTPException) as error:
        return Unknown(f"connection lost ({type(error).__name__})")
    finally:
        connection.close()
    return _judged(response, content)


def _connection(provider: Provider) -> http.client.HTTPConnection:
    parts = urlsplit(provider.url)
    host = parts.hostname or ""
    if parts.scheme == "https":
        context = ssl.create_default_context()
        return http.client.HTTPSConnection(
            host, parts.port, timeout=provider.timeout, context=context
        )
    return http.client.HTTPConnection(host, parts.port, timeout=provider.timeout)


def _judged(response: http.client.HTTPResponse, content: bytes) -> Answer:
    status = response.status
    if _SUCCESS <= status < _SUCCESS_END:
        return Accepted(_provider_id(content))
    if status in (_TOO_MANY_REQUESTS, _UNAVAILABLE):
        after = response.headers.get("Retry-After", "")
        wait = float(after) if after.isascii() and after.isdigit() else 0.0
        reason = "throttled" if status == _TOO_MANY_REQUESTS else "unavailable"
        return Refused(reason, is_transient=True, wait=wait)
    if status in (_NOT_FOUND, _GONE):
        return Refused("address_gone", is_final=True)
    if status == _CONFLICT:
        return Unknown("the provider still works on it")
    if status >= _SERVER_ERROR:
        return Unknown(f"server error {status}")
    return Refused(f"refused_{status}")


def _provider_id(content: bytes) -> str:
    """Return the provider's id of a message, without characters that an id does not have."""
    try:
        given = json.loads(content)["id"]
    except (ValueError, KeyError, TypeError):
        return ""
    return "".join(
        one for one in str(given)[:100] if one.isascii() and (one.isalnum() or one in "_-")
    )
