"""PostgreSQL's words for canonical texts, and which of its types are told exactly as which kind.

The session prints dates by ISO 8601 in UTC and doubles with all their digits.
"""

from __future__ import annotations

from operations.migration.canonical import Kind
from operations.migration.chunks import TablePlan
from operations.migration.dialect import Dialect
from operations.migration.mapping import Column

# By kind, the types that are told exactly, by their names in pg_type. The kind `text` has every
# type whose text depends on nothing but the value.
_WHOLE = ("int2", "int4", "int8", "oid")
TOLD_EXACTLY = {
    "integer": (*_WHOLE, "numeric"),
    "boolean": ("bool",),
    "decimal": (*_WHOLE, "numeric"),
    "real": ("float4",),
    "double": ("float8",),
    "json": ("json", "jsonb"),
    "blob": ("bytea",),
    "date": ("date",),
    "time": ("time",),
    "timestamp": ("timestamp",),
    "timestamptz": ("timestamptz",),
    "uuid": ("uuid",),
}
_TEXT_DEPENDS = {
    "money": "on the server's lc_monetary: copy it as decimal, by the transform amount::numeric",
    "regclass": "on the search path: copy its number by a transform ::oid",
    "regproc": "on the search path: copy its number by a transform ::oid",
    "regtype": "on the search path: copy its number by a transform ::oid",
}
# The types of keys that both sides order alike. Text is so by the collation "C" alone.
ORDERED_ALIKE = {
    "integer": ("int2", "int4", "int8"),
    "date": ("date",),
    "timestamp": ("timestamp",),
    "timestamptz": ("timestamptz",),
    "uuid": ("uuid",),
    "text": ("text", "varchar"),
}


def refusal(kind: Kind, type_name: str) -> str:
    """Return why a type of pg_type cannot be told exactly as a kind, with the remedy; or ""."""
    base = base_name(type_name)
    if kind.name == "text":
        reason = _TEXT_DEPENDS.get(base, "")
        return f"its text depends {reason}" if reason else ""
    if kind.name == "list":
        assert kind.element is not None
        if not base.startswith("_") or base == "_bpchar":
            return "it is not told exactly as a list: copy its text, as varchar"
        return refusal(kind.element, base[1:])
    if base in TOLD_EXACTLY[kind.name]:
        return ""
    if base in _TEXT_DEPENDS:
        return f"its text depends {_TEXT_DEPENDS[base]}"
    return f"it is not told exactly as {kind.type}: copy its text, as varchar"


def base_name(type_name: str) -> str:
    """Return the name of a type without its digits."""
    return type_name.partition("(")[0]


class PostgresqlDialect(Dialect):
    """PostgreSQL, from 13 on."""

    # A subquery with an offset is not merged into the query around it.
    fence = " offset 0"

    def __init__(self, schema: str, *, is_utf8: bool) -> None:
        self._schema = schema
        self._is_utf8 = is_utf8

    def relation(self, plan: TablePlan) -> str:
        """Return the name of the table, with its schema."""
        return f"{quoted(self._schema)}.{quoted(plan.table.source)}"

    def value(self, column: Column) -> str:
        """Return the column, or its transform."""
        return f"({column.transform})" if column.transform else quoted(column.source)

    def text(self, plan: TablePlan, column: Column) -> str:
        """Return the canonical text of a column; null of a null."""
        return self._text(plan.kind(column), plan.source_type(column), self.value(column))

    def _text(self, kind: Kind, type_name: str, value: str) -> str:
        if kind.name in ("integer", "decimal"):
            return _number_text(kind, type_name, value)
        if kind.name in ("real", "double"):
            return f"encode({base_name(type_name)}send({value}), 'hex')"
        if kind.name == "blob":
            return f"encode({value}, 'hex')"
        if kind.name == "list":
            return self._list_text(kind, type_name, value)
        if base_name(type_name) == "bpchar":
            # A cast drops the blanks at the end.
            return f"case when {value} is not null then concat({value}) end"
        return f"{value}::text"

    def _list_text(self, kind: Kind, type_name: str, value: str) -> str:
        assert kind.element is not None
        text = self._text(kind.element, type_name[1:], "element.value")
        if kind.element.is_counted:
            text = f"{self.byte_count(text)}::text || ':' || {text}"
        # What a list cannot hold, more dimensions or another first index, is told as it is printed.
        return (
            f"case when array_ndims({value}) > 1 or array_lower({value}, 1) <> 1"
            f" then '!' || {value}::text when {value} is not null then '[' || coalesce((select"
            f" string_agg(coalesce({text}, '~'), ',' order by element.place) from"
            f" unnest({value}) with ordinality as element(value, place)), '') || ']' end"
        )

    def sent(self, plan: TablePlan, column: Column) -> str:
        """Return the expression of what is sent of a column."""
        kind, value = plan.kind(column), self.value(column)
        base = base_name(plan.source_type(column))
        if kind.name in ("boolean", "real", "double", "blob"):
            return value
        if kind.name == "integer" and base in ("int2", "int4", "int8"):
            return value
        if kind.name == "list":
            return f"{value}::text[]"
        return self.text(plan, column)

    def byte_count(self, text: str) -> str:
        """Return the number of bytes of a text in UTF-8."""
        return f"octet_length({self._utf8(text)})"

    def md5(self, text: str) -> str:
        """Return the MD5 of a text in UTF-8."""
        return f"md5({self._utf8(text)})"

    def _utf8(self, text: str) -> str:
        return text if self._is_utf8 else f"convert_to({text}, 'UTF8')"

    def half(self, digits: str) -> str:
        """Return 16 hexadecimal digits as a signed number."""
        return f"('x' || {digits})::bit(64)::bigint"

    def bucket(self, digits: str, modulus: int) -> str:
        """Return 8 hexadecimal digits as an unsigned number, modulo `modulus`."""
        return f"('x' || {digits})::bit(32)::bigint % {modulus}"

    def total(self, half: str) -> str:
        """Return the exact sum, as text: a numeric is no type of Arrow."""
        return f"sum({half})::text"

    def literal(self, plan: TablePlan, column: Column, text: str) -> str:
        """Return the value of a canonical text."""
        return f"{text_literal(text)}::{base_name(plan.source_type(column))}"


def _number_text(kind: Kind, type_name: str, value: str) -> str:
    base, _, digits = type_name.partition("(")
    is_whole = base in _WHOLE
    if is_whole and kind.scale == 0:
        return f"{value}::text"
    if is_whole:
        return f"round({value}::numeric, {kind.scale})::text"
    if digits.endswith(f",{kind.scale})"):
        return f"{value}::text"
    # Digits beyond the scale are told, so that the copy differs from them.
    return (
        f"case when min_scale({value}) <= {kind.scale}"
        f" then round({value}, {kind.scale})::text else {value}::text end"
    )


def quoted(name: str) -> str:
    """Return a name as an identifier."""
    return '"' + name.replace('"', '""') + '"'


def text_literal(text: str) -> str:
    """Return a text as a literal; the session has standard_conforming_strings."""
    return "'" + text.replace("'", "''") + "'"
