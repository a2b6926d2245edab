"""Derives the values of scalar expressions."""

from __future__ import annotations

from collections.abc import Callable

from sqlglot import exp

from logmart_catalog.lineage import calls, containers, functions, subscripts
from logmart_catalog.lineage.derivation import (
    CONSTANT,
    ROWS,
    Derivation,
    at_least,
    combine,
    depending_on,
    element,
    field,
    gap,
    struct,
)
from logmart_catalog.lineage.lambdas import higher_order
from logmart_catalog.lineage.model import Kind
from logmart_catalog.lineage.scope import Scope, resolve
from logmart_catalog.lineage.stars import matched_columns, star_of
from logmart_catalog.lineage.structures import any_listed, each
from logmart_catalog.lineage.tracer import Tracer

_LEAVES = (exp.Literal, exp.DataType, exp.JSONPath, exp.Var, exp.Null, exp.Boolean, exp.Star)
_Handler = Callable[[exp.Expression, Scope, Tracer], Derivation]
_QUERIES = (exp.Select, exp.SetOperation, exp.Subquery, exp.Pivot, exp.Table)


def derive(node: exp.Expression | None, scope: Scope, tracer: Tracer) -> Derivation:
    """Return the derivation of an expression. Its keys are added to the tracer's."""
    if node is None:
        return gap("an expression is missing")
    families = (read for family, read in _FAMILIES if isinstance(node, family))
    read = _HANDLERS.get(type(node)) or next(families, _operator)
    return read(node, scope, tracer)


def add_keys(role: str, nodes: list[exp.Expression], scope: Scope, tracer: Tracer) -> None:
    """Add the parents of these expressions to the tracer's keys, in a role."""
    for node in nodes:
        tracer.keys.add(role, derive(node, scope, tracer))


def _operator(node: exp.Expression, scope: Scope, tracer: Tracer) -> Derivation:
    """Return the derivation of an operator; nested operators are followed without recursion."""
    parts, waiting = [], [node]
    while waiting:
        for child in waiting.pop().iter_expressions():
            if isinstance(child, _LEAVES):
                continue
            if isinstance(child, exp.Binary) and type(child) not in _HANDLERS:
                waiting.append(child)
            else:
                parts.append(derive(child, scope, tracer))
    return combine(Kind.TRANSFORMED, parts)


def _leaf(node: exp.Expression, scope: Scope, tracer: Tracer) -> Derivation:
    return CONSTANT


def _position(node: exp.Expression, scope: Scope, tracer: Tracer) -> Derivation:
    return ROWS


def _scalar(node: exp.Expression, scope: Scope, tracer: Tracer) -> Derivation:
    relation = tracer.query(node, scope, tracer)
    if relation.rest is None and len(relation.columns) == 1:
        return relation.columns[0][1]
    return relation.as_struct()


def _column(node: exp.Expression, scope: Scope, tracer: Tracer) -> Derivation:
    if isinstance(node.this, exp.Star):
        return combine(Kind.TRANSFORMED, [resolve([node.text("table")], scope)])
    assert isinstance(node, exp.Column)
    if isinstance(node.this, exp.Literal):
        names = [part.name for part in node.parts[:-1]]
        return element(resolve(names, scope), int(node.name) - 1)
    return resolve([part.name for part in node.parts], scope)


def _identifier(node: exp.Expression, scope: Scope, tracer: Tracer) -> Derivation:
    return resolve([node.name], scope)


def _positional(node: exp.Expression, scope: Scope, tracer: Tracer) -> Derivation:
    """Return the derivation of `#2`, the second column of the sources."""
    known, place = star_of(scope), int(node.name)
    if known.rest is not None or not 0 < place <= len(known.columns):
        return gap(f"which column #{place} is cannot be told")
    return known.columns[place - 1][1]


def _parameter(node: exp.Expression, scope: Scope, tracer: Tracer) -> Derivation:
    return gap(f"{node.sql(tracer.dialect)}: a parameter holds the value")


