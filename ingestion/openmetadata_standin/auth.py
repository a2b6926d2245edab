"""Checks the token of a request, and finds the user that it stands for."""

from __future__ import annotations

import base64
import binascii
import json

from openmetadata_standin.errors import NotAuthorizedError
from openmetadata_standin.http_types import Request
from openmetadata_standin.merging import Writer
from openmetadata_standin.store import Store

BOT = "ingestion-bot"


def authorize(store: Store, request: Request, token: str | None) -> Writer:
    """Return the user who makes a request.

    In: the store, inside a transaction; `token`, the only accepted one. With None any token is
    accepted, and reading needs none. A JWT stands for the user in its `sub` (the signature is not
    checked), any other token for the ingestion bot. Raises NotAuthorizedError on a missing or wrong
    token, or when the user does not exist.
    """
    header = request.headers.get("authorization", "")
    given = header.removeprefix("Bearer ").strip() if header.startswith("Bearer ") else ""
    is_accepted = given == token if token else bool(given) or request.method == "GET"
    if not is_accepted:
        raise NotAuthorizedError(
            "Not Authorized! Invalid Token" if given else "Not Authorized! Token not present"
        )
    name = _subject(given) or BOT
    user = store.by_fqn("user", name)
    if user is None or user.get("deleted"):
        raise NotAuthorizedError(f"Not Authorized! User {name} not found")
    return Writer(name, bool(user.get("isBot")))


def _subject(token: str) -> str | None:
    """Return the `sub` of a JWT, None when the token is no JWT."""
    match token.split("."):
        case [_, payload, _]:
            padded = payload + "=" * (-len(payload) % 4)
        case _:
            return None
    try:
        claims = json.loads(base64.urlsafe_b64decode(padded))
    except (binascii.Error, ValueError):
        return None
    subject = claims.get("sub") if isinstance(claims, dict) else None
    return subject if isinstance(subject, str) else None
