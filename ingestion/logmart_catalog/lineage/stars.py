"""Expands stars: `*`, `t.*`, `s.*` of a struct, and COLUMNS(...)."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from sqlglot import exp

from logmart_catalog.lineage.derivation import Derivation, field, field_names, gap
from logmart_catalog.lineage.scope import Relation, Scope, Source, resolve, source_called, unknown

_Test = Callable[[str], bool]


class _NotUnderstoodError(Exception):
    """A condition on column names that cannot be evaluated."""


def star_of(scope: Scope, star: exp.Star | None = None) -> Relation:
    """Return the columns of `*`: those of all sources in order, except those that the star
    excludes. A column that USING merged comes once.
    """
    columns: list[tuple[str, Derivation]] = []
    rests: list[Callable[[str], Derivation]] = []
    seen: set[str] = set()
    for source in scope.sources:
        relation = source.relation if star is None else _without(source.relation, star, source)
        for name, value in relation.columns:
            key = name.lower()
            if key in source.hidden:
                continue
            if key in scope.merged and key not in seen:
                seen.add(key)
                columns.append((name, scope.merged[key]))
            else:
                columns.append((name, value))
        if relation.rest is not None:
            rests.append(relation.rest)
    if len(rests) > 1:
        return Relation(tuple(columns), lambda name: _ambiguous_column(name, rests))
    return Relation(tuple(columns), rests[0] if rests else None)


def star_of_named(names: list[str], scope: Scope) -> Relation:
    """Return the columns of `t.*`, where `t` is a relation or else a struct."""
    source = source_called(names, scope)
    if source is not None:
        return source.relation
    return struct_columns(resolve(names, scope), ".".join(names))


def struct_columns(value: Derivation, called: str) -> Relation:
    """Return the fields of a struct as columns."""
    names = field_names(value)
    if not names:
        reason = next(iter(value.gaps), f"the fields of {called} are not known")
        return unknown(reason)
    return Relation(tuple((name, field(value, name)) for name in names))


def matched_columns(pattern: exp.Expression, scope: Scope) -> Relation:
    """Return the columns of COLUMNS(pattern). The pattern is a regular expression, a star, a list
    of names or a lambda over the name.
    """
    if isinstance(pattern, exp.Star):
        return star_of(scope, pattern)
    if isinstance(pattern, exp.Column) and isinstance(pattern.this, exp.Star):
        return without(
            star_of_named([part.name for part in pattern.parts[:-1]], scope), pattern.this
        )
    try:
        return filtered(star_of(scope), _test(pattern))
    except _NotUnderstoodError:
        return unknown(f"COLUMNS({pattern.sql()}) is not understood")


def is_condition(node: exp.Expression) -> bool:
    """Whether an expression is `* like 'pattern'` or a similar condition on a star."""
    while isinstance(node, exp.Not | exp.Escape):
        node = node.this
    is_test = isinstance(node, exp.Binary | exp.RegexpLike)
    return is_test and isinstance(node.this, exp.Star)


def like(relation: Relation, condition: exp.Expression) -> Relation:
    """Return the columns of `* like 'pattern'` or a similar condition."""
    try:
        return filtered(relation, _judge(condition))
    except _NotUnderstoodError:
        return unknown(f"the columns of {condition.sql()} are not understood")


def filtered(relation: Relation, test: _Test) -> Relation:
    """Return the columns whose names pass a test; `rest` is unchanged."""
    return replace(
        relation, columns=tuple(column for column in relation.columns if test(column[0]))
    )


def without(relation: Relation, star: exp.Star) -> Relation:
    """Return the columns of a relation without those that a star excludes (EXCLUDE, EXCEPT)."""
    return _without(relation, star, None)


def _without(relation: Relation, star: exp.Star, source: Source | None) -> Relation:
    """Return the columns of a source without those that a star excludes. `t.name` excludes a column
    of `t` only.
    """
    excluded = {
        column.name.lower()
        for column in star.args.get("except_") or []
        if source is None or not column.text("table") or source.is_called([column.text("table")])
    }
    if not excluded:
        return relation
    columns = tuple(column for column in relation.columns if column[0].lower() not in excluded)
    rest = relation.rest
    if rest is None:
        return Relation(columns)
    reason = "a star excludes it"
    return Relation(columns, lambda name: gap(reason) if name.lower() in excluded else rest(name))


def _ambiguous_column(name: str, rests: list[Callable[[str], Derivation]]) -> Derivation:
    reasons = frozenset[str]().union(*(rest(name).gaps for rest in rests))
    reason = f"column {name} may be of more than one relation, for their columns are not known"
    return replace(gap(reason), gaps=reasons or frozenset({reason}))


def _test(pattern: exp.Expression) -> _Test:
    if isinstance(pattern, exp.Literal) and pattern.is_string:
        return _search(pattern.name)
    if isinstance(pattern, exp.Array):
        names = {expression.name.lower() for expression in pattern.expressions}
        return lambda name: name.lower() in names
    if isinstance(pattern, exp.Lambda):
        return _judge(pattern.this)
    raise _NotUnderstoodError


def _search(pattern: str, flags: int = 0) -> _Test:
    try:
        compiled = re.compile(pattern, flags)
    except re.error as error:
        raise _NotUnderstoodError from error
    return lambda name: compiled.search(name) is not None


def _judge(condition: exp.Expression) -> _Test:
    """Return a condition on a column's name as a predicate."""
    if isinstance(condition, exp.Paren):
        return _judge(condition.this)
    if isinstance(condition, exp.Escape):
        return _escaped(condition)
    if isinstance(condition, exp.Not):
        inner = _judge(condition.this)
        return lambda name: not inner(name)
    if isinstance(condition, exp.And | exp.Or):
        left, right = _judge(condition.left), _judge(condition.right)
        if isinstance(condition, exp.And):
            return lambda name: left(name) and right(name)
        return lambda name: left(name) or right(name)
    return _compare(condition)


