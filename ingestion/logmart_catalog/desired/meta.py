"""What `meta` says of a node or column, read value by value: one that does not fit is left out with
its reason, and the rest is read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from logmart_catalog.errors import ArtifactError
from logmart_catalog.records import Record
from logmart_catalog.state.names import fqn, split_fqn, stored_name

# Reasons why values could not be read, by the field that they were meant for.
Unread = Mapping[str, tuple[str, ...]]

_FOUND = {
    bool: "true or false",
    int: "a number",
    float: "a number",
    list: "a list",
    dict: "an object",
    str: "a text",
}
_PART = r'(?:"[^"]+"|[^."]+)'
_FQN = re.compile(rf"{_PART}(?:\.{_PART})*")
_LONGEST_SHOWN = 40


def meta_of(node: Record) -> Record:
    """Return the `meta` of a node or column."""
    configured = node.record("config").record("meta")
    return configured if configured.values else node.record("meta")


def joined(*all_unread: Unread) -> dict[str, tuple[str, ...]]:
    """Return the reasons of several, each once."""
    found: dict[str, tuple[str, ...]] = {}
    for unread in all_unread:
        for key, reasons in unread.items():
            found[key] = tuple(dict.fromkeys((*found.get(key, ()), *reasons)))
    return found


@dataclass
class Reader:
    """Reads values of one node or column, called `name` in reasons.

    `unread` are the reasons why values were left out, by field.
    """

    name: str
    unread: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def text(self, key: str, value: object, for_field: str) -> str:
        """Return a text, or the only one of a list; "" where none is given or it does not fit."""
        if isinstance(value, list) and len(value) == 1:
            value = value[0]
        if value is None or value == []:
            return ""
        if isinstance(value, str):
            return value
        self.leave_out(key, "one text", value, [for_field])
        return ""

    def texts(self, key: str, value: object, for_field: str) -> list[str]:
        """Return the texts of a list, or of a text alone, without empty ones and what is none."""
        found = []
        for item in value if isinstance(value, list) else [value]:
            if isinstance(item, str):
                found += [item] if item.strip() else []
            elif item is not None:
                self.leave_out(key, "a text or a list of texts", item, [for_field])
        return found

    def mapping(self, key: str, value: object, for_fields: Iterable[str]) -> Mapping[str, object]:
        """Return an object; an empty one where none is given or it does not fit."""
        if isinstance(value, dict):
            return value
        if value not in (None, "", []):
            self.leave_out(key, "an object", value, for_fields)
        return {}

    def stored(self, key: str, name: str, for_field: str) -> str:
        """Return a name as the catalog stores it, "" for one that it cannot hold."""
        try:
            return stored_name(name, self.name)
        except ArtifactError:
            self.leave_out(key, "1 to 256 characters without line separators", name, [for_field])
            return ""

    def full_name(self, key: str, name: str, parts: int, for_field: str) -> str:
        """Return an FQN of at least so many parts in its usual spelling, "" where it is none."""
        split = split_fqn(name)
        if _FQN.fullmatch(name) and len(split) >= parts:
            stored = [self.stored(key, one, for_field) for one in split]
            return fqn(stored) if all(stored) else ""
        self.leave_out(
            key, "a full name with a dot" if parts > 1 else "a full name", name, [for_field]
        )
        return ""

    def leave_out(self, key: str, expected: str, value: object, for_fields: Iterable[str]) -> None:
        """Keep that a value of a key does not fit, and what was expected, for some fields."""
        found = _FOUND.get(type(value), "another value")
        if isinstance(value, str):
            found += f" {value[:_LONGEST_SHOWN]!r}"
        reason = f"{self.name}, {key}: expected {expected}, found {found}"
        for one in for_fields:
            if reason not in self.unread.get(one, ()):
                self.unread[one] = (*self.unread.get(one, ()), reason)
