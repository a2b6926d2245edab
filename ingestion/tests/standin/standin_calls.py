"""Calls a stand-in: its own process, plain HTTP calls, the official client."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import pytest
import requests
from metadata.generated.schema.entity.services.connections.metadata.openMetadataConnection import (
    OpenMetadataConnection,
)
from metadata.ingestion.ometa.ometa_api import OpenMetadata

from openmetadata_standin.process import Process

TOKEN = "stand-in-test-token"
# Any token is the ingestion bot's.
BOT = {"Authorization": "Bearer any"}
Json = dict[str, Any]


def on(*versions: str) -> pytest.MarkDecorator:
    """Run a test on other versions of the server than the default."""
    return pytest.mark.parametrize("version", versions)


def jwt(subject: str) -> str:
    """An unsigned token that stands for a user."""
    parts = ({"alg": "none"}, {"sub": subject})
    encoded = [base64.urlsafe_b64encode(json.dumps(p).encode()).decode().rstrip("=") for p in parts]
    return ".".join([*encoded, "x"])


@dataclass(frozen=True)
class Api:
    """Plain HTTP calls on a stand-in, and shorthands for common calls."""

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
        """PUT a table, by default with one column."""
        columns = fields.pop("columns", [{"name": "id", "dataType": "BIGINT"}])
        body = {"name": name, "databaseSchema": schema, "columns": columns, **fields}
        return self.ok("PUT", "tables", body)

    def patch(self, table: Json, *operations: Json) -> Json:
        """PATCH a table."""
        return self.ok("PATCH", f"tables/{table['id']}", list(operations))


def as_bot(process: Process) -> Api:
    """Calls as the ingestion bot."""
    session = requests.Session()
    session.headers.update(BOT)
    return Api(process.address, session)


def make_client(address: str, token: str) -> OpenMetadata[Any, Any]:
    """The official client. It is newer than most of the versions, so it does not check them."""
    connection = OpenMetadataConnection.model_validate(
        {
            "hostPort": address,
            "authProvider": "openmetadata",
            "securityConfig": {"jwtToken": token},
            "enableVersionValidation": False,
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
