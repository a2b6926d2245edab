"""Column types of every warehouse; no spelling breaks the parser."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from metadata.generated.schema.entity.data.table import DataType as CatalogType

from logmart_catalog.state.column_types import UNKNOWN, DataType, parse_type
from logmart_catalog.state.type_names import BY_SPELLING

KNOWN = {kind.value for kind in CatalogType}


@pytest.mark.parametrize(
    ("spelling", "expected"),
    [
        ("HUGEINT", "LARGEINT"),
        ("UTINYINT", "UINT"),
        ("UBIGINT", "UINT"),
        ("DECIMAL(18,3)", "DECIMAL(18,3)"),
        ("NUMERIC", "NUMERIC"),
        ("number(38, 0)", "NUMBER(38,0)"),
        ("NUMBER(10)", "NUMBER(10,0)"),
        ("VARCHAR", "STRING"),
        ("varchar(20)", "VARCHAR[20]"),
        ("character varying(255)", "VARCHAR[255]"),
        ("CHARACTER VARYING", "STRING"),
        ("char", "CHAR[1]"),
        ("VARBINARY", "BYTES"),
        ("TIMESTAMP WITH TIME ZONE", "TIMESTAMPZ"),
        ("timestamp(6) with time zone", "TIMESTAMPZ"),
        ("timestamp(3)", "TIMESTAMP"),
        ("TIMESTAMP_NS", "TIMESTAMP"),
        ("TIMESTAMP_NTZ(9)", "TIMESTAMP"),
        ("time without time zone", "TIME"),
        ("double precision", "DOUBLE"),
        ("INT64", "BIGINT"),
        ("FLOAT64", "DOUBLE"),
        ("BIGNUMERIC(40, 2)", "NUMERIC(40,2)"),
        ("INTEGER[]", "ARRAY<INT>"),
        ("INTEGER[3]", "ARRAY<INT>"),
        ("INTEGER[][]", "ARRAY<ARRAY>"),
        ("_int4", "ARRAY<INT>"),
        ("array(varchar(3))", "ARRAY<VARCHAR>"),
        ("ARRAY<STRUCT<a INT64, b STRING>>", "ARRAY<STRUCT>{a BIGINT, b STRING}"),
        ("Array(Nullable(DateTime64(3)))", "ARRAY<DATETIME>"),
        ("STRUCT(a INTEGER, b VARCHAR[])", "STRUCT{a INT, b ARRAY<STRING>}"),
        ('STRUCT("a b" INTEGER, "c,d" DECIMAL(4,1))', "STRUCT{a b INT, c,d DECIMAL(4,1)}"),
        ("STRUCT(a STRUCT(b INTEGER)[])", "STRUCT{a ARRAY<STRUCT>{b INT}}"),
        ("struct<a:int,b:array<string>>", "STRUCT{a INT, b ARRAY<STRING>}"),
        ("row(a integer, b row(c double))", "STRUCT{a INT, b STRUCT{c DOUBLE}}"),
        ("row(integer, double precision)", "STRUCT{field1 INT, field2 DOUBLE}"),
        ("row(at timestamp(6) with time zone)", "STRUCT{at TIMESTAMPZ}"),
        ("MAP(VARCHAR, INTEGER)", "MAP"),
        ("map<string,int>", "MAP"),
        ("OBJECT", "JSON"),
        ("VARIANT", "VARIANT"),
        ("ENUM('a, b', 'c)')", "ENUM"),
        ("UNION(number INTEGER)", "UNION"),
        ("LowCardinality(Nullable(String))", "STRING"),
        ("jsonb", "JSON"),
        ("UUID", "UUID"),
        ('"NULL"', "NULL"),
        ("", UNKNOWN),
        ("no_such_type(3)", UNKNOWN),
        ("STRUCT(a INTEGER", UNKNOWN),
    ],
)
def test_spellings(spelling: str, expected: str) -> None:
    assert shown(parse_type(spelling)) == expected


def test_the_display_is_the_spelling_in_lower_case() -> None:
    assert parse_type("DECIMAL(18,3)").display == "decimal(18,3)"
    assert parse_type("Nullable(UInt8)") == DataType("UINT", "nullable(uint8)")


def test_every_type_named_is_one_the_catalog_knows() -> None:
    assert set(BY_SPELLING.values()) <= KNOWN


def test_a_type_nested_too_deeply_is_unknown_inside_and_no_error() -> None:
    assert parse_type("STRUCT(a " * 400 + "INT" + ")" * 400).name == "STRUCT"


pieces = st.sampled_from(
    [*BY_SPELLING, "(", ")", "<", ">", "[]", ",", ":", '"', "`", " ", "a", "9"]
)
spellings = st.one_of(st.text(max_size=40), st.lists(pieces, max_size=14).map("".join))


@given(spellings)
def test_any_text_gives_a_type_the_catalog_takes(spelling: str) -> None:
    acceptable(parse_type(spelling))


@given(spellings)
def test_an_array_of_anything_holds_that_thing(spelling: str) -> None:
    element, array = parse_type(spelling), parse_type(f"{spelling}[]")
    assert array.name == "ARRAY"
    assert (array.element, array.children) == (element.name, element.children)


def acceptable(kind: DataType) -> None:
    """The constraints that the server puts on a column's type."""
    assert kind.name in KNOWN
    assert kind.element is None or kind.element in KNOWN
    assert (kind.name == "ARRAY") == (kind.element is not None)
    assert kind.name != "STRUCT" or kind.children
    assert kind.name not in {"CHAR", "VARCHAR", "BINARY", "VARBINARY"} or kind.length
    for child in kind.children:
        acceptable(child.type)


def shown(kind: DataType) -> str:
    """A type as one line of text."""
    text = kind.name
    if kind.precision is not None:
        text += f"({kind.precision},{kind.scale})"
    if kind.length is not None:
        text += f"[{kind.length}]"
    if kind.element:
        text += f"<{kind.element}>"
    if kind.children:
        text += "{" + ", ".join(f"{one.name} {shown(one.type)}" for one in kind.children) + "}"
    return text
