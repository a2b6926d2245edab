"""Makes plain HTTP calls on any server."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import requests

from openmetadata_standin.models import Json

_SECONDS = 120


class ProbeError(Exception):
    """A call that a probe needs was refused, or its answer is no JSON."""


class UnreachableError(ProbeError):
    """The server does not answer, so nothing more can be tried."""


@dataclass(frozen=True)
class Server:
    """A server by its API's base address; the token may be empty."""

    host: str
    token: str

    def call(self, method: str, path: str, body: Any = None, **query: str) -> requests.Response:
        """Make one call below /v1. Raises UnreachableError when there is no answer."""
        kind = "application/json-patch+json" if method == "PATCH" else "application/json"
        headers = {"Content-Type": kind}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        url = f"{self.host}/v1/{path}"
        try:
            return requests.request(
                method, url, json=body, params=query, headers=headers, timeout=_SECONDS
            )
        except requests.RequestException as error:
            raise UnreachableError(
                f"{self.host}: {method} {path.partition('?')[0]}: no answer"
                f" ({type(error).__name__}); is the server running?"
            ) from error

    def status(self, method: str, path: str, body: Any = None, **query: str) -> int:
        """Make one call and return its status."""
        return self.call(method, path, body, **query).status_code

    def made(self, method: str, path: str, body: Any = None, **query: str) -> Json:
        """Make one call and return its JSON. Raises ProbeError when it fails."""
        answer = self.call(method, path, body, **query)
        if not answer.ok:
            raise ProbeError(
                f"{self.host}: {method} {path}: {answer.status_code} {answer.text[:300]}"
            )
        found: Any = answer.json() if answer.content else {}
        return found if isinstance(found, dict) else {"data": found}


def path_of(collection: str, fqn: str) -> str:
    """Return the path of an entity by its full name."""
    return f"{collection}/name/{quote(fqn, safe='')}"
