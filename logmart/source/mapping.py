"""How a line of a log becomes an event: which field is which canonical column, and what is left as
properties. The same mapping is applied here, to a sample, and in SQL, by base_model.py.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

Path = tuple[str, ...]
Row = Mapping[str, Any]
# The canonical columns that a field of the log may be.
TEXT_COLUMNS = (
    "event_id", "event_name", "user_id", "device_id", "platform", "app_version", "user_agent",
)  # fmt: skip
TIME_COLUMNS = ("occurred_at", "received_at")
COLUMNS = (*TEXT_COLUMNS, "is_bot", *TIME_COLUMNS)
# What text() puts before a constant.
ALWAYS = "always "
ITEM_VALUES = ("string_value", "int_value", "float_value", "double_value")


@dataclass(frozen=True)
class Origin:
    """Where the value of a canonical column comes from.

    The first of `paths` that has a value, or all of them joined by a space; or a constant. `form`
    is the form of a time, as moment() of macros/landing/log_fields.sql takes it. `reason` says why
    it was chosen.
    """

    paths: tuple[Path, ...] = ()
    constant: str = ""
    is_joined: bool = False
    form: str = ""
    reason: str = ""

    def text(self) -> str:
        """Return the origin as text for a table and for YAML."""
        if self.constant:
            return f"{ALWAYS}{self.constant}"
        return (" + " if self.is_joined else " | ").join(".".join(path) for path in self.paths)


@dataclass(frozen=True)
class LineMapping:
    """How a line becomes an event.

    `container`: the object that holds the properties; its kind is `object`, `text` (JSON in a text)
    or `items` (GA4's list of keys and typed values). `extras`: further properties and their paths.
    `removed`: outer fields that are no properties. `pattern`: the regular expression of a line of
    plain text, whose groups are the fields `parts`.
    """

    origins: Mapping[str, Origin]
    container: Path = ()
    container_kind: str = ""
    extras: Mapping[str, Path] = field(default_factory=dict)
    removed: tuple[str, ...] = ()
    keeps_outer: bool = True
    pattern: str = ""
    parts: tuple[str, ...] = ()
    time_zone: str = "UTC"


@dataclass(frozen=True)
class SampledEvent:
    """An event of the sample: the values of canonical columns, and the properties."""

    columns: Mapping[str, str]
    properties: Mapping[str, Any]


def value_at(row: Row, path: Path) -> Any:
    """Return the value at a path of nested objects; None where there is none."""
    value: Any = row
    for name in path:
        if isinstance(value, str) and value.startswith("{"):
            value = _object(value)
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def text_of(value: Any) -> str:
    """Return a value as the text that SQL reads it as; "" for null."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def origin_text(row: Row, origin: Origin) -> str:
    """Return the text that an origin has in a row; "" where it has none."""
    if origin.constant:
        return origin.constant
    texts = [text_of(value_at(row, path)) for path in origin.paths]
    if origin.is_joined:
        return " ".join(texts) if all(texts) else ""
    return next((text for text in texts if text), "")


def apply(mapping: LineMapping, row: Row) -> SampledEvent:
    """Return the event that a row becomes."""
    columns = {name: origin_text(row, origin) for name, origin in mapping.origins.items()}
    properties: dict[str, Any] = {}
    if mapping.keeps_outer:
        properties |= {k: v for k, v in row.items() if k not in mapping.removed}
    if mapping.container:
        properties |= _container(value_at(row, mapping.container), mapping.container_kind)
    for name, path in mapping.extras.items():
        value = value_at(row, path)
        if value is not None and text_of(value):
            properties[name] = text_of(value)
    return SampledEvent(columns, {k: v for k, v in properties.items() if v is not None})


def read_parts(mapping: LineMapping, line: str) -> dict[str, str] | None:
    """Return the parts of a line of plain text by name; None for a line of another form."""
    found = re.search(mapping.pattern, line)
    if found is None:
        return None
    parts = zip(mapping.parts, found.groups(), strict=True)
    return {name: text for name, text in parts if text not in (None, "", "-")}


def _container(value: Any, kind: str) -> dict[str, Any]:
    if kind == "items":
        return dict(_items(_object(value) if isinstance(value, str) else value))
    if isinstance(value, str):
        value = _object(value)
    return dict(value) if isinstance(value, Mapping) else {}


def _items(value: Any) -> Iterator[tuple[str, Any]]:
    for item in value if isinstance(value, list) else ():
        if isinstance(item, Mapping) and item.get("key") is not None:
            held = item.get("value") or {}
            for kind in ITEM_VALUES:
                if held.get(kind) is not None:
                    typed = held[kind]
                    yield str(item["key"]), int(typed) if kind == "int_value" else typed
                    break


def _object(text: str) -> Any:
    try:
        return json.loads(text)
    except (json.JSONDecodeError, RecursionError):
        return None
