"""The workspace of probes: entities under new names, removed for good at the end."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from openmetadata_standin.conformance.arguments import PREFIX
from openmetadata_standin.conformance.server import Server, UnreachableError, path_of
from openmetadata_standin.models import Json

BIGINT: Json = {"name": "id", "dataType": "BIGINT"}
NOTE: Json = {"name": "note", "dataType": "STRING"}


def label(fqn: str, source: str = "Classification") -> Json:
    """Return a tag's label as a client sends it."""
    return {"tagFQN": fqn, "source": source, "labelType": "Manual", "state": "Confirmed"}


def reference(kind: str, entity: Json) -> Json:
    """Return a reference to an entity by id."""
    return {"id": entity["id"], "type": kind}


@dataclass
class Workspace:
    """A service with one database, and the other entities that probes create, under new names."""

    server: Server
    service: str
    _made: list[str] = field(default_factory=list)

    def name(self) -> str:
        """Return a new name."""
        return f"{PREFIX}{uuid.uuid4().hex[:10]}"

    def put(self, collection: str, body: Json) -> Json:
        """PUT an entity outside of the service, and remove it at the end."""
        made = self.server.made("PUT", collection, body)
        self.remove_later(f"{collection}/{made['id']}")
        return made

    def remove_later(self, path: str) -> None:
        """Remember the path of an entity that a probe made, to be removed at the end."""
        self._made.append(path)

    def schema(self, **fields: Any) -> str:
        """PUT a new schema and return its FQN."""
        body = {"name": self.name(), "database": f"{self.service}.db", **fields}
        made = self.server.made("PUT", "databaseSchemas", body)
        return str(made["fullyQualifiedName"])

    def table_body(self, schema: str, name: str = "orders", **fields: Any) -> Json:
        """Return the body of a table, by default with one column."""
        return {"name": name, "databaseSchema": schema, "columns": [BIGINT], **fields}

    def table(self, schema: str | None = None, name: str = "orders", **fields: Any) -> Json:
        """PUT a table, by default in a new schema; return the answer."""
        body = self.table_body(schema or self.schema(), name, **fields)
        return self.server.made("PUT", "tables", body)

    def put_again(self, table: Json, **fields: Any) -> Json:
        """PUT an existing table, by default with one column."""
        schema = table["databaseSchema"]["fullyQualifiedName"]
        return self.table(schema, table["name"], **fields)

    def read(self, table: Json, **query: str) -> Json:
        """GET a table, by default with all fields that probes read."""
        wanted = {"fields": TABLE_FIELDS, "include": "all", **query}
        return self.server.made("GET", path_of("tables", table["fullyQualifiedName"]), **wanted)

    def patch(self, table: Json, *operations: Json) -> int:
        """PATCH a table and return the status."""
        return self.server.status("PATCH", f"tables/{table['id']}", list(operations))

    def team(self) -> Json:
        """PUT a new team of type Group."""
        return self.put("teams", {"name": self.name(), "teamType": "Group"})

    def user(self, suffix: str = "") -> Json:
        """PUT a new user whose name ends in a suffix."""
        name = self.name() + suffix
        return self.put("users", {"name": name, "email": f"{name}@example.com"})

    def tags(self, *names: str) -> str:
        """PUT a new classification with tags of these names; return its name."""
        name = self.name()
        self.put("classifications", {"name": name, "description": "Of a probe."})
        for tag in names:
            body = {"name": tag, "classification": name, "description": "Of a probe."}
            self.server.made("PUT", "tags", body)
        return name

    def domain(self) -> str:
        """PUT a new domain and return its name."""
        body = {"name": self.name(), "domainType": "Aggregate", "description": "Of a probe."}
        return str(self.put("domains", body)["name"])

    def clean(self) -> list[str]:
        """Delete all created entities for good, the service first; return the paths that fail."""
        paths = [*self._made[:1], *self._made[:0:-1]]
        self._made.clear()
        left = list(paths)
        with suppress(UnreachableError):
            for path in paths:
                if self.server.call("DELETE", path, hardDelete="true", recursive="true").ok:
                    left.remove(path)
        return left


TABLE_FIELDS = "tags,owners,domains,tableConstraints,dataModel,columns,schemaDefinition"


@contextmanager
def workspace(server: Server) -> Iterator[Workspace]:
    """Create a service for probes, and delete all entities of the workspace at the end."""
    service = f"{PREFIX}{uuid.uuid4().hex[:10]}"
    made = Workspace(server, service)
    body = {"name": service, "serviceType": "CustomDatabase"}
    server.made("PUT", "services/databaseServices", body)
    made.remove_later(path_of("services/databaseServices", service))
    try:
        server.made("PUT", "databases", {"name": "db", "service": service})
        yield made
    finally:
        made.clean()
