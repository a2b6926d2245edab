"""Prints the token of a fresh server's ingestion bot: `python bot_token.py`.

Logs in at OPENMETADATA_HOST as the administrator that every new OpenMetadata has, unless
OPENMETADATA_ADMIN and OPENMETADATA_ADMIN_PASSWORD name another.
"""

from __future__ import annotations

import base64
import json
import os
import sys
import urllib.request
from typing import Any


def bot_token(host: str, name: str, password: str) -> str:
    """Return the token of the bot that ingests.

    In: the API's base address, an administrator's e-mail address and password. Raises OSError when
    the server refuses, KeyError when it answers something else.
    """
    # The server wants the password in base 64, which hides nothing.
    sent = {"email": name, "password": base64.b64encode(password.encode()).decode()}
    token = _call(f"{host}/v1/users/login", json.dumps(sent).encode(), {})["accessToken"]
    login = {"Authorization": f"Bearer {token}"}
    bot = _call(f"{host}/v1/bots/name/ingestion-bot", None, login)["botUser"]
    mechanism = _call(f"{host}/v1/users/auth-mechanism/{bot['id']}", None, login)
    return str(mechanism["config"]["JWTToken"])


def _call(address: str, body: bytes | None, headers: dict[str, str]) -> dict[str, Any]:
    given = {"Content-Type": "application/json", **headers}
    with urllib.request.urlopen(urllib.request.Request(address, body, given)) as answer:
        found: dict[str, Any] = json.load(answer)
    return found


if __name__ == "__main__":
    environment = os.environ
    sys.stdout.write(
        bot_token(
            environment["OPENMETADATA_HOST"].rstrip("/"),
            environment.get("OPENMETADATA_ADMIN", "admin@open-metadata.org"),
            environment.get("OPENMETADATA_ADMIN_PASSWORD", "admin"),
        )
        + "\n"
    )
