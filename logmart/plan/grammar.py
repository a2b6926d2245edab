"""The grammar of the tracking plan: the keys that an entry may have for an event and a property.

Each field with a key defines one key of the grammar. The YAML reader and writer, the spreadsheet,
the lint and the report on a pull request iterate over these keys. The macros list the keys in
property_keys() and event_keys(); a test compares both, and docs/tracking-plan.md, with this module.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from logmart.plan.event_names import event_form
from logmart.plan.key_types import (
    Deprecation,
    Key,
    Scalar,
    Versions,
    bound,
    deprecation,
    flag,
    pattern,
    values,
    version,
)


def _key(key: Key) -> Any:
    return field(default=key.default, metadata={"key": key})


@dataclass(frozen=True)
class PlannedProperty:
    """A property: the column that it becomes, and its keys in the order of YAML."""

    column: str
    name: str = field(metadata={"key": Key("property")})
    data_type: str
    description: str = ""
    required: bool = _key(flag("required", default=False, is_rule=True))
    allowed: tuple[Scalar, ...] = _key(values("allowed"))
    minimum: Scalar | None = _key(bound("min", is_least=True))
    maximum: Scalar | None = _key(bound("max", is_least=False))
    pattern: str = _key(pattern("pattern"))
    personal_data: str = _key(Key("personal_data"))
    since: Versions = _key(version("since"))
    until: Versions = _key(version("until"))
    deprecated: Deprecation | None = _key(deprecation("deprecated"))


@dataclass(frozen=True)
class PlannedEvent:
    """An event as its model's YAML defines it. Its place in the files is not compared."""

    source: str
    name: str = field(metadata={"key": Key("event")})
    description: str = ""
    owner: str = ""
    since: Versions = _key(version("since"))
    until: Versions = _key(version("until"))
    deprecated: Deprecation | None = _key(deprecation("deprecated"))
    is_activity: bool = _key(flag("is_activity", default=True))
    is_steady: bool = _key(flag("is_steady", default=True))
    properties: tuple[PlannedProperty, ...] = ()
    file: Path = field(default=Path(), compare=False)
    line: int = field(default=0, compare=False)
    model: str = field(default="", compare=False)
    unknown_keys: tuple[str, ...] = field(default=(), compare=False)

    @property
    def model_name(self) -> str:
        """Return the name of the event's model: its own, else the one that its name requires."""
        return self.model or f"stg_{self.source}__{event_form(self.name)}"


@dataclass(frozen=True)
class PlannedRecord:
    """An entity of a system of records, as its model's YAML defines it."""

    source: str
    name: str
    owner: str = ""
    properties: tuple[PlannedProperty, ...] = ()

    @property
    def model_name(self) -> str:
        """Return the name of the entity's model."""
        return f"stg_{self.source}__{self.name}"


Planned = PlannedEvent | PlannedProperty


def _keys(planned: type[Planned]) -> Mapping[str, Key]:
    return {each.name: each.metadata["key"] for each in fields(planned) if "key" in each.metadata}


EVENT_KEYS = _keys(PlannedEvent)
PROPERTY_KEYS = _keys(PlannedProperty)
"""The keys, by the name of the field that holds the value."""
OTHERS_KEYS = frozenset({"openmetadata", "previous_name", "owner"})
"""The keys that the catalog sync reads in the meta of any model or column."""


def given_values(planned: Planned) -> Iterator[tuple[Key, Any]]:
    """Yield the keys that an entry sets, with their values."""
    for name, key in _keys(type(planned)).items():
        value = getattr(planned, name)
        if value != key.default:
            yield key, value


def _columns() -> Iterator[str]:
    of_event, of_property = (
        {key.name: key for key in keys.values()} for keys in (EVENT_KEYS, PROPERTY_KEYS)
    )
    yield from ("source", "event", "property", "column", "type")
    yield from (name for name, key in of_property.items() if key.change)
    yield from ("description", "owner", *(name for name in of_event if name in of_property))
    yield from (*of_property, *of_event)


COLUMNS = tuple(dict.fromkeys(_columns()))
"""The columns of the spreadsheet."""
