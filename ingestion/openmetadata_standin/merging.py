"""Merges a PUT into a stored document, and counts versions. Pure functions."""

from __future__ import annotations

from dataclasses import dataclass

from openmetadata_standin.behaviours.versions import ServerVersion
from openmetadata_standin.behaviours.writing import (
    BOT_KEEPS_DISPLAY_NAME,
    BOT_KEEPS_DOMAIN,
    BOT_KEEPS_OWNERS,
    DATA_MODEL_PUT_TAGS,
    DATA_MODEL_PUT_WITHOUT_TEXTS,
    PUT_ERASES_SILENTLY,
)
from openmetadata_standin.columns import merge_columns
from openmetadata_standin.entity_kind import Kind
from openmetadata_standin.models import Json, field_names
from openmetadata_standin.tags import merge_labels, same_labels

# The fields that only the server sets; a PUT or PATCH cannot.
SERVER_OWNED = frozenset(
    {
        "id",
        "name",
        "fullyQualifiedName",
        "version",
        "updatedAt",
        "updatedBy",
        "deleted",
        "changeDescription",
        "incrementalChangeDescription",
        "href",
    }
)
# A PUT that changes a table erases these if it leaves them out. Leaving them out alone is no
# change.
_SILENTLY_ERASED = frozenset({"dataModel", "tableConstraints", "sourceUrl"})
# Later versions keep this when a PUT leaves it out.
_KEPT_SINCE_1_12 = frozenset({"dataModel"})
_MERGED_APART = frozenset({"tags", "columns"})


@dataclass(frozen=True)
class Writer:
    """The user who writes: the name, and whether it is a bot."""

    name: str
    is_bot: bool


@dataclass(frozen=True)
class Merge:
    """The document after a PUT, and whether anything changed."""

    document: Json
    changed: bool


@dataclass(frozen=True)
class Put:
    """The context of a PUT: the user, the version, and the bulk call's `overrideMetadata`."""

    writer: Writer
    version: ServerVersion
    override: bool


def merge_put(kind: Kind, stored: Json, requested: Json, put: Put) -> Merge:
    """Merge the document of a PUT into the stored one; return the stored one if no recorded field
    differs.

    In: both as stored documents of `kind`. A bot's PUT keeps a non-empty description, display name
    and owners, and never changes an extension; any PUT only adds tags.
    """
    silent = _SILENTLY_ERASED if put.version.has(PUT_ERASES_SILENTLY) else frozenset()
    kept = frozenset() if silent else _KEPT_SINCE_1_12
    document = {
        **{key: stored[key] for key in stored if key in kept or _survives(kind, key)},
        **{key: value for key, value in requested.items() if key not in SERVER_OWNED},
    }
    if put.writer.is_bot and not put.override:
        _keep_curated(stored, document, put.version)
    if put.writer.is_bot and stored.get("extension") != requested.get("extension"):
        _take(document, stored, "extension")
    if not requested.get("owners"):
        _take(document, stored, "owners")
    changed = False
    if "tags" in stored or "tags" in requested:
        document["tags"] = merge_labels(stored.get("tags", []), requested.get("tags", []))
        changed = not same_labels(stored.get("tags", []), document["tags"])
    if "columns" in stored:
        columns = merge_columns(
            stored["columns"],
            requested["columns"],
            by_bot=put.writer.is_bot,
            override=put.override,
        )
        document["columns"] = columns.columns
        changed = changed or columns.changed
    changed = changed or any(
        stored.get(key) != document.get(key) for key in _recorded(kind, stored, requested, silent)
    )
    return Merge(document if changed else stored, changed)


def with_model_carried(table: Json, data_model: Json, version: ServerVersion) -> Json:
    """Return a stored table with a data model, and with the model's owners, tags and descriptions
    copied to the table.
    """
    document = {**table, "dataModel": data_model}
    if data_model.get("owners") and not table.get("owners"):
        owners = data_model["owners"]
        document["owners"] = [{"id": owner["id"], "type": owner["type"]} for owner in owners]
    if data_model.get("tags"):
        document["tags"] = merge_labels(table.get("tags", []), data_model["tags"])
    if version.has(DATA_MODEL_PUT_TAGS):
        tags = {column["name"]: column.get("tags", []) for column in data_model.get("columns", [])}
        document["columns"] = [
            {**column, "tags": merge_labels(column.get("tags", []), tags.get(column["name"], []))}
            for column in table["columns"]
        ]
    if version.has(DATA_MODEL_PUT_WITHOUT_TEXTS):
        return document
    described = {
        column["name"]: column.get("description") for column in data_model.get("columns", [])
    }
    document["columns"] = [
        {**column, "description": described[column["name"]]}
        if described.get(column["name"]) and not column.get("description")
        else column
        for column in document["columns"]
    ]
    return document


def next_version(version: float, *, major: bool) -> float:
    """Return the version after a change: plus 0.1, or plus 1.0 when a column was removed."""
    return round(version + (1.0 if major else 0.1), 1)


def describe_change(before: Json, after: Json) -> Json:
    """Return a change description that names the top-level fields added, updated and deleted."""
    keys = sorted((before.keys() | after.keys()) - SERVER_OWNED)
    added = [key for key in keys if key not in before]
    deleted = [key for key in keys if key not in after]
    updated = [key for key in keys if key in before and key in after and before[key] != after[key]]
    if bool(before.get("deleted")) != bool(after.get("deleted")):
        updated.append("deleted")
    return {
        "fieldsAdded": [{"name": key} for key in added],
        "fieldsUpdated": [{"name": key} for key in updated],
        "fieldsDeleted": [{"name": key} for key in deleted],
        "previousVersion": before["version"],
    }


def _survives(kind: Kind, key: str) -> bool:
    """Whether a stored field stays when a PUT leaves it out."""
    return key in SERVER_OWNED or key in kind.kept or key not in field_names(kind.create)


def _recorded(kind: Kind, stored: Json, requested: Json, silent: frozenset[str]) -> set[str]:
    """Return the fields whose difference counts as a change in a PUT."""
    keys = (stored.keys() | requested.keys()) - SERVER_OWNED - kind.unrecorded - _MERGED_APART
    return {key for key in keys if key in requested or key not in silent}


def _keep_curated(stored: Json, document: Json, version: ServerVersion) -> None:
    behaviours = {
        "displayName": BOT_KEEPS_DISPLAY_NAME,
        "owners": BOT_KEEPS_OWNERS,
        "domains": BOT_KEEPS_DOMAIN,
    }
    kept = [
        "description",
        *(key for key, behaviour in behaviours.items() if version.has(behaviour)),
    ]
    for key in kept:
        if stored.get(key):
            document[key] = stored[key]


def _take(document: Json, stored: Json, key: str) -> None:
    """Set a field of the document to the stored value, or remove it if that is absent."""
    document.pop(key, None)
    if key in stored:
        document[key] = stored[key]
