"""Probes of soft and hard deletion, and of restoring."""

from __future__ import annotations

from openmetadata_standin.behaviours import writing as behaviours
from openmetadata_standin.conformance.probe import probe
from openmetadata_standin.conformance.server import path_of
from openmetadata_standin.conformance.workspace import Workspace, label
from openmetadata_standin.models import Json


def _remove_schema(place: Workspace, schema: str, **query: str) -> int:
    return place.server.status("DELETE", path_of("databaseSchemas", schema), **query)


def _put_schema(place: Workspace, schema: str) -> Json:
    body = {"name": schema.rpartition(".")[2], "database": f"{place.service}.db"}
    return place.server.made("PUT", "databaseSchemas", body)


def _living(place: Workspace, schema: str) -> str:
    """Return the names of a schema's live tables."""
    tables = place.server.made("GET", "tables", databaseSchema=schema)["data"]
    return ", ".join(table["name"] for table in tables)


@probe(behaviours.SOFT_DELETE_KEEPS, holds="GET 404, PATCH 404; after a PUT: same id, text, 1 tag")
def soft_delete_keeps(place: Workspace) -> str:
    """Delete a table softly and PUT it again."""
    table = place.table(description="Text.", tags=[label("Tier.Tier1")])
    place.server.made("DELETE", f"tables/{table['id']}")
    read = place.server.status("GET", f"tables/{table['id']}")
    patched = place.patch(table, {"op": "add", "path": "/description", "value": "Other."})
    back = place.read(place.put_again(table))
    same = "same id" if back["id"] == table["id"] else "new id"
    text = "text" if back.get("description") else "no text"
    return f"GET {read}, PATCH {patched}; after a PUT: {same}, {text}, {len(back['tags'])} tag"


@probe(behaviours.HARD_DELETE_ENDS, holds="GET 404; after a PUT: new id, no text")
def hard_delete_ends(place: Workspace) -> str:
    """Delete a table for good and PUT it again."""
    table = place.table(description="Text.")
    place.server.made("DELETE", f"tables/{table['id']}", hardDelete="true")
    read = place.server.status("GET", f"tables/{table['id']}", include="all")
    back = place.read(place.put_again(table))
    same = "same id" if back["id"] == table["id"] else "new id"
    return f"GET {read}; after a PUT: {same}, {'text' if back.get('description') else 'no text'}"


@probe(behaviours.NOT_EMPTY, holds="400, recursive 200")
def not_empty(place: Workspace) -> str:
    """Delete a schema that has a table."""
    schema = place.schema()
    place.table(schema)
    plain = _remove_schema(place, schema)
    return f"{plain}, recursive {_remove_schema(place, schema, recursive='true')}"


@probe(behaviours.NOT_EMPTY_OF_DELETED, holds="400, recursive 200", otherwise="200, recursive 404")
def not_empty_of_deleted(place: Workspace) -> str:
    """Delete a schema whose only table is soft-deleted."""
    schema = place.schema()
    place.server.made("DELETE", f"tables/{place.table(schema)['id']}")
    plain = _remove_schema(place, schema)
    return f"{plain}, recursive {_remove_schema(place, schema, recursive='true')}"


@probe(behaviours.PUT_INTO_DELETED, holds="201", otherwise="404")
def put_into_deleted(place: Workspace) -> str:
    """PUT a table into a schema that is soft-deleted."""
    schema = place.schema()
    _remove_schema(place, schema, recursive="true")
    return str(place.server.status("PUT", "tables", place.table_body(schema)))


@probe(behaviours.SCHEMA_REVIVES_ALL, holds="earlier, orders")
def schema_revives_all(place: Workspace) -> str:
    """Delete a table, then its schema, and PUT the schema again."""
    schema = place.schema()
    place.table(schema)
    place.server.made("DELETE", f"tables/{place.table(schema, 'earlier')['id']}")
    _remove_schema(place, schema, recursive="true")
    _put_schema(place, schema)
    return _living(place, schema) or "none"


@probe(behaviours.RESTORE_OF_LIVING, holds="500", otherwise="404")
def restore_of_living(place: Workspace) -> str:
    """Restore a table that is not deleted."""
    return str(place.server.status("PUT", "tables/restore", {"id": place.table()["id"]}))
