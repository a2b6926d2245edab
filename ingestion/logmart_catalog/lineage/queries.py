"""Derives the relations that queries yield: SELECT, set operations, pivots, CTEs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache

from sqlglot import exp

from logmart_catalog.lineage.derivation import CONSTANT, Derivation, combine, gap, merge
from logmart_catalog.lineage.expressions import add_keys, derive
from logmart_catalog.lineage.matches import add_hierarchy, matched_rows
from logmart_catalog.lineage.model import Kind
from logmart_catalog.lineage.pivots import pivoted
from logmart_catalog.lineage.projections import select_columns
from logmart_catalog.lineage.scope import Relation, Scope, Source, unknown
from logmart_catalog.lineage.sources import add_join, add_source
from logmart_catalog.lineage.stars import star_of
from logmart_catalog.lineage.structures import shallow
from logmart_catalog.lineage.tracer import Tracer

# In a recursive query, nested values can grow without end. Their structure is followed to this
# depth, and not at all after this many rounds.
_MAX_DEPTH = 3
_MAX_ROUNDS = 8


def query_relation(node: exp.Expression, scope: Scope, tracer: Tracer) -> Relation:
    """Return the relation that a query yields within a scope."""
    if node.args.get("with_") is not None:
        scope = with_ctes(node.args["with_"], scope, tracer)
    if isinstance(node, exp.Select):
        return _select(node, scope, tracer)
    if isinstance(node, exp.SetOperation):
        return _set_operation(node, scope, tracer)
    if isinstance(node, exp.Pivot):
        inner = Scope(scope.ctes, scope)
        add_source(node.this, inner, tracer)
        return pivoted(inner.sources[0].relation, node, scope, tracer)
    if isinstance(node, exp.Subquery):
        return _subquery(node, scope, tracer)
    if isinstance(node, exp.Values | exp.Table):
        inner = Scope(scope.ctes, scope)
        add_source(node, inner, tracer)
        return inner.sources[0].relation
    return unknown(f"{node.key} is no query that is understood")


def with_ctes(with_: exp.With, scope: Scope, tracer: Tracer) -> Scope:
    """Return a scope that knows the CTEs. A CTE is derived when something reads it."""
    ctes = dict(scope.ctes)
    for cte in with_.expressions:
        before = Scope(dict(ctes), scope.outer, scope.sources, scope.merged, scope.aliases)
        reader = _recursive if with_.recursive and _reads_itself(cte) else _plain
        ctes[cte.alias.lower()] = cache(_bound(reader, cte, before, tracer))
    return Scope(
        ctes,
        scope.outer,
        scope.sources,
        scope.merged,
        scope.aliases,
        scope.parameters,
        scope.windows,
    )


def _bound(
    reader: Callable[[exp.CTE, Scope, Tracer], Relation],
    cte: exp.CTE,
    scope: Scope,
    tracer: Tracer,
) -> Callable[[], Relation]:
    return lambda: reader(cte, scope, tracer)


def _plain(cte: exp.CTE, scope: Scope, tracer: Tracer) -> Relation:
    names = [column.name for column in cte.args["alias"].columns]
    return query_relation(cte.this, scope, tracer).renamed(names)


def _reads_itself(cte: exp.CTE) -> bool:
    name = cte.alias.lower()
    return any(
        table.name.lower() == name and not table.db for table in cte.this.find_all(exp.Table)
    )


def _recursive(cte: exp.CTE, scope: Scope, tracer: Tracer) -> Relation:
    """Return the relation of a recursive CTE: it is derived again, with its last result as its own
    input, until no column gains a parent.
    """
    if not isinstance(cte.this, exp.SetOperation):
        return unknown(f"the recursive CTE {cte.alias} is no union")
    names = [column.name for column in cte.args["alias"].columns]
    known = query_relation(cte.this.this, scope, tracer).renamed(names)
    rounds = 0
    while True:
        depth = _MAX_DEPTH if rounds < _MAX_ROUNDS else 0
        known = _shallow(known, depth)
        # The names are those of the first part; only their derivations can grow.
        ctes = {**scope.ctes, cte.alias.lower(): _constant(known)}
        again = query_relation(cte.this, Scope(ctes, scope.outer, scope.sources), tracer)
        again = again.renamed(names)
        if known.rest is not None or _shallow(again, depth).columns == known.columns:
            return again
        known = again
        rounds += 1


def _shallow(relation: Relation, depth: int) -> Relation:
    columns = tuple((name, shallow(column, depth)) for name, column in relation.columns)
    return replace(relation, columns=columns)


def _constant(relation: Relation) -> Callable[[], Relation]:
    return lambda: relation


def _subquery(node: exp.Subquery, scope: Scope, tracer: Tracer) -> Relation:
    inner = Scope(scope.ctes, scope)
    if isinstance(node.this, exp.Table):
        add_source(node.this, inner, tracer)
        return star_of(inner)
    relation = query_relation(node.this, inner, tracer)
    _add_order(node, relation, inner, tracer)
    return relation


def _select(node: exp.Select, outer: Scope, tracer: Tracer) -> Relation:
    scope = Scope(outer.ctes, outer)
    if node.args.get("from_") is not None:
        add_source(node.args["from_"].this, scope, tracer)
    for join in node.args.get("joins") or []:
        add_join(join, scope, tracer)
    for lateral in node.args.get("laterals") or []:
        add_source(lateral, scope, tracer)
    if node.args.get("match") is not None:
        rows = matched_rows(node.args["match"], scope, tracer)
        scope.sources = [Source((node.args["match"].alias.lower(),), rows)]
    if node.args.get("connect") is not None:
        add_hierarchy(node.args["connect"], scope, tracer)
    scope.windows = {window.name.lower(): window for window in node.args.get("windows") or []}
    relation = select_columns(node, scope, tracer)
    _add_keys(node, relation, scope, tracer)
    return relation


def _add_keys(node: exp.Select, relation: Relation, scope: Scope, tracer: Tracer) -> None:
    for part in ("where", "having", "qualify"):
        if node.args.get(part) is not None:
            add_keys("filter", [node.args[part].this], scope, tracer)
    distinct = node.args.get("distinct")
    if distinct is not None and distinct.args.get("on") is not None:
        add_keys("group", [distinct.args["on"]], scope, tracer)
    elif distinct is not None:
        _add_columns("group", relation, tracer)
    group = node.args.get("group")
    if group is not None:
        _add_group(group, relation, scope, tracer)
    _add_order(node, relation, scope, tracer)


def _add_group(group: exp.Group, relation: Relation, scope: Scope, tracer: Tracer) -> None:
    if group.args.get("all"):
        for _, value in relation.columns:
            if value.kind is not Kind.AGGREGATED:
                tracer.keys.add("group", value)
    sets = [
        inner
        for part in ("rollup", "cube", "grouping_sets")
        for grouping in group.args.get(part) or []
        for inner in grouping.expressions
    ]
    for expression in [*group.expressions, *sets]:
        tracer.keys.add(
            "group", _ordinal(expression, relation) or derive(expression, scope, tracer)
        )


def _add_order(node: exp.Expression, relation: Relation, scope: Scope, tracer: Tracer) -> None:
    order = node.args.get("order")
    for ordered in order.expressions if order is not None else []:
        key = ordered.this if isinstance(ordered, exp.Ordered) else ordered
        if isinstance(key, exp.Column) and not key.table and key.name.lower() in relation.by_name:
            tracer.keys.add("order", relation.by_name[key.name.lower()])
        elif isinstance(key, exp.Var | exp.Star) or key.name.upper() == "ALL":
            _add_columns("order", relation, tracer)
        else:
            tracer.keys.add("order", _ordinal(key, relation) or derive(key, scope, tracer))


def _add_columns(role: str, relation: Relation, tracer: Tracer) -> None:
    for _, value in relation.columns:
        tracer.keys.add(role, value)


def _ordinal(node: exp.Expression, relation: Relation) -> Derivation | None:
    """Return the output column that an ordinal in GROUP BY or ORDER BY names, None for others."""
    if not isinstance(node, exp.Literal) or node.is_string or not node.name.isdigit():
        return None
    place = int(node.name) - 1
    return relation.columns[place][1] if 0 <= place < len(relation.columns) else CONSTANT


def _set_operation(node: exp.SetOperation, scope: Scope, tracer: Tracer) -> Relation:
    """Return the relation of a chain of set operations, followed to its left without recursion."""
    chain: list[exp.SetOperation] = []
    first: exp.Expression = node
    while isinstance(first, exp.SetOperation):
        if first is not node and first.args.get("with_") is not None:
            break
        chain.append(first)
        first = first.this
    relation = query_relation(first, Scope(scope.ctes, scope), tracer)
    for operation in reversed(chain):
        right = query_relation(operation.expression, Scope(scope.ctes, scope), tracer)
        relation = _joined(operation, relation, right, tracer)
    _add_order(node, relation, Scope(scope.ctes, scope, [Source((), relation)]), tracer)
    return relation


def _joined(
    operation: exp.SetOperation, left: Relation, right: Relation, tracer: Tracer
) -> Relation:
    if operation.args.get("distinct"):
        for part in (left, right):
            _add_columns("group", part, tracer)
    if not isinstance(operation, exp.Union):
        _add_columns("filter", left, tracer)
        _add_columns("filter", right, tracer)
        return left
    if operation.args.get("by_name"):
        return _union_by_name(left, right)
    if left.rest is None and right.rest is None and len(left.columns) == len(right.columns):
        return Relation(
            tuple(
                (name, merge((value, other)))
                for (name, value), (_, other) in zip(left.columns, right.columns, strict=True)
            )
        )
    reason = "a set operation goes by position, and the number of columns of a part is not known"
    unknowns = combine(Kind.CONSTANT, [*_rests(left), *_rests(right)]).gaps
    rest = Derivation(Kind.CONSTANT, gaps=unknowns or gap(reason).gaps)
    # The positions of the left side's columns are known even when those of the right side are not.
    known = left.columns if left.rest is None else tuple((name, rest) for name, _ in left.columns)
    columns = tuple((name, combine(Kind.CONSTANT, [value, rest])) for name, value in known)
    return Relation(columns, lambda _: rest)


def _rests(relation: Relation) -> list[Derivation]:
    return [relation.rest("*")] if relation.rest is not None else []


def _union_by_name(left: Relation, right: Relation) -> Relation:
    def value(relation: Relation, name: str) -> list[Derivation]:
        found = relation.by_name.get(name.lower())
        if found is None and relation.rest is not None:
            found = relation.rest(name)
        return [found] if found is not None else []

    names = dict.fromkeys(left.by_name) | dict.fromkeys(right.by_name)
    spelled = {name.lower(): name for name, _ in (*right.columns, *left.columns)}
    columns = tuple(
        (spelled.get(name, name), merge([*value(left, name), *value(right, name)]))
        for name in names
    )
    if left.rest is None and right.rest is None:
        return Relation(columns)
    return Relation(columns, lambda name: merge([*value(left, name), *value(right, name)]))