def _inner_value(node: exp.Expression, scope: Scope, tracer: Tracer) -> Derivation:
    return derive(node.this, scope, tracer)


def _named_argument(node: exp.Expression, scope: Scope, tracer: Tracer) -> Derivation:
    return derive(node.expression, scope, tracer)


def _dot(node: exp.Expression, scope: Scope, tracer: Tracer) -> Derivation:
    if isinstance(node.expression, exp.Func):
        return calls.method(node, scope, tracer)
    names = calls.dotted(node)
    if names:
        return resolve(names, scope)
    value = derive(node.this, scope, tracer)
    if isinstance(node.expression, exp.Identifier):
        return field(value, node.expression.name)
    if isinstance(node.expression, exp.Literal):
        return subscripts.dotted_place(node, scope, tracer)
    return combine(Kind.TRANSFORMED, [value, derive(node.expression, scope, tracer)])


def _struct_extract(node: exp.Expression, scope: Scope, tracer: Tracer) -> Derivation:
    value = derive(node.this, scope, tracer)
    key = node.expression
    if not key.is_string:
        return subscripts.one_based_element([node.this, key], scope, tracer)
    return subscripts.by_key(value, key.name)


def _struct(node: exp.Expression, scope: Scope, tracer: Tracer) -> Derivation:
    fields = {}
    for place, item in enumerate(node.expressions, start=1):
        name = item.this.name if isinstance(item, exp.PropertyEQ) else item.alias_or_name
        is_named = name and name.lower() not in fields and not isinstance(item, exp.Literal)
        fields[name.lower() if is_named else str(place)] = derive(item, scope, tracer)
    return struct(fields)


def _tuple(node: exp.Expression, scope: Scope, tracer: Tracer) -> Derivation:
    """Return the derivation of a row whose fields have no names."""
    items = enumerate(node.expressions, start=1)
    return struct({str(place): derive(item, scope, tracer) for place, item in items})


def _comprehension(node: exp.Expression, scope: Scope, tracer: Tracer) -> Derivation:
    elements = derive(node.args["iterator"], scope, tracer)
    place = node.args.get("position")
    places = {place.name.lower(): CONSTANT} if place else {}
    condition = node.args.get("condition")

    def within(item: Derivation) -> Scope:
        return scope.within({node.expression.name.lower(): item, **places})

    if condition is None:
        return each(elements, lambda item: derive(node.this, within(item), tracer))
    inner = within(at_least(element(elements), Kind.TRANSFORMED))
    value = any_listed(at_least(derive(node.this, inner, tracer), Kind.TRANSFORMED))
    return depending_on(value, [derive(condition, inner, tracer)])


def _exists(node: exp.Expression, scope: Scope, tracer: Tracer) -> Derivation:
    if isinstance(node.this, _QUERIES):
        tracer.query(node.this, scope, tracer)
        return ROWS
    return higher_order("exists", list(node.iter_expressions()), scope, tracer)


def _window(node: exp.Expression, scope: Scope, tracer: Tracer) -> Derivation:
    add_keys("partition", node.args.get("partition_by") or [], scope, tracer)
    if node.args.get("order") is not None:
        add_keys("order", node.args["order"].expressions, scope, tracer)
    for name in (node.text("alias"), node.text("first")):
        base = scope.windows.get(name.lower())
        if base is not None and base is not node:
            _window(base, scope, tracer)
    if isinstance(node.this, exp.Identifier):
        return ROWS
    return at_least(derive(node.this, scope, tracer), Kind.AGGREGATED)


def _filter(node: exp.Expression, scope: Scope, tracer: Tracer) -> Derivation:
    value = derive(node.this, scope, tracer)
    return depending_on(value, [derive(node.expression.this, scope, tracer)])


def _ordered(node: exp.Expression, scope: Scope, tracer: Tracer) -> Derivation:
    add_keys("order", node.expressions, scope, tracer)
    return derive(node.this, scope, tracer)


