"""Derives the columns that a SELECT yields."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from sqlglot import exp

from logmart_catalog.lineage import stars
from logmart_catalog.lineage.derivation import Derivation, field_names, gap
from logmart_catalog.lineage.expressions import derive
from logmart_catalog.lineage.functions import function_name
from logmart_catalog.lineage.repair import STAR_MARK
from logmart_catalog.lineage.scope import Relation, Scope, unknown
from logmart_catalog.lineage.tracer import Tracer

_Rest = Callable[[str], Derivation]


@dataclass
class _Output:
    columns: list[tuple[str, Derivation]] = field(default_factory=list)
    rests: list[_Rest] = field(default_factory=list)

    def extend(self, relation: Relation) -> None:
        self.columns.extend(relation.columns)
        if relation.rest is not None:
            self.rests.append(relation.rest)

    def relation(self) -> Relation:
        if len(self.rests) > 1:
            reason = "more than one star selects columns that are not known"
            return Relation(tuple(self.columns), lambda name: gap(reason))
        return Relation(tuple(self.columns), self.rests[0] if self.rests else None)


def select_columns(select: exp.Select, scope: Scope, tracer: Tracer) -> Relation:
    """Return the columns of a SELECT list. Each alias is added to the scope once it is read."""
    output = _Output()
    for node in select.expressions:
        inner = node.this if isinstance(node, exp.Alias) else node
        expanded = _expanded(inner, scope, tracer)
        if expanded is not None:
            output.extend(expanded)
        elif any(True for _ in _column_sets(inner)):
            output.extend(_repeated(node, scope, tracer))
        else:
            name, value = node.alias_or_name, derive(inner, scope, tracer)
            output.columns.append((_output_name(node, name), value))
            if isinstance(node, exp.Alias):
                scope.aliases.setdefault(name.lower(), value)
    return output.relation()


def _output_name(node: exp.Expression, name: str) -> str:
    """Return the name of an output column, "" for an expression without an alias."""
    return name if isinstance(node, exp.Alias | exp.Column | exp.Dot) else ""


def _expanded(node: exp.Expression, scope: Scope, tracer: Tracer) -> Relation | None:
    """Return the columns that a star or similar expression stands for, None for a single column."""
    match node:
        case exp.Star():
            found = _modified(stars.star_of(scope, node), node, scope, tracer)
        case exp.Column(this=exp.Star() as star):
            named = stars.star_of_named([part.name for part in node.parts[:-1]], scope)
            found = _modified(stars.without(named, star), star, scope, tracer)
        case exp.Dot(expression=exp.Star()):
            found = stars.struct_columns(derive(node.this, scope, tracer), node.this.sql())
        case exp.Condition() if stars.is_condition(node):
            found = stars.like(stars.star_of(scope), node)
        case exp.Anonymous() if function_name(node) == STAR_MARK:
            found = unknown(node.expressions[0].name)
        case exp.Explode():
            return _unnested(node, scope, tracer)
        case _:
            return None
    return found


def _unnested(node: exp.Explode, scope: Scope, tracer: Tracer) -> Relation | None:
    """Return the columns that `unnest` makes of a struct's fields, None when it yields only one."""
    is_recursive = any(
        option.name == "recursive" or option.this.name == "recursive"
        for option in node.expressions
        if isinstance(option, exp.PropertyEQ)
    )
    listed = derive(node.this, scope, tracer)
    is_struct = (listed.fields is not None and listed.elements is None) or (
        listed.type is not None and listed.type.name == "STRUCT"
    )
    if is_recursive:
        return _flattened(derive(node, scope, tracer), node.this.sql())
    return stars.struct_columns(listed, node.this.sql()) if is_struct else None


def _flattened(value: Derivation, called: str) -> Relation:
    found = stars.struct_columns(value, called)
    columns: list[tuple[str, Derivation]] = []
    for name, inner in found.columns:
        columns.extend(_flattened(inner, name).columns if field_names(inner) else [(name, inner)])
    return replace(found, columns=tuple(columns))


def _modified(relation: Relation, star: exp.Star, scope: Scope, tracer: Tracer) -> Relation:
    """Return a star's columns with REPLACE and RENAME applied."""
    replaced = {
        expression.alias_or_name.lower(): derive(expression, scope, tracer)
        for expression in star.args.get("replace") or []
    }
    renamed = {
        alias.this.name.lower(): alias.alias
        for alias in star.args.get("rename") or []
        if isinstance(alias, exp.Alias)
    }
    columns = tuple(
        (renamed.get(name.lower(), name), replaced.get(name.lower(), value))
        for name, value in relation.columns
    )
    rest = relation.rest
    if rest is None or not (replaced or renamed):
        return replace(relation, columns=columns)
    origins = {new.lower(): old for old, new in renamed.items()}

    def changed(name: str) -> Derivation:
        key = name.lower()
        return replaced[key] if key in replaced else rest(origins.get(key, name))

    return Relation(columns, changed)


def _column_sets(node: exp.Expression) -> Iterator[exp.Columns]:
    return (columns for columns in node.find_all(exp.Columns) if not columns.args.get("unpack"))


def _by_groups(alias: str, name: str, pattern: exp.Expression) -> str:
    """Return an alias with its references to regex groups replaced by what they match in a name."""
    regex = ".*" if isinstance(pattern, exp.Star) else pattern.name
    if "\\" not in alias or not isinstance(pattern, exp.Star | exp.Literal):
        return alias
    try:
        found = re.search(regex, name, re.DOTALL)
        return found.expand(alias.replace("\\0", "\\g<0>")) if found else alias
    except re.error:
        return alias


def _repeated(node: exp.Expression, scope: Scope, tracer: Tracer) -> Relation:
    """Return the columns of an expression over COLUMNS(...): one for each matched column."""
    pattern = next(_column_sets(node)).this
    matched = stars.matched_columns(pattern, scope)
    inner = node.this if isinstance(node, exp.Alias) else node
    columns = []
    for name, value in matched.columns:
        scope.matched = value
        called = _by_groups(node.alias, name, pattern) if isinstance(node, exp.Alias) else name
        columns.append((called, derive(inner, scope, tracer)))
    scope.matched = None
    rest = matched.rest
    if rest is None:
        return Relation(tuple(columns))
    reason = "COLUMNS(...) matches columns that are not known"
    return Relation(tuple(columns), lambda name: rest(name) if rest(name).gaps else gap(reason))
