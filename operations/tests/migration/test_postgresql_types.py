"""Keys that are cut by ranges, and types and values that are refused."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from logmart.errors import CommandError
from operations.migration.mapping import Column, Load, Table
from operations.migration.sources.postgresql import PostgresqlSource
from operations.tests.migration.bank import Bank, copied_chunks

_KEYS = {
    "bigint": st.integers(-(2**63), 2**63 - 1).map(str),
    "uuid": st.uuids().map(str),
    "date": st.dates().map(str) | st.just("-infinity") | st.just("0044-03-15 BC"),
    "timestamptz": st.datetimes().map(str) | st.just("infinity"),
    "text": st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=4),
}
_TARGETS = {"text": "varchar"}


def test_ranges_of_a_key_mean_the_same_on_both_sides(bank: Bank) -> None:
    bank.load = Load(chunk_rows=12, parallel=1)
    for number, type_name in enumerate(_KEYS):
        collated = ' collate "C"' if type_name == "text" else ""
        column = Column("k", _TARGETS.get(type_name, type_name))
        bank.add(
            Table(f"keys{number}", f"keys{number}", ("k",), (column,)),
            f"create table keys{number} (k {type_name}{collated} primary key)",
        )

    @settings(max_examples=1, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(st.tuples(*(st.sets(keys, min_size=20, max_size=40) for keys in _KEYS.values())))
    def check(keys: tuple[set[str], ...]) -> None:
        for number, each in enumerate(keys):
            values = ", ".join("('" + key.replace("'", "''") + "')" for key in each)
            bank.execute(f"truncate keys{number}", f"insert into keys{number} values {values}")
        for result in bank.run():
            assert "/" not in result.chunks[0].chunk_id
        # A range that were another at the target would be copied again, or lose rows.
        assert not copied_chunks(bank.run())
        bank.assert_equal()

    check()


_REFUSED = [
    ("money", "decimal(18,2)", r"t0\.v is money: .*lc_monetary.*transform"),
    ("double precision", "decimal(18,2)", r"t1\.v is float8: .*not told exactly as decimal"),
    ("numeric(10,2)", "double", r"t2\.v is numeric\(10,2\): .*copy its text, as varchar"),
    ("timestamptz", "timestamp", r"t3\.v is timestamptz: .*not told exactly as timestamp"),
    ("interval", "interval", r"t4\.v cannot be copied as interval: copy its text"),
    ("numeric", "decimal", r"t5\.v cannot be copied as decimal: give its digits"),
    ("bytea[]", "blob[]", r"t6\.v cannot be copied as blob\[\]: copy its text"),
    ("regclass", "varchar", r"t7\.v is regclass: its text depends on the search path"),
    ("text[]", "integer[]", r"t8\.v is _text: it is not told exactly as integer"),
]


def test_a_type_that_cannot_be_told_exactly_is_refused_by_name(bank: Bank) -> None:
    source = PostgresqlSource(bank.server.url(), "OLD_BANK", bank.schema, 60)
    for number, (source_type, target_type, said) in enumerate(_REFUSED):
        name = f"t{number}"
        bank.execute(f"create table {name} (k int primary key, v {source_type})")
        columns = (Column("k", "integer"), Column("v", target_type))
        with pytest.raises(CommandError, match=said):
            source.plan(Table(name, name, ("k",), columns))
    source.close()


_NOT_HELD = [
    ("integer[]", "'{{1,2},{3,4}}'", "integer[]"),
    ("integer[]", "'[0:1]={1,2}'", "integer[]"),
    ("numeric(5,2)", "'NaN'", "decimal(5,2)"),
    ("numeric", "0.001", "decimal(18,2)"),
    ("bigint", "3000000000", "integer"),
    ("timestamp", "'294270-01-01'", "timestamp"),
]


def test_a_value_that_the_copy_cannot_hold_is_never_kept(bank: Bank) -> None:
    for number, (source_type, value, target_type) in enumerate(_NOT_HELD):
        name = f"t{number}"
        bank.add(
            Table(name, name, ("k",), (Column("k", "integer"), Column("v", target_type))),
            f"create table {name} (k int primary key, v {source_type})",
            f"insert into {name} values (1, null), (2, {value})",
        )
    for number, result in enumerate(bank.run()):
        assert not result.is_equal
        assert result.chunks[0].columns == ("v",)
        assert bank.copied(f"select count(*) from t{number}") == [(0,)]
