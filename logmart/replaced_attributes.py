"""Replaces attributes of modules and classes for a while."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

_INHERITED = object()


@contextmanager
def replaced_attributes(replacements: Sequence[tuple[Any, str, Any]]) -> Iterator[None]:
    """Set attributes until the context is left. In: owner, the attribute's name and its value."""
    originals = [
        (owner, name, vars(owner).get(name, _INHERITED)) for owner, name, _ in replacements
    ]
    for owner, name, value in replacements:
        setattr(owner, name, value)
    try:
        yield
    finally:
        for owner, name, value in originals:
            if value is _INHERITED:
                delattr(owner, name)
            else:
                setattr(owner, name, value)
