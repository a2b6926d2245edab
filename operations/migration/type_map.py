"""The type of a copy for each type of a source, and which types cannot be told exactly."""

from __future__ import annotations

import re

from operations.migration.mapping import MYSQL, POSTGRESQL

# Decimals of more digits are no type of DuckDB.
_MOST_DIGITS = 38
_DECIMAL = re.compile(r"(?:numeric|decimal)\((\d+)(?:,\s*(-?\d+))?\)(?: unsigned)?(?: zerofill)?")
# The length of a text, the digits of a fraction of a second, the width that a number is shown in.
_LENGTH = re.compile(r"\(\d+(?:,\s*\d+)?\)")
# The names that a column may hold stand in its type.
_NAMES = re.compile(r"(enum|set)\(.*\)", re.DOTALL)
_TYPES = {
    POSTGRESQL: {
        "smallint": "smallint",
        "integer": "integer",
        "bigint": "bigint",
        "real": "real",
        "double precision": "double",
        "boolean": "boolean",
        "text": "varchar",
        "character varying": "varchar",
        "character": "varchar",
        "enum": "varchar",
        "uuid": "uuid",
        "date": "date",
        "time without time zone": "time",
        "timestamp without time zone": "timestamp",
        "timestamp with time zone": "timestamptz",
        "bytea": "blob",
        "json": "json",
        "jsonb": "json",
    },
    MYSQL: {
        "bit": "ubigint",
        "tinyint": "tinyint",
        "smallint": "smallint",
        "mediumint": "integer",
        "int": "integer",
        "bigint": "bigint",
        "tinyint unsigned": "utinyint",
        "smallint unsigned": "usmallint",
        "mediumint unsigned": "uinteger",
        "int unsigned": "uinteger",
        "bigint unsigned": "ubigint",
        "year": "smallint",
        "float": "real",
        "double": "double",
        **dict.fromkeys(("char", "varchar", "tinytext", "text", "mediumtext"), "varchar"),
        **dict.fromkeys(("longtext", "enum", "set"), "varchar"),
        "uuid": "uuid",
        "json": "json",
        "date": "date",
        "time": "time",
        "datetime": "timestamp",
        "timestamp": "timestamptz",
        **dict.fromkeys(("binary", "varbinary", "tinyblob", "blob"), "blob"),
        **dict.fromkeys(("mediumblob", "longblob"), "blob"),
    },
}
# What a list may hold, beside decimals.
_LISTED = ("smallint", "integer", "bigint", "boolean", "varchar", "uuid", "date", "timestamp")


def copied_type(source_kind: str, source_type: str) -> str:
    """Return the DuckDB type that holds every value of a type of a source; "" where there is none.

    In: `source_type`, as `SourceColumn.type`. A source of files has DuckDB's types already.
    """
    name = source_type.lower()
    if source_kind not in _TYPES:
        return name
    if source_kind == POSTGRESQL and name.endswith("[]"):
        element = copied_type(source_kind, name.removesuffix("[]"))
        is_listed = element in (*_LISTED, "timestamptz") or element.startswith("decimal(")
        return f"{element}[]" if is_listed else ""
    decimal = _DECIMAL.fullmatch(name)
    if decimal:
        digits, scale = int(decimal[1]), int(decimal[2] or 0)
        return f"decimal({digits},{scale})" if 0 <= scale <= digits <= _MOST_DIGITS else ""
    plain = _NAMES.sub(r"\1", _LENGTH.sub("", name)).removesuffix(" zerofill")
    return _TYPES[source_kind].get(plain, "")
