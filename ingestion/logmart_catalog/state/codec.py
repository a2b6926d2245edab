"""Encodes dataclasses as JSON and decodes them by the types of their fields. Pure functions."""

from __future__ import annotations

import types
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

_Kind = TypeVar("_Kind")


def encode(value: object) -> object:
    """Return a JSON value for a dataclass, leaving out the fields that have their default."""
    if is_dataclass(value) and not isinstance(value, type):
        return {
            field.name: encode(getattr(value, field.name))
            for field in fields(value)
            if getattr(value, field.name) not in (None, "", (), {})
        }
    if isinstance(value, tuple):
        return [encode(item) for item in value]
    if isinstance(value, Mapping):
        return {key: encode(item) for key, item in value.items()}
    return value


def decode(kind: type[_Kind], value: object) -> _Kind:
    """Return a value of the dataclass `kind`, made of the JSON that `encode` wrote.

    Raises TypeError or ValueError when the value does not fit.
    """
    decoded: _Kind = _decode(kind, value)
    return decoded


def _decode(kind: Any, value: object) -> Any:
    if isinstance(kind, type) and is_dataclass(kind):
        return _decode_fields(kind, value)
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is types.UnionType:
        return _decode_union(arguments, value)
    if origin is tuple:
        if not isinstance(value, list):
            raise TypeError(f"expected a list, found {type(value).__name__}")
        return tuple(_decode(arguments[0], item) for item in value)
    if origin is not None:
        if not isinstance(value, dict):
            raise TypeError(f"expected an object, found {type(value).__name__}")
        return {str(key): _decode(arguments[1], item) for key, item in value.items()}
    if not isinstance(value, kind):
        raise TypeError(f"expected {kind.__name__}, found {type(value).__name__}")
    return value


def _decode_fields(kind: Any, value: object) -> Any:
    if not isinstance(value, dict):
        raise TypeError(f"expected an object, found {type(value).__name__}")
    hints = _hints(kind)
    unknown = sorted(set(value) - set(hints))
    if unknown:
        raise ValueError(f"unknown field {unknown[0]}")
    empty = {name: _empty(hint) for name, hint in hints.items() if name not in value}
    given = {name: _decode(hints[name], item) for name, item in value.items()}
    return kind(
        **{
            name: value_when_empty
            for name, value_when_empty in empty.items()
            if value_when_empty is not ...
        },
        **given,
    )


def _decode_union(kinds: tuple[Any, ...], value: object) -> Any:
    if value is None and type(None) in kinds:
        return None
    fitting = [kind for kind in kinds if kind is not type(None)]
    if len(fitting) > 1 and isinstance(value, str):
        return value
    return _decode(fitting[-1], value)


def _empty(hint: Any) -> object:
    """Return the value of a field that was left out, by its type; `...` for its own default."""
    if hint is str:
        return ""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is types.UnionType and type(None) in arguments:
        return None
    if origin is tuple:
        return ()
    return {} if origin is not None and origin is not types.UnionType else ...


@cache
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)
