"""Reads the `meta` of a node or column value by value: a value that does not fit is left out, with
the reason, and the others are read.
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

_TYPE_WORDS = {
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


def joined_reasons(*all_unread: Unread) -> dict[str, tuple[str, ...]]:
    """Merge several mappings of reasons; each reason is kept once."""
    found: dict[str, tuple[str, ...]] = {}
    for unread in all_unread:
        for key, reasons in unread.items():
            found[key] = tuple(dict.fromkeys((*found.get(key, ()), *reasons)))
    return found


@dataclass
class Reader:
    """Reads the values of one node or column, which reasons call `name`.

    `unread` holds, by field, the reasons why values were left out.
    """

    name: str
    unread: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def text(self, key: str, value: object, for_field: str) -> str:
        """Return a text, or the only text of a list; "" when it is absent or does not fit."""
        if isinstance(value, list) and len(value) == 1:
            value = value[0]
        if value is None or value == []:
            return ""
        if isinstance(value, str):
            return value
        self.leave_out(key, "one text", value, [for_field])
        return ""

    def texts(self, key: str, value: object, for_field: str) -> list[str]:
        """Return the non-empty texts of a list, or a single text as a list."""
        found = []
        for item in value if isinstance(value, list) else [value]:
            if isinstance(item, str):
                found += [item] if item.strip() else []
            elif item is not None:
                self.leave_out(key, "a text or a list of texts", item, [for_field])
        return found

    def mapping(self, key: str, value: object, for_fields: Iterable[str]) -> Mapping[str, object]:
        """Return an object, an empty one when it is absent or does not fit."""
        if isinstance(value, dict):
            return value
        if value not in (None, "", []):
            self.leave_out(key, "an object", value, for_fields)
        return {}

    def stored(self, key: str, name: str, for_field: str) -> str:
        """Return a name as the catalog stores it, "" when the catalog cannot hold it."""
        try:
            return stored_name(name, self.name)
        except ArtifactError:
            self.leave_out(key, "1 to 256 characters without line separators", name, [for_field])
            return ""

    def full_name(self, key: str, name: str, parts: int, for_field: str) -> str:
        """Return the normalized FQN of a name, "" when it has fewer than `parts` parts or is no
        FQN.
        """
        split = split_fqn(name)
        if _FQN.fullmatch(name) and len(split) >= parts:
            stored = [self.stored(key, part, for_field) for part in split]
            return fqn(stored) if all(stored) else ""
        self.leave_out(
            key, "a full name with a dot" if parts > 1 else "a full name", name, [for_field]
        )
        return ""

    def leave_out(self, key: str, expected: str, value: object, for_fields: Iterable[str]) -> None:
        """Record for some fields that the value of a key does not fit, and what was expected."""
        found = _TYPE_WORDS.get(type(value), "another value")
        if isinstance(value, str):
            found += f" {value[:_LONGEST_SHOWN]!r}"
        reason = f"{self.name}, {key}: expected {expected}, found {found}"
        for field_name in for_fields:
            if reason not in self.unread.get(field_name, ()):
                self.unread[field_name] = (*self.unread.get(field_name, ()), reason)