def _compare(condition: exp.Expression) -> _Test:
    if isinstance(condition, exp.In) and all(
        expression.is_string for expression in condition.expressions
    ):
        names = {expression.name for expression in condition.expressions}
        return lambda name: name in names
    compared = _PREDICATES.get(type(condition))
    text = condition.args.get("expression")
    is_of_names = isinstance(condition.this, exp.Identifier | exp.Column | exp.Star)
    if compared is None or not is_of_names or not isinstance(text, exp.Literal):
        raise _NotUnderstoodError
    return compared(text.name)


def _escaped(condition: exp.Escape) -> _Test:
    """Return a LIKE with an ESCAPE as a predicate."""
    inner, escape = condition.this, condition.expression
    flags = {exp.Like: 0, exp.ILike: re.IGNORECASE}.get(type(inner))
    is_of_names = isinstance(inner.this, exp.Identifier | exp.Column | exp.Star)
    texts = [
        literal.name for literal in (inner.expression, escape) if isinstance(literal, exp.Literal)
    ]
    if flags is None or not is_of_names or [len(text) for text in texts[1:]] != [1]:
        raise _NotUnderstoodError
    return _search(_like(*texts), flags)


def _like(pattern: str, escape: str = "") -> str:
    """Return the regular expression of a LIKE pattern."""
    spelled = {"%": ".*", "_": "."}
    parts, letters = [], iter(pattern)
    for symbol in letters:
        is_escaped = symbol == escape
        letter = next(letters, symbol) if is_escaped else symbol
        parts.append(re.escape(letter) if is_escaped else spelled.get(symbol) or re.escape(symbol))
    return f"^{''.join(parts)}$"


_PREDICATES: dict[type[exp.Expression], Callable[[str], _Test]] = {
    exp.Like: lambda pattern: _search(_like(pattern)),
    exp.ILike: lambda pattern: _search(_like(pattern), re.IGNORECASE),
    exp.RegexpLike: _search,
    exp.SimilarTo: lambda pattern: _search(f"^(?:{pattern})$"),
    exp.RegexpFullMatch: lambda pattern: _search(f"^(?:{pattern})$"),
    exp.StartsWith: lambda start: lambda name: name.startswith(start),
    exp.EndsWith: lambda end: lambda name: name.endswith(end),
    exp.EQ: lambda text: lambda name: name == text,
    exp.NEQ: lambda text: lambda name: name != text,
}