def _within_group(node: exp.Expression, scope: Scope, tracer: Tracer) -> Derivation:
    """Return the derivation of an ordered-set aggregate. If it has no argument of its own, its
    argument is the ORDER BY expression.
    """
    value = derive(node.this, scope, tracer)
    if value.parents or value.gaps:
        add_keys("order", node.expression.expressions, scope, tracer)
        return value
    ordered = [derive(expression, scope, tracer) for expression in node.expression.expressions]
    return combine(Kind.AGGREGATED, ordered)


def _unnest(node: exp.Expression, scope: Scope, tracer: Tracer) -> Derivation:
    listed = node.this if isinstance(node.this, exp.Expression) else node.expressions[0]
    item = at_least(element(derive(listed, scope, tracer)), Kind.TRANSFORMED)
    tracer.keys.add("unnest", item)
    return item


def _columns(node: exp.Expression, scope: Scope, tracer: Tracer) -> Derivation:
    if scope.matched is not None and not node.args.get("unpack"):
        return scope.matched
    found = matched_columns(node.this, scope)
    parts = [value for _, value in found.columns]
    if found.rest is not None:
        parts.append(found.rest("columns(...)"))
    return combine(Kind.TRANSFORMED, parts)


_HANDLERS: dict[type[exp.Expression], _Handler] = {
    exp.Array: containers.make_list,
    exp.Case: calls.case,
    exp.Cast: calls.cast,
    exp.Coalesce: calls.coalesce,
    exp.Column: _column,
    exp.Distinct: calls.distinct,
    exp.HavingMax: calls.having,
    exp.Identifier: _identifier,
    exp.If: calls.condition,
    exp.IgnoreNulls: _inner_value,
    exp.JSONValue: subscripts.extracted,
    exp.Lambda: subscripts.arrow_extracted,
    exp.Nullif: calls.nullif,
    exp.Parameter: _parameter,
    exp.Placeholder: _parameter,
    exp.PositionalColumn: _positional,
    exp.RespectNulls: _inner_value,
    exp.SessionParameter: _parameter,
    exp.ToMap: containers.make_map,
    exp.Map: containers.map_of_lists,
    exp.VarMap: containers.map_of_lists,
    exp.MapFromEntries: containers.map_of_entries,
    exp.JSONObject: containers.json_object,
    exp.JSONArray: containers.json_list,
    exp.JSONExtract: subscripts.extracted,
    exp.JSONExtractScalar: subscripts.extracted,
    exp.JSONBExtract: subscripts.extracted,
    exp.JSONBExtractScalar: subscripts.extracted,
    exp.GetExtract: subscripts.get_element,
    exp.TryCast: calls.cast,
    exp.Alias: _inner_value,
    exp.PivotAlias: _inner_value,
    exp.Paren: _inner_value,
    exp.Limit: _inner_value,
    exp.Ordered: _inner_value,
    exp.PropertyEQ: _named_argument,
    exp.Kwarg: _named_argument,
    exp.Dot: _dot,
    exp.Bracket: subscripts.bracket,
    exp.DPipe: containers.pipes,
    exp.StructExtract: _struct_extract,
    exp.Struct: _struct,
    exp.Tuple: _tuple,
    exp.Comprehension: _comprehension,
    exp.Exists: _exists,
    exp.Window: _window,
    exp.Filter: _filter,
    exp.Order: _ordered,
    exp.WithinGroup: _within_group,
    exp.Explode: _unnest,
    exp.Unnest: _unnest,
    exp.Columns: _columns,
}
# Handlers for other expressions: the first tuple of base classes that matches counts.
_FAMILIES: tuple[tuple[tuple[type[exp.Expression], ...], _Handler], ...] = (
    (_LEAVES, _leaf),
    (_QUERIES, _scalar),
    (functions.ROW_NUMBERING, _position),
    ((exp.Func,), calls.function),
)
