"""What the tracking plan says of the records of a source: `models/staging/<source>/*.yml`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from logmart.errors import CommandError
from logmart.settings import PROJECT

_IDENTIFIER = "DirectIdentifier"


@dataclass(frozen=True)
class PlannedProperty:
    """A property of a record, and the column of the staging model that it becomes.

    `is_hashed` tells a direct identifier, of which the column holds a keyed hash.
    """

    name: str
    column: str
    data_type: str
    is_required: bool
    is_personal: bool
    is_hashed: bool


@dataclass(frozen=True)
class PlannedEntity:
    """An entity of records, and its properties."""

    name: str
    properties: tuple[PlannedProperty, ...]

    @property
    def required(self) -> set[str]:
        """The names of the properties that each record has to have."""
        return {each.name for each in self.properties if each.is_required}

    def property_of(self, column: str) -> PlannedProperty | None:
        """Return the property that a column of a source gives, by their names."""
        for each in self.properties:
            if column in (each.name, each.column) or camel_case(column) == each.name:
                return each
        return None


def planned_entities(source: str, project: Path = PROJECT) -> dict[str, PlannedEntity]:
    """Return the entities of a source, by name. Raises CommandError for an unknown source."""
    folder = project / "models/staging" / source
    if not folder.is_dir():
        raise CommandError(
            f"target.source is {source}, and models/staging/{source} is not there: add the source"
            " first (docs/bring-your-own-logs.md)"
        )
    entities = {}
    for path in sorted(folder.glob("*.yml")):
        content = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
        for model in content.get("models", []):
            record = _meta(model).get("record")
            if record:
                entities[record] = PlannedEntity(record, _properties(model))
    return entities


def _properties(model: dict[str, Any]) -> tuple[PlannedProperty, ...]:
    found = []
    for column in model.get("columns", []):
        meta = _meta(column)
        if "property" in meta:
            personal = meta.get("personal_data")
            found.append(
                PlannedProperty(
                    name=meta["property"],
                    column=column["name"],
                    data_type=column["data_type"],
                    is_required=bool(meta.get("required")),
                    is_personal=personal is not None,
                    is_hashed=personal == _IDENTIFIER,
                )
            )
    return tuple(found)


def _meta(entry: dict[str, Any]) -> dict[str, Any]:
    meta: dict[str, Any] = (entry.get("config") or {}).get("meta") or {}
    return meta


def camel_case(name: str) -> str:
    """Return a name as logs write it: `created_at` becomes `createdAt`."""
    return re.sub(r"_+([a-z0-9])", lambda found: found[1].upper(), name.lower().strip("_"))
