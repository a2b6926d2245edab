"""Derives the columns of PIVOT and UNPIVOT, as clauses of a table and as statements."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

from sqlglot import exp

from logmart_catalog.lineage.derivation import CONSTANT, Derivation, combine, gap, merge
from logmart_catalog.lineage.expressions import add_keys, derive
from logmart_catalog.lineage.model import Kind
from logmart_catalog.lineage.scope import Relation, Scope, Source
from logmart_catalog.lineage.stars import matched_columns
from logmart_catalog.lineage.tracer import Tracer


@dataclass(frozen=True)
class _Measure:
    """An aggregate of a pivot: its alias ("" for none), its SQL and its derivation."""

    alias: str
    spelling: str
    value: Derivation

    @property
    def name(self) -> str:
        return self.alias or self.spelling


def pivoted(relation: Relation, pivot: exp.Pivot, scope: Scope, tracer: Tracer) -> Relation:
    """Return the relation that a pivot or unpivot yields."""
    inner = Scope(scope.ctes, scope, sources=[Source(("",), relation)])
    if pivot.args.get("unpivot"):
        return _unpivoted(relation, pivot, inner, tracer)
    fields = [*(pivot.args.get("fields") or [])]
    is_statement = not fields
    aggregates = pivot.expressions
    if is_statement:
        fields, aggregates = pivot.expressions, pivot.args.get("using") or []
    spread = [derive(_subject(field), inner, tracer) for field in fields]
    measures = [_measure(aggregate, spread, inner, tracer) for aggregate in aggregates]
    if not measures:
        measures = [_Measure("", "count_star()", combine(Kind.AGGREGATED, spread))]
    kept = _grouped_columns(relation, pivot, [*map(_subject, fields), *aggregates], inner, tracer)
    names = _names(pivot, fields, measures, is_statement)
    if names is None or relation.rest is not None:
        return Relation(kept, lambda name: _by_suffix(name, measures))
    columns = tuple(
        (name, measures[place % len(measures)].value) for place, name in enumerate(names)
    )
    return Relation((*kept, *columns))


def _subject(node: exp.Expression) -> exp.Expression:
    """Return the pivoted expression: the left side of `column in (...)`, or the node itself."""
    return node.this if isinstance(node, exp.In) else node


def _measure(
    node: exp.Expression, spread: list[Derivation], scope: Scope, tracer: Tracer
) -> _Measure:
    value = combine(Kind.AGGREGATED, [derive(node, scope, tracer), *spread])
    if any(value.kind is Kind.CONSTANT and not value.gaps for value in spread):
        # Such as the name column of an unpivot: its values decide which column goes where.
        value = gap("the pivot spreads by constants, and their values are not followed")
    inner = node.this if isinstance(node, exp.Alias) else node
    return _Measure(node.alias, inner.sql(tracer.dialect).lower(), value)


def _grouped_columns(
    relation: Relation,
    pivot: exp.Pivot,
    used: list[exp.Expression],
    scope: Scope,
    tracer: Tracer,
) -> tuple[tuple[str, Derivation], ...]:
    """Return the columns that a pivot groups by: those it names, else all that it does not use."""
    group = pivot.args.get("group")
    if group is not None:
        add_keys("group", group.expressions, scope, tracer)
        return tuple(
            (expression.alias_or_name, derive(expression, scope, tracer))
            for expression in group.expressions
        )
    taken = {column.name.lower() for node in used for column in node.find_all(exp.Column)}
    kept = tuple(column for column in relation.columns if column[0].lower() not in taken)
    for _, value in kept:
        tracer.keys.add("group", value)
    return kept


def _names(
    pivot: exp.Pivot, fields: list[exp.Expression], measures: list[_Measure], is_statement: bool
) -> list[str] | None:
    """Return the names of the pivoted columns, measures varying fastest; None when they depend on
    the data.
    """
    values: list[list[str]] = []
    for field in fields:
        named = (
            [_value_name(item) for item in field.expressions] if isinstance(field, exp.In) else []
        )
        if not named or None in named:
            return None
        values.append([name for name in named if name is not None])
    if not is_statement and pivot.args.get("columns"):
        return [column.name for column in pivot.args["columns"]]
    alone = len(measures) == 1 and not measures[0].alias
    return [
        "_".join(parts if alone else (*parts, measure.name))
        for parts in product(*values)
        for measure in measures
    ]


def _value_name(node: exp.Expression) -> str | None:
    if isinstance(node, exp.PivotAlias | exp.Alias):
        return node.alias
    return node.name if isinstance(node, exp.Literal) else None


def _by_suffix(name: str, measures: list[_Measure]) -> Derivation:
    """Return the derivation of a column whose name depends on the data: the name's suffix tells its
    measure.
    """
    if len(measures) == 1:
        return measures[0].value
    key = name.lower().replace(" ", "")
    ends = [
        measure for measure in measures if key.endswith("_" + measure.name.lower().replace(" ", ""))
    ]
    if len(ends) == 1:
        return ends[0].value
    return gap(f"which of {len(measures)} aggregates of the pivot {name} holds is not known")


def _unpivoted(relation: Relation, pivot: exp.Pivot, scope: Scope, tracer: Tracer) -> Relation:
    into = pivot.args.get("into")
    fields = pivot.args.get("fields")
    if fields:
        label = fields[0].this.name
        values = _names_of(pivot.expressions[0])
        groups = [_members(expression) for expression in fields[0].expressions]
    else:
        into = into or exp.UnpivotColumns()
        label = into.this.name if isinstance(into.this, exp.Expression) else "name"
        values = [expression.name for expression in into.expressions]
        groups = [_members(expression) for expression in pivot.expressions]
    values = values or ["value"]
    if relation.rest is not None:
        reason = "what is unpivoted has columns that are not known"
        return Relation((), lambda name: gap(reason))
    turned: list[list[Derivation]] = [[] for _ in values]
    taken: set[str] = set()
    for group in groups:
        for place, node in enumerate(group):
            found = _turned(node, scope)
            taken.update(name.lower() for name, _ in found.columns)
            turned[place % len(turned)].extend(value for _, value in found.columns)
    if not pivot.args.get("include_nulls"):
        tracer.keys.add("filter", merge(value for parts in turned for value in parts))
    kept = [column for column in relation.columns if column[0].lower() not in taken]
    made = [(name, merge(parts)) for name, parts in zip(values, turned, strict=True)]
    return Relation((*kept, (label, CONSTANT), *made))


def _names_of(node: exp.Expression) -> list[str]:
    listed = node.expressions if isinstance(node, exp.Tuple) else [node]
    return [node.name for node in listed]


def _members(node: exp.Expression) -> list[exp.Expression]:
    inner = node.this if isinstance(node, exp.PivotAlias | exp.Alias | exp.Paren) else node
    return list(inner.expressions) if isinstance(inner, exp.Tuple) else [inner]


def _turned(node: exp.Expression, scope: Scope) -> Relation:
    if isinstance(node, exp.Columns):
        return matched_columns(node.this, scope)
    if isinstance(node, exp.Star):
        return matched_columns(node, scope)
    found = scope.sources[0].relation.by_name.get(node.name.lower())
    value = found or gap(f"column {node.name} is not in what is unpivoted")
    return Relation(((node.name, value),))
