"""How tests reach a stand-in: a process of its own, plain HTTP calls, the official client."""

from __future__ import annotations

import base64
import json
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import requests
from metadata.generated.schema.entity.services.connections.metadata.openMetadataConnection import (
    OpenMetadataConnection,
)
from metadata.ingestion.ometa.ometa_api import OpenMetadata

INGESTION = Path(__file__).parents[2]
TOKEN = "stand-in-test-token"
Json = dict[str, Any]


def jwt(subject: str) -> str:
    """An unsigned token that stands for a user."""
    parts = ({"alg": "none"}, {"sub": subject})
    encoded = [base64.urlsafe_b64encode(json.dumps(p).encode()).decode().rstrip("=") for p in parts]
    return ".".join([*encoded, "x"])


@dataclass(frozen=True)
class Process:
    """A running stand-in: its process and the base address of its API."""

    process: subprocess.Popen[str]
    address: str

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        """Stop it and return its exit code."""
        self.process.send_signal(how)
        return self.process.wait(timeout=60)


def start(state: Path, *options: str) -> Process:
    """Start a stand-in and wait until it says its address."""
    process = subprocess.Popen(
        [sys.executable, "-m", "openmetadata_standin", "--state", str(state), *options],
        cwd=INGESTION,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    address = process.stdout.readline().strip()
    assert address.startswith("http://127.0.0.1:"), "the stand-in did not start"
    return Process(process, address)


@dataclass(frozen=True)
class Api:
    """Plain HTTP calls on a stand-in, and shorthands for what most tests need."""

    address: str
    session: requests.Session

    def call(self, method: str, path: str, body: Any = None, **options: Any) -> requests.Response:
        """One call below /v1, with a JSON body; `params` and `headers` as in requests."""
        url = f"{self.address}/v1/{path}"
        return self.session.request(method, url, json=body, timeout=60, **options)

    def ok(self, method: str, path: str, body: Any = None, **options: Any) -> Json:
        """One call that must succeed; its JSON."""
        answer = self.call(method, path, body, **options)
        assert answer.ok, answer.text
        parsed: Json = answer.json()
        return parsed

    def refused(self, status: int, method: str, path: str, body: Any = None, **options: Any) -> str:
        """One call that must be refused with a status; the message."""
        answer = self.call(method, path, body, **options)
        error = answer.json()
        assert (answer.status_code, error["code"]) == (status, status), answer.text
        return str(error["message"])

    def table(self, fqn: str, **params: str) -> Json:
        """A table by name, with every field."""
        query = {"fields": "*", "include": "all", **params}
        return self.ok("GET", f"tables/name/{quote(fqn, safe='')}", params=query)

    def put_table(self, schema: str, name: str = "orders", **fields: Any) -> Json:
        """PUT a table, of one column unless told otherwise."""
        columns = fields.pop("columns", [{"name": "id", "dataType": "BIGINT"}])
        body = {"name": name, "databaseSchema": schema, "columns": columns, **fields}
        return self.ok("PUT", "tables", body)

    def patch(self, table: Json, *operations: Json) -> Json:
        """PATCH a table."""
        return self.ok("PATCH", f"tables/{table['id']}", list(operations))


def make_client(address: str, token: str) -> OpenMetadata[Any, Any]:
    """The official client, which checks the server's version when it is made."""
    connection = OpenMetadataConnection.model_validate(
        {
            "hostPort": address,
            "authProvider": "openmetadata",
            "securityConfig": {"jwtToken": token},
        }
    )
    return OpenMetadata(connection)


def label(fqn: str) -> Json:
    """A tag's label as a client sends it."""
    given = {"source": "Classification", "labelType": "Manual", "state": "Confirmed"}
    return {"tagFQN": fqn, **given}


def tag_names(entity: Json) -> list[str]:
    """The tags of an entity or a column."""
    return [tag["tagFQN"] for tag in entity["tags"]]


def column(table: Json, name: str) -> Json:
    """A top-level column of a table."""
    found: Json = next(one for one in table["columns"] if one["name"] == name)
    return found


def text_column(name: str, **fields: Any) -> Json:
    """A column of text to be created."""
    return {"name": name, "dataType": "STRING", **fields}
