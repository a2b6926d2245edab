"""Properties that hold for every query."""

from __future__ import annotations

from functools import cache, partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from logmart_catalog.lineage.model import ColumnLineage, Kind
from logmart_catalog.lineage.trace import Environment, trace_query

from .cases import Case, finder, read_cases, read_schema, tables

CASES = [case for case in read_cases() if case.snapshot is None]
TABLES = tables(read_schema())
BACKTICKS = ("bigquery", "databricks", "mysql", "spark")
# Wrappers that change no value and no column name of a query; `{}` is the query.
SAME = [
    "with q as (\n{}\n) select * from q",
    "select * from (\n{}\n) as q",
    "select q.* from (\n{}\n) as q where 1 = 1",
    "with a as (\n{}\n), b as (select * from a), unused as (select 1 as one) select * from b",
    "select * from (\n{}\n) as q limit 10",
    "select distinct * from (\n{}\n) as q",
]
SAME_IN_DUCKDB = [
    *SAME,
    "from (\n{}\n)",
    "with q as materialized (\n{}\n) from q",
    "select * exclude (nothing) from (select *, 1 as nothing from (\n{}\n) as q) as r",
]
# Wrappers after which a query with unknown columns may be untraced.
LOSING = [
    "(\n{}\n)",
    "select * from (\n{}\n) as q union all select * from (\n{}\n) as r",
]
LOSING_IN_DUCKDB = [
    *LOSING,
    "select * from (\n{}\n) as q union all by name select * from (\n{}\n) as r",
    "select * from (from (\n{}\n) as q union all from (\n{}\n) as r) as s",
    "select columns(*) from (\n{}\n) as q",
]
# Expressions that no dialect understands.
ODD = ["foo(1 => => 2)", "1 + foo(foo(=> 2) over (order by 1))"]


def _traced(sql: str, dialect: str, columns: list[str]) -> dict[str, ColumnLineage]:
    environment = Environment(dialect, partial(finder, TABLES))
    return {one.column: one for one in trace_query(sql, columns, "it", environment).columns}


def _wrapped(sql: str, chosen: list[str]) -> str:
    sql = sql.strip().rstrip(";")
    for wrapper in chosen:
        sql = wrapper.replace("{}", sql)
    return sql


@cache
def _known(sql: str, dialect: str, columns: tuple[str, ...]) -> dict[str, ColumnLineage]:
    return _traced(sql, dialect, list(columns))


def _before(case: Case) -> dict[str, ColumnLineage]:
    return _known(case.sql, case.dialect, tuple(case.columns))


def _same(case: Case) -> list[str]:
    return SAME_IN_DUCKDB if case.dialect == "duckdb" else SAME


def _losing(case: Case) -> list[str]:
    return LOSING_IN_DUCKDB if case.dialect == "duckdb" else LOSING


def _wrappers(case: Case, *, losing: bool) -> st.SearchStrategy[list[str]]:
    """Return lists of wrappers that the dialect of a case supports."""
    found = [*_same(case), *(_losing(case) if losing else [])]
    return st.lists(st.sampled_from(found), min_size=1, max_size=3)


def _assert_same(case: Case, sql: str, renamed: dict[str, str]) -> None:
    before = _before(case)
    after = _traced(sql, case.dialect, list(renamed.values()))
    for name, called in renamed.items():
        found, known = after[called], before[name]
        assert (found.kind, found.parents) == (known.kind, known.parents), sql


def _assert_losses_are_said(case: Case, sql: str) -> None:
    before = _before(case)
    for name, found in _traced(sql, case.dialect, list(case.columns)).items():
        if found.kind is Kind.UNTRACED:
            assert found.reasons
            assert set(found.parents) <= set(before[name].parents), sql
        else:
            known = before[name]
            assert (found.kind, found.parents) == (known.kind, known.parents), sql


