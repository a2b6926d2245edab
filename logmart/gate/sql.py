"""Compares SQL by its meaning, without regard to layout. Pure functions."""

from __future__ import annotations

import difflib
import re
from functools import lru_cache

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

_JINJA_COMMENT = re.compile(r"\{#.*?#\}", re.DOTALL)
_PLACE = "landing"
_RANDOM = {"random", "uuid", "gen_random_uuid", "now", "current_timestamp", "current_date"}
# Names that sqlglot gives to functions of DuckDB.
_SPELLED = {"rand": "random", "get_current_time": "now"}


@lru_cache(maxsize=1024)
def normal_form(sql: str, landing: str = "") -> str:
    """Return compiled SQL in a normal form: without comments, layout and optional words.

    In: `landing`, the path of the landing zone, which is replaced by a constant, so that its place
    makes no difference. SQL that sqlglot cannot parse keeps its words, with single spaces.
    """
    placed = sql.replace(f"'{landing}/", f"'{_PLACE}/") if landing else sql
    try:
        queries = sqlglot.parse(placed, dialect="duckdb")
    except SqlglotError:
        return " ".join(placed.split())
    return ";\n".join(
        _without_optional_words(query).sql(
            dialect="duckdb", comments=False, normalize=True, pretty=True
        )
        for query in queries
        if query is not None
    )


def _without_optional_words(query: exp.Expr) -> exp.Expr:
    """Return a query with `left outer join` as `left join` and `inner join` as `join`."""
    for join in query.find_all(exp.Join):
        if join.kind == "INNER" or (join.kind == "OUTER" and join.side):
            join.set("kind", None)
    return query


def comparable(before: str, after: str, landing: tuple[str, str]) -> tuple[str, str]:
    """Return two SQL texts in normal form; as they are when one of them cannot be parsed.

    In: `landing`, the path of the landing zone on each side.
    """
    forms = [normal_form(sql, place) for sql, place in zip((before, after), landing, strict=True)]
    for sql, form in zip((before, after), forms, strict=True):
        if form == " ".join(sql.split()) and sql.count("\n") > form.count("\n"):
            return before, after
    return forms[0], forms[1]


def random_functions(sql: str) -> set[str]:
    """Return the functions in compiled SQL whose value is another in each run, in lower case."""
    try:
        queries = [query for query in sqlglot.parse(sql, dialect="duckdb") if query is not None]
    except SqlglotError:
        return set()
    calls = [call for query in queries for call in query.find_all(exp.Func)]
    names = {
        str(call.name if isinstance(call, exp.Anonymous) else call.sql_name()).lower()
        for call in calls
    }
    return {_SPELLED.get(name, name) for name in names} & _RANDOM


def normal_macro(text: str) -> str:
    """Return a macro without its comments and layout."""
    return " ".join(_JINJA_COMMENT.sub(" ", text).split())


def difference(before: str, after: str, *, lines: int) -> list[str]:
    """Return the first lines of the difference between two normal forms, in `diff -u` format."""
    found = [
        line
        for line in difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=1)
        if not line.startswith(("---", "+++", "@@"))
    ]
    more = len(found) - lines
    return found[:lines] + ([f"... and {more} lines more"] if more > 0 else [])
