"""The canonical text of a value: equal values have equal texts at the source and in DuckDB.

A mapping names the DuckDB type of each column. `kind_of` finds the kind of that type; a type whose
values cannot be told exactly has none, and is refused by name. `text_in_duckdb` is the text of a
stored value, `parsed` the value of what a source sent. A source has its own SQL for the same text.

| kind | text | sent by a source as |
|---|---|---|
| integer, boolean, uuid, text, json | as DuckDB prints it | itself, or this text |
| decimal | all digits of its scale: `0.50` | this text |
| real, double | the bits, as hexadecimal digits | itself |
| blob | hexadecimal digits | itself |
| date, time, timestamp, timestamptz | ISO 8601, to the microsecond, UTC; `BC` last | this text |
| list | `[1:a,~]`: each element as in a row | a list of the texts of its elements |

In a row, commas separate the values. A text has its bytes counted before it, and every other value
ends by itself at the comma, so that no two rows have one text. Null is `~`, which is no value.
"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass

NULL = "~"
_INTEGERS = ("tinyint", "smallint", "integer", "bigint", "hugeint")
_UNSIGNED = ("utinyint", "usmallint", "uinteger", "ubigint", "uhugeint")
_SYNONYMS = {
    "int": "integer",
    "bool": "boolean",
    "float": "real",
    "text": "varchar",
    "string": "varchar",
    "bytea": "blob",
    "timestamptz": "timestamp with time zone",
    "datetime": "timestamp",
    "numeric": "decimal",
}
_NAMES = {
    **dict.fromkeys((*_INTEGERS, *_UNSIGNED), "integer"),
    "boolean": "boolean",
    "real": "real",
    "double": "double",
    "varchar": "text",
    "json": "json",
    "blob": "blob",
    "date": "date",
    "time": "time",
    "timestamp": "timestamp",
    "timestamp with time zone": "timestamptz",
    "uuid": "uuid",
}
# The texts of the others are not what their arrays print at every source.
_ELEMENTS = ("integer", "boolean", "decimal", "text", "uuid", "date", "timestamp", "timestamptz")
_DECIMAL = re.compile(r"decimal\((\d+),\s*(\d+)\)")
_REMEDIES = {
    "decimal": "give its digits and scale, as in decimal(18,2)",
    "interval": "copy its text, as varchar",
    "time with time zone": "copy its text, as varchar",
    "timestamp_s": "use timestamp",
    "timestamp_ms": "use timestamp",
    "timestamp_ns": "use timestamp, whose microseconds are told exactly",
}


class UnsupportedTypeError(Exception):
    """A type whose values cannot be told exactly. The message names it and the remedy."""


@dataclass(frozen=True)
class Kind:
    """How the values of a DuckDB type are told.

    `digits` and `scale` are those of a decimal; `element` is the kind of a list's elements.
    """

    name: str
    type: str
    digits: int = 0
    scale: int = 0
    element: Kind | None = None

    @property
    def is_counted(self) -> bool:
        """Whether the bytes of its text are counted before it."""
        return self.name == "text"


def kind_of(type_name: str) -> Kind:
    """Return the kind of a DuckDB type. Raises UnsupportedTypeError, which says what to use."""
    name = " ".join(type_name.lower().split())
    if name.endswith("[]"):
        element = kind_of(name.removesuffix("[]"))
        if element.name not in _ELEMENTS:
            raise UnsupportedTypeError(f"{type_name}: copy its text, as varchar")
        return Kind("list", f"{element.type}[]", element=element)
    base, _, rest = name.partition("(")
    name = _SYNONYMS.get(base, base) + (f"({rest}" if rest else "")
    decimal = _DECIMAL.fullmatch(name)
    if decimal:
        return Kind("decimal", name, int(decimal[1]), int(decimal[2]))
    if name.startswith("varchar("):
        name = "varchar"
    if name not in _NAMES:
        remedy = _REMEDIES.get(name, "use a type that docs/migration.md lists, or varchar")
        raise UnsupportedTypeError(f"{type_name}: {remedy}")
    return Kind(_NAMES[name], name)


def text_in_duckdb(kind: Kind, value: str) -> str:
    """Return the SQL of the canonical text of a stored value; null of a null."""
    text = f"{value}::varchar"
    if kind.name == "decimal" and kind.digits == kind.scale:
        # DuckDB prints no zero before the point of such a decimal.
        return f"regexp_replace({text}, '^(-?)[.]', '\\10.')"
    if kind.name in ("real", "double"):
        return f"lower(hex({value}::bit::blob))"
    if kind.name == "blob":
        return f"lower(hex({value}))"
    if kind.name in ("date", "timestamp", "timestamptz"):
        return _moment_in_duckdb(kind, value)
    if kind.name == "list":
        assert kind.element is not None
        element = encoded_in_duckdb(kind.element, "element")
        elements = f"list_transform({value}, lambda element: {element})"
        return f"'[' || array_to_string({elements}, ',') || ']'"
    return text


def _moment_in_duckdb(kind: Kind, value: str) -> str:
    if kind.name == "timestamptz":
        # A make_timestamp() prints the same in every time zone of the session.
        plain, zone = f"make_timestamp(epoch_us({value}))::varchar", " || '+00'"
        first = "timestamptz '0001-01-01 00:00:00+00'"
    else:
        plain, zone, first = f"{value}::varchar", "", f"{kind.type} '0001-01-01'"
    return (
        f"case when not isfinite({value}) then {value}::varchar"
        f" when {value} < {first} then replace({plain}, ' (BC)', ''){zone} || ' BC'"
        f" else {plain}{zone} end"
    )


def encoded_in_duckdb(kind: Kind, value: str) -> str:
    """Return the SQL of a stored value's text as it stands in a row; never null."""
    text = text_in_duckdb(kind, value)
    if kind.is_counted:
        return f"coalesce(strlen({text})::varchar || ':' || {text}, '{NULL}')"
    return f"coalesce({text}, '{NULL}')"


def parsed(kind: Kind, sent: str) -> str:
    """Return the SQL of the value that a source sent; null where the type cannot hold it.

    The sums of a chunk then differ, which names the column.
    """
    if kind.name == "list":
        assert kind.element is not None
        return f"list_transform({sent}, lambda element: {parsed(kind.element, 'element')})"
    if kind.name in ("date", "timestamp", "timestamptz"):
        # `0044-03-15 01:00:00+00 BC` is `0044-03-15 (BC) 01:00:00+00` to DuckDB.
        bc = f"regexp_replace({sent}, '^([0-9]+-[0-9]+-[0-9]+)(.*) BC$', '\\1 (BC)\\2')"
        text = f"case when ends_with({sent}, ' BC') then {bc} else {sent} end"
        return f"try_cast({text} as {kind.type})"
    return f"try_cast({sent} as {kind.type})"


def readable(kind: Kind, text: str) -> str:
    """Return a canonical text as people read it: a number besides its bits."""
    if kind.name == "double":
        return f"{struct.unpack('>d', bytes.fromhex(text))[0]!r} ({text})"
    if kind.name == "real":
        return f"{struct.unpack('>f', bytes.fromhex(text))[0]:.9g} ({text})"
    return text
