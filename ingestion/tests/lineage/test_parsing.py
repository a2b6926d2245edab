"""Queries that begin with FROM, and texts that are not exactly one query."""

from __future__ import annotations

import pytest
from sqlglot import exp

from logmart_catalog.lineage.parsing import NotParsedError, parse
from logmart_catalog.lineage.repair import MARK


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("from t", "select * from t"),
        ("from t where a > 1 order by a", "select * from t where a > 1 order by a"),
        ("from t select a, b where a > 1", "select a, b from t where a > 1"),
        ("from t join u using (a) select b", "select b from t join u using (a)"),
        (
            "select x from (from t select x union all from u select y)",
            "select x from (select x from t union all select y from u)",
        ),
        ("from t union by name from u", "select * from t union by name select * from u"),
        (
            "with a as (from t), b as (from a select b) from b",
            "with a as (select * from t), b as (select b from a) select * from b",
        ),
        (
            "select 1 where exists (from t where a) and b in (from u select c)",
            "select 1 where exists (select * from t where a) and b in (select c from u)",
        ),
        (
            "from (from t select (from u select max(c)) as m) select m + 1 as n",
            "select m + 1 as n from (select (select max(c) from u) as m from t)",
        ),
        (
            "select extract(year from a), trim(b) from t",
            "select extract(year from a), trim(b) from t",
        ),
        (
            "select substring(name from 1 for 2) from t",
            "select substring(name from 1 for 2) from t",
        ),
        ("select a is distinct from b from t", "select a is distinct from b from t"),
    ],
)
def test_from_first_is_read_as_select_first(written: str, meant: str) -> None:
    assert parse(written, "duckdb").sql("duckdb") == parse(meant, "duckdb").sql("duckdb")


@pytest.mark.parametrize("text", ["select 1;", "select 1 ; -- done\n", "/* one */ select 1"])
def test_comments_and_a_last_semicolon_are_no_statements(text: str) -> None:
    assert parse(text, "duckdb").sql("duckdb", comments=False) == "SELECT 1"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "no statements"),
        ("-- nothing", "no statements"),
        ("select 1; select 2", "2 statements"),
        ("select (", "not understood"),
        ("select " + "(" * 3000, "not understood|too deeply"),
    ],
)
def test_what_is_no_one_query_is_refused_with_a_reason(text: str, reason: str) -> None:
    with pytest.raises(NotParsedError, match=reason) as raised:
        parse(text, "duckdb")
    assert "\x1b" not in str(raised.value)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("select a, f(b ! ! 2) as c from t", "select a, MARK as c from t"),
        ("select a, 1 + f(b ! ! 2) as c from t", "select a, 1 + MARK as c from t"),
        ("select a, b ! ! 2 as c, d from t", "select a, MARK as c, d from t"),
        ("select distinct b ! ! 2 c, d from t", "select distinct MARK, d from t"),
        ("select (b ! ! 2) c, d from t", "select (MARK) as c, d from t"),
        ("select a from t where b ! ! 2 and c order by a", "select a from t where MARK order by a"),
        ("select a from t join u on a ! ! b where c", "select a from t join u on MARK where c"),
        ("select a from t left join u ! ! b as v", "select a from t left join MARK as v"),
        (
            "with c as (with ! ! 2) select a from c, t",
            "with c as (select * from MARK) select a from c, t",
        ),
        (
            "select a ! ! b as c union all select d from t",
            "select MARK as c union all select d from t",
        ),
        ("select a in (b ! ! 2) as c, d from t", "select a in (MARK) as c, d from t"),
    ],
)
def test_what_is_not_understood_is_cut_out(written: str, meant: str) -> None:
    assert_cut_out(written, meant, "duckdb")


@pytest.mark.parametrize("odd", ["b ! ! 2", "f(1 => => 2)"])
def test_the_place_is_where_an_attempt_that_the_parser_took_back_ended(odd: str) -> None:
    # In ClickHouse, WITH may be followed by a value: the parser tries that after the query failed.
    query = "with q as (select a, {} as c from t) select a from q"
    assert_cut_out(query.format(odd), query.format("MARK"), "clickhouse")


def assert_cut_out(written: str, meant: str, dialect: str) -> None:
    found = parse(written, dialect)
    for mark in found.find_all(exp.Anonymous):
        assert mark.expressions[0].name.startswith("parse: line 1: the SQL is not understood: ")
        mark.set("expressions", [])
    plain = parse(meant.replace("MARK", f"{MARK}()"), dialect).sql(dialect)
    assert found.sql(dialect) == plain
