"""The types of a mart's columns in an extract, and in Tableau. Pure functions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from logmart.dbt.manifest import quoted

Datatype = Literal["boolean", "integer", "real", "string", "date", "datetime"]
_DATATYPES: dict[str, Datatype] = {
    "BOOLEAN": "boolean",
    "SMALLINT": "integer",
    "INTEGER": "integer",
    "BIGINT": "integer",
    "DOUBLE": "real",
    "VARCHAR": "string",
    "DATE": "date",
    "TIMESTAMP": "datetime",
    "TIMESTAMP WITH TIME ZONE": "datetime",
}
# The numbers that Tableau itself writes for the types of a .hyper file: those of OLE DB.
_REMOTE_TYPES = {
    "BOOLEAN": 11,
    "SMALLINT": 2,
    "INTEGER": 3,
    "BIGINT": 20,
    "DOUBLE": 5,
    "VARCHAR": 129,
    "DATE": 133,
    "TIMESTAMP": 135,
    "TIMESTAMP WITH TIME ZONE": 135,
    "DECIMAL": 131,
}
# What a .hyper file has no form for, or one that old versions of Tableau cannot read.
_WIDER = {"TINYINT": "SMALLINT", "UTINYINT": "SMALLINT", "USMALLINT": "INTEGER"} | {
    "UINTEGER": "BIGINT",
    "FLOAT": "DOUBLE",
    "JSON": "VARCHAR",
}


@dataclass(frozen=True)
class ExtractType:
    """The type of a column in the extract and in Tableau.

    `is_json`: a list, struct or map, which the extract holds as JSON text.
    """

    sql_type: str
    datatype: Datatype
    remote_type: int
    is_json: bool = False

    def expression(self, column: str) -> str:
        """Return the SQL that gives the column's value in this type."""
        name = quoted(column)
        if self.is_json:
            return f"case when {name} is not null then cast(to_json({name}) as varchar) end"
        return f"cast({name} as {self.sql_type})"


def extract_type(sql_type: str) -> ExtractType | None:
    """Return the extract's type for a type of DuckDB; None where it has none."""
    if sql_type.endswith("]") or sql_type.startswith(("STRUCT(", "MAP(")):
        return ExtractType("VARCHAR", "string", _REMOTE_TYPES["VARCHAR"], is_json=True)
    if sql_type.startswith("DECIMAL("):
        return ExtractType(sql_type, "real", _REMOTE_TYPES["DECIMAL"])
    wider = _WIDER.get(sql_type, sql_type)
    if wider not in _DATATYPES:
        return None
    return ExtractType(wider, _DATATYPES[wider], _REMOTE_TYPES[wider])
