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
