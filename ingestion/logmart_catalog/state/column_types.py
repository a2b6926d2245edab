"""Parses the column types of warehouses into OpenMetadata's types. Pure functions.

Supported: DuckDB, PostgreSQL, Redshift, Trino, BigQuery, Snowflake, Spark, ClickHouse, SQL Server,
SQLite. An unknown type becomes UNKNOWN and keeps its spelling; nothing here raises.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from logmart_catalog.state.type_names import BY_SPELLING, DEFAULT_LENGTH, UNBOUNDED, WRAPPERS

UNKNOWN = "UNKNOWN"
_MAX_DEPTH = 24
_NUMBERS = frozenset({"DECIMAL", "NUMERIC", "NUMBER"})
_LIST = re.compile(r"\s*\[\s*\d*\s*\]$")
_FIELD = re.compile(r'(?:"((?:[^"]|"")*)"|`([^`]*)`|([^\s:"`(<]+))(?:\s*:\s*|\s+)(.+)', re.S)
_CLOSING = {"(": ")", "<": ">", "[": "]"}


@dataclass(frozen=True)
class DataType:
    """A column's type.

    `name` is OpenMetadata's `dataType`; `display` the warehouse's spelling in lower case, as the
    catalog stores it; `length` of character and binary types; `precision` and `scale` of decimals;
    `element` the `arrayDataType` of an ARRAY; `children` the fields of a STRUCT, or of the STRUCT
    an ARRAY holds.
    """

    name: str
    display: str
    length: int | None = None
    precision: int | None = None
    scale: int | None = None
    element: str | None = None
    children: tuple[Field, ...] = ()


@dataclass(frozen=True)
class Field:
    """A named field of a STRUCT."""

    name: str
    type: DataType


def parse_type(spelling: str) -> DataType:
    """Return the type of a warehouse's spelling; UNKNOWN when it is empty or not understood."""
    return _parse(" ".join(spelling.split()), 0)


def _parse(text: str, depth: int) -> DataType:
    display = text.lower()
    if depth > _MAX_DEPTH or not text:
        return DataType(UNKNOWN, display)
    if found := _LIST.search(text):
        return _list_of([text[: found.start()]], display, depth)
    head, arguments, tail = _split_call(text)
    name = f"{head} {tail}".strip().lower()
    if arguments is None:
        return _plain(name, (), display)
    parts = _split_commas(arguments)
    if name in WRAPPERS and len(parts) == 1:
        return replace(_parse(parts[0], depth + 1), display=display)
    if BY_SPELLING.get(name) in _NESTED:
        return _NESTED[BY_SPELLING[name]](parts, display, depth)
    return _plain(name, tuple(parts), display)


def _list_of(inner: list[str], display: str, depth: int) -> DataType:
    element = _parse(inner[0] if len(inner) == 1 else "", depth + 1)
    return DataType("ARRAY", display, element=element.name, children=element.children)


def _struct(parts: list[str], display: str, depth: int) -> DataType:
    fields = []
    for position, part in enumerate(parts, start=1):
        named = _FIELD.fullmatch(part)
        if named is None:
            fields.append(Field(f"field{position}", _parse(part, depth + 1)))
            continue
        quoted, ticked, bare, rest = named.groups()
        name = quoted.replace('""', '"') if quoted is not None else ticked or bare or ""
        if bare is not None and f"{bare} {rest}".lower() in BY_SPELLING:
            # An unnamed field with a type of several words, such as `double precision`.
            name, rest = f"field{position}", part
        rest = re.sub(r"\s+not\s+null$", "", rest.strip(), flags=re.IGNORECASE)
        fields.append(Field(name, _parse(rest, depth + 1)))
    return DataType("STRUCT" if fields else "JSON", display, children=tuple(fields))


_NESTED = {"ARRAY": _list_of, "STRUCT": _struct}


def _plain(name: str, arguments: tuple[str, ...], display: str) -> DataType:
    if name.startswith("_") and name[1:] in BY_SPELLING:
        return DataType("ARRAY", display, element=BY_SPELLING[name[1:]])
    kind = BY_SPELLING.get(name, UNKNOWN)
    numbers = [int(argument) for argument in arguments if re.fullmatch(r"\d{1,9}", argument)]
    if kind in _NUMBERS:
        scale = numbers[1] if len(numbers) > 1 else 0 if numbers else None
        return DataType(kind, display, precision=numbers[0] if numbers else None, scale=scale)
    if kind in UNBOUNDED:
        # The catalog refuses these types without a length, and no length means no limit.
        length = numbers[0] if numbers else DEFAULT_LENGTH.get(name)
        return DataType(kind if length else UNBOUNDED[kind], display, length=length or None)
    if kind == "STRUCT":
        # The catalog refuses a STRUCT without fields.
        return DataType("JSON", display)
    return DataType(kind, display, element=UNKNOWN if kind == "ARRAY" else None)


def _split_call(text: str) -> tuple[str, str | None, str]:
    """Split `head(arguments) tail` or `head<arguments>`; without brackets arguments are None."""
    for start, letter in enumerate(text):
        if letter in "(<":
            end = _closing(text, start)
            if end is None:
                break
            return text[:start].strip(), text[start + 1 : end], text[end + 1 :].strip()
    return text, None, ""


def _closing(text: str, start: int) -> int | None:
    """Return the position of the bracket that closes the one at `start`; quoted text is skipped."""
    for position, depth in _levels(text, start):
        if depth == 0:
            return position
    return None


def _split_commas(text: str) -> list[str]:
    """Split at the commas outside of brackets and quotes."""
    parts, last = [], 0
    for position, depth in _levels(text, 0):
        if depth == 0 and text[position] == ",":
            parts.append(text[last:position].strip())
            last = position + 1
    return [part for part in (*parts, text[last:].strip()) if part]


def _levels(text: str, start: int) -> list[tuple[int, int]]:
    """Return each position from `start` that is outside quotes, with the bracket depth after it."""
    levels, depth, quote = [], 0, ""
    for position in range(start, len(text)):
        letter = text[position]
        if quote:
            quote = "" if letter == quote else quote
            continue
        if letter in "\"'`":
            quote = letter
            continue
        depth += (letter in _CLOSING) - (letter in _CLOSING.values())
        levels.append((position, depth))
    return levels
