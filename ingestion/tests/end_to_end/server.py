"""The server of the end-to-end tests, called like by a person."""

from __future__ import annotations

import json
import os
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

Json = dict[str, Any]
# The prefix of the services of these tests: nothing else is ever removed.
PREFIX = "logmart_end_to_end_"


@dataclass(frozen=True)
class Server:
    """A server, by its API's base address. `stop` ends it at once, like a crash, and `start` starts
    it again; both are None if the tests may not stop it.
    """

    host: str
    stop: Callable[[], None] | None = None
    start: Callable[[], None] | None = None

    def tables(self, service: str) -> list[str]:
        """The full names of the live tables below a service, in order."""
        found: list[str] = []
        for database in self._all("databases", service=service):
            below = database["fullyQualifiedName"]
            found += [one["fullyQualifiedName"] for one in self._all("tables", database=below)]
        return sorted(found)

    def columns(self, fqn: str) -> list[str]:
        """The names of a table's columns."""
        table = self.call("GET", f"tables/name/{quote(fqn, safe='')}?fields=columns")
        return [one["name"] for one in table["columns"]]

    def upstream(self, fqn: str) -> list[str]:
        """The full names of the tables with an edge to a table, in order."""
        path = f"lineage/table/name/{quote(fqn, safe='')}?upstreamDepth=1&downstreamDepth=0"
        return sorted(one["fullyQualifiedName"] for one in self.call("GET", path)["nodes"])

    def remove(self, service: str) -> None:
        """Remove for good a service of these tests, and its dashboards and metrics."""
        assert service.startswith(PREFIX)
        for metric in self._all("metrics", fields="extension"):
            if service in json.dumps(metric.get("extension")):
                self.call("DELETE", f"metrics/{metric['id']}?hardDelete=true")
        for kind, name in (
            ("databaseServices", service),
            ("dashboardServices", f"{service}_exposures"),
        ):
            found = self._find(f"services/{kind}/name/{name}")
            if found is None:
                continue
            path = f"services/{kind}/{found['id']}?hardDelete=true&recursive=true"
            self.call("DELETE", path)

    def table(self, fqn: str) -> Json:
        """A table with the fields that people write on it."""
        return self.call("GET", f"tables/name/{quote(fqn, safe='')}?fields=columns,owners,tags")

    def patch(self, table: Json, *operations: Json) -> None:
        """Change a table like another person would."""
        self.call("PATCH", f"tables/{table['id']}", list(operations))

    def tests(self, fqn: str) -> list[Json]:
        """The tests of a table and of its columns."""
        link = quote(f"<#E::table::{fqn}>", safe="")
        path = f"dataQuality/testCases?entityLink={link}&includeAllTests=true&limit=100"
        found: list[Json] = self.call("GET", path)["data"]
        return found

    def call(self, method: str, path: str, body: object = None) -> Json:
        """A call below /v1 that must succeed."""
        kind = "application/json-patch+json" if method == "PATCH" else "application/json"
        token = os.environ["OPENMETADATA_JWT_TOKEN"]
        headers = {"Authorization": f"Bearer {token}", "Content-Type": kind}
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.host}/v1/{path}", data, headers, method=method)
        with urllib.request.urlopen(request) as answer:
            text = answer.read()
        found: Json = json.loads(text) if text else {}
        return found

    def _find(self, path: str) -> Json | None:
        try:
            return self.call("GET", path)
        except urllib.error.HTTPError as error:
            if error.code == 404:
                return None
            raise

    def _all(self, collection: str, **query: str) -> list[Json]:
        asked = urlencode({"limit": "1000", **query})
        found: list[Json] = self.call("GET", f"{collection}?{asked}")["data"]
        return found
