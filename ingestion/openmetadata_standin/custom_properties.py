"""Types and their custom properties, which an entity holds in `extension`."""

from __future__ import annotations

import importlib
import json
import uuid
from typing import Any

from openmetadata_standin.behaviours.reading import TYPE_SCHEMA
from openmetadata_standin.behaviours.versions import ServerVersion
from openmetadata_standin.behaviours.writing import METRIC_TYPES
from openmetadata_standin.catalog import now_ms
from openmetadata_standin.entity_kinds import KINDS
from openmetadata_standin.errors import BadRequestError, NotFoundError
from openmetadata_standin.merging import Writer, next_version
from openmetadata_standin.models import Json, check_request
from openmetadata_standin.rules import DBT_METRIC_TYPES
from openmetadata_standin.store import Selection, Store

_FIELD_TYPES = (
    "string",
    "integer",
    "markdown",
    "date-cp",
    "dateTime-cp",
    "duration",
    "email",
    "number",
    "sqlQuery",
    "time-cp",
    "timeInterval",
    "timestamp",
    "enum",
    "entityReference",
    "entityReferenceList",
)


def create_types(store: Store, writer: Writer) -> None:
    """Store the initial types: one for each kind of entity and for each kind of property value."""
    categories = [("entity", kind.name) for kind in KINDS] + [("field", n) for n in _FIELD_TYPES]
    for category, name in categories:
        if store.by_fqn("type", name) is None:
            document = {
                "id": str(uuid.uuid4()),
                "name": name,
                "fullyQualifiedName": name,
                "displayName": name,
                "description": f"The {category} type {name}.",
                "category": category,
                "nameSpace": "data" if category == "entity" else "basic",
                "schema": "{}",
                "version": 0.1,
                "updatedAt": now_ms(),
                "updatedBy": writer.name,
            }
            store.save("type", document, None)


def find_type(store: Store, *, name: str | None = None, type_id: str | None = None) -> Json:
    """Return a type by its name or id. Raises NotFoundError when there is none."""
    found = store.by_fqn("type", name) if name is not None else store.by_id(type_id or "")
    if found is None or "category" not in found:
        raise NotFoundError.instance("type", name or type_id or "")
    return found


def list_types(store: Store, category: str | None) -> list[Json]:
    """Return all types, or those of a category, by name."""
    types = store.page(Selection("type"), limit=-1)
    return [type_ for type_ in types if category is None or type_["category"] == category]


def put_property(store: Store, stored: Json, body: object, writer: Writer) -> Json:
    """PUT metadata/types/{id}: add or update one custom property; return the type.

    Raises BadRequestError when the type takes no properties or the property exists with another
    value type, NotFoundError when its value type does not exist.
    """
    wanted = check_request("type.customProperty:CustomProperty", body)
    if stored["category"] != "entity":
        raise BadRequestError("Only entity types can be extended and field types can't be extended")
    value_type = find_type(store, type_id=wanted["propertyType"]["id"])
    wanted["propertyType"] = {"id": value_type["id"], "type": "type", "name": value_type["name"]}
    properties = {prop["name"]: prop for prop in stored.get("customProperties", [])}
    before = properties.get(wanted["name"])
    if before == wanted:
        return stored
    if before is not None and before["propertyType"] != wanted["propertyType"]:
        raise BadRequestError(f"The type of the custom property {wanted['name']} can't be changed")
    properties[wanted["name"]] = wanted
    document = {
        **stored,
        "customProperties": [properties[name] for name in sorted(properties)],
        "version": next_version(stored["version"], major=False),
        "updatedAt": now_ms(),
        "updatedBy": writer.name,
    }
    store.save("type", document, None)
    return document


def sent_type(stored: Json, fields: str | None, version: ServerVersion) -> Json:
    """Return the answer for a type: custom properties only on request, and only that part of its
    JSON schema which clients of this stand-in read.
    """
    sent = {**stored, "schema": json.dumps(_schema(stored["name"], version))}
    if fields is not None and {"customProperties", "*"} & set(fields.split(",")):
        return {"customProperties": [], **sent}
    return {key: value for key, value in sent.items() if key != "customProperties"}


def _schema(name: str, version: ServerVersion) -> Json:
    if name != "metric" or not version.has(TYPE_SCHEMA):
        return {}
    known: Any = importlib.import_module("metadata.generated.schema.entity.data.metric")
    words = [word.value for word in known.MetricType]
    if version.has(METRIC_TYPES):
        words = [word for word in words if word not in DBT_METRIC_TYPES]
    return {"definitions": {"metricType": {"type": "string", "enum": words}}}