def _assert_only_the_odd_is_lost(case: Case, inner: str, odd: str) -> None:
    sql = f"select {odd} as not_read, q.* from (\n{inner}\n) as q where {odd} > 1"
    before = _before(case)
    after = _traced(sql, case.dialect, ["not_read", *case.columns])
    assert after.pop("not_read").kind is Kind.UNTRACED
    for name, found in after.items():
        assert (found.kind, found.parents) == (before[name].kind, before[name].parents), sql


# Three tests of every case in every wrapper. The properties below draw cases and wrappers: they try
# the same promises in every run of the tests.
@pytest.mark.deep
def test_no_single_query_around_a_case_changes_anything() -> None:
    for case in CASES:
        for wrapper in _same(case):
            _assert_same(case, _wrapped(case.sql, [wrapper]), {name: name for name in case.columns})


@pytest.mark.deep
def test_what_a_single_query_around_a_case_loses_is_said() -> None:
    for case in CASES:
        for wrapper in _losing(case):
            _assert_losses_are_said(case, _wrapped(case.sql, [wrapper]))


@pytest.mark.deep
def test_what_is_not_understood_around_a_case_costs_no_other_column() -> None:
    for case in CASES:
        for odd in ODD:
            _assert_only_the_odd_is_lost(case, _wrapped(case.sql, []), odd)


@given(st.sampled_from(CASES), st.data())
@settings(deadline=None, max_examples=200)
def test_a_query_around_a_query_changes_nothing(case: Case, data: st.DataObject) -> None:
    chosen = data.draw(_wrappers(case, losing=False))
    _assert_same(case, _wrapped(case.sql, chosen), {name: name for name in case.columns})


@given(st.sampled_from(CASES), st.data())
@settings(deadline=None, max_examples=200)
def test_what_is_lost_by_a_query_around_is_said(case: Case, data: st.DataObject) -> None:
    _assert_losses_are_said(case, _wrapped(case.sql, data.draw(_wrappers(case, losing=True))))


@given(st.sampled_from(CASES), st.data())
@settings(deadline=None, max_examples=100)
def test_other_names_change_no_parents(case: Case, data: st.DataObject) -> None:
    names = [name for name in case.columns if "(" not in name]
    order = data.draw(st.permutations(names))
    renamed = {name: f"renamed_{place}" for place, name in enumerate(order)}
    quote = "`" if case.dialect in BACKTICKS else '"'
    listed = ", ".join(
        f"{quote}{name.replace(quote, 2 * quote)}{quote} as {new}" for name, new in renamed.items()
    )
    inner = _wrapped(case.sql, data.draw(_wrappers(case, losing=False)))
    _assert_same(case, f"select {listed} from (\n{inner}\n) as q", renamed)


@given(st.sampled_from(CASES), st.data())
@settings(deadline=None, max_examples=200)
def test_what_is_not_understood_costs_no_other_column(case: Case, data: st.DataObject) -> None:
    inner = _wrapped(case.sql, data.draw(_wrappers(case, losing=False)))
    _assert_only_the_odd_is_lost(case, inner, data.draw(st.sampled_from(ODD)))


@given(st.text(max_size=200), st.sampled_from(["duckdb", "trino", "postgres", "snowflake", ""]))
@settings(deadline=None, max_examples=200)
def test_no_text_is_too_odd(text: str, dialect: str) -> None:
    found = _traced(text, dialect, ["a", "b"])
    assert list(found) == ["a", "b"]


@given(st.sampled_from(CASES), st.data())
@settings(deadline=None, max_examples=300)
def test_no_damage_to_a_query_is_too_much(case: Case, data: st.DataObject) -> None:
    words = case.sql.split()
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.integers(0, max(0, len(words) - 1)))
        length = data.draw(st.integers(0, 6))
        other = data.draw(st.sampled_from(CASES)).sql.split()
        words[start : start + length] = other[: data.draw(st.integers(0, 4))]
    found = _traced(" ".join(words), case.dialect, list(case.columns))
    assert list(found) == list(case.columns)
    assert all(bool(one.reasons) == (one.kind is Kind.UNTRACED) for one in found.values())
