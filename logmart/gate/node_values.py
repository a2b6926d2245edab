"""Values of a manifest's nodes by path, and how they differ. Pure functions."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

_WIDEST = 120
_EMPTY: tuple[Any, ...] = (None, "", [], {}, False)


@dataclass(frozen=True)
class ValueChange:
    """A value of a node, before and after; None where there is none."""

    path: str
    before: Any
    after: Any

    def text(self) -> str:
        """Return the change as words of a message."""
        return f"{self.path}: {_shown(self.before)} -> {_shown(self.after)}"


def flattened(value: Any, path: str = "") -> dict[str, Any]:
    """Return the values of nested mappings by path, as `config.meta.owner`; named lists by name."""
    if isinstance(value, list) and value and all(_is_named(each) for each in value):
        value = {each["name"]: each for each in value}
    if not isinstance(value, Mapping):
        return {path: value}
    found: dict[str, Any] = {}
    for key, inner in value.items():
        found |= flattened(inner, f"{path}.{key}" if path else str(key))
    return found


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[ValueChange]:
    """Return the values that differ, by path; a missing value equals an empty one."""
    return [
        ValueChange(path, before.get(path), after.get(path))
        for path in sorted({*before, *after})
        if _normal(before.get(path)) != _normal(after.get(path))
    ]


def without_inherited(
    changes: Iterable[ValueChange], inherited: Iterable[ValueChange]
) -> list[ValueChange]:
    """Return changes without those that the parts of a node inherit from the node itself.

    In: `inherited`, the changes of the node.
    """
    causes = {(change.path, repr(change.before), repr(change.after)) for change in inherited}

    def is_inherited(change: ValueChange) -> bool:
        place, mark, key = change.path.partition("config.")
        return bool(place) and (f"{mark}{key}", repr(change.before), repr(change.after)) in causes

    return [change for change in changes if not is_inherited(change)]


def _is_named(value: Any) -> bool:
    return isinstance(value, Mapping) and isinstance(value.get("name"), str)


def _normal(value: Any) -> Any:
    if isinstance(value, str):
        value = " ".join(value.split())
    return None if any(value is empty or value == empty for empty in _EMPTY) else value


def _shown(value: Any) -> str:
    if _normal(value) is None:
        return "none"
    text = value if isinstance(value, str) else json.dumps(value, default=str, ensure_ascii=False)
    line = " ".join(text.split())
    return line if len(line) <= _WIDEST else f"{line[:_WIDEST]}..."
