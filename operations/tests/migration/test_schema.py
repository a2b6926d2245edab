"""What of a source a mapping says nothing about is named."""

from operations.migration.mapping import Column, Exclusion, Mapping, Source, Table, Target
from operations.migration.schema import SourceColumn, SourceTable, schema_faults

MAPPING = Mapping(
    Source("postgresql", "URL"),
    Target("duckdb", path="x.duckdb"),
    (Table("t", "t", ("k",), (Column("k", "bigint"),), (Exclusion("old", "unused"),)),),
    excluded=(Exclusion("u", "unused"),),
)


def _table(name: str, *columns: str) -> SourceTable:
    return SourceTable(name, tuple(SourceColumn(column, "int8") for column in columns))


def test_what_is_mapped_or_excluded_is_no_fault() -> None:
    assert schema_faults(MAPPING, [_table("t", "k", "old"), _table("u", "a")]) == []
    assert schema_faults(MAPPING, [_table("t", "k")]) == []


def test_a_new_table_and_a_new_column_are_named() -> None:
    assert schema_faults(MAPPING, [_table("t", "k", "new"), _table("v", "a")]) == [
        "the source's table v is neither mapped nor excluded",
        "the source's column t.new is neither mapped nor excluded",
    ]


def test_what_the_source_no_longer_has_is_named() -> None:
    assert schema_faults(MAPPING, []) == ["the source no longer has the mapped table t"]
    assert schema_faults(MAPPING, [_table("t", "old")]) == [
        "the source no longer has the mapped column t.k"
    ]
