"""Derives the values of calls: functions, aggregates, casts, and calls written with a dot."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sqlglot import exp
from sqlglot.errors import SqlglotError

from logmart_catalog.lineage import containers, functions, list_functions
from logmart_catalog.lineage.derivation import (
    CONSTANT,
    Derivation,
    at_least,
    combine,
    depending_on,
    gap,
    merge,
    struct,
    unpacked,
)
from logmart_catalog.lineage.functions import function_name, is_aggregate
from logmart_catalog.lineage.lambdas import HIGHER_ORDER, higher_order
from logmart_catalog.lineage.model import Kind
from logmart_catalog.lineage.repair import MARK, STAR_MARK
from logmart_catalog.lineage.scope import Scope, find
from logmart_catalog.lineage.structures import any_listed
from logmart_catalog.lineage.tracer import Tracer

_Call = Callable[[Sequence[exp.Expression], Scope, Tracer], Derivation]
# Dialects in which `column -> 'key'` reads JSON; as an argument, sqlglot parses it as a lambda.
_JSON_ARROW_DIALECTS = frozenset({"duckdb", "postgres", "redshift", "mysql", "sqlite"})


def function(node: exp.Expression, scope: Scope, tracer: Tracer) -> Derivation:
    """Return the derivation of a call of a function or an aggregate."""
    name = function_name(node)
    if name in (MARK, STAR_MARK):
        return gap(node.expressions[0].name)
    if name in functions.EXTERNAL_VALUES:
        return gap(f"{name}: {functions.EXTERNAL_VALUES[name]} holds the value")
    if is_aggregate(node, tracer.dialect):
        return _aggregate(node, name, scope, tracer)
    children = list(node.iter_expressions())
    if children and isinstance(children[0], exp.Lambda):  # ClickHouse's order.
        children = [*children[1:], children[0]]
    if any(_is_lambda(child, name, tracer) for child in children[1:]):
        return higher_order(name, children, scope, tracer)
    read = _BY_NAME.get(name) if children else None
    if read is not None:
        return read(children, scope, tracer)
    return combine(Kind.TRANSFORMED, (tracer.value(child, scope, tracer) for child in children))


def _is_lambda(node: exp.Expression, name: str, tracer: Tracer) -> bool:
    if not isinstance(node, exp.Lambda):
        return False
    return (
        bool(node.args.get("colon"))
        or name in HIGHER_ORDER
        or tracer.dialect not in _JSON_ARROW_DIALECTS
    )


def _aggregate(node: exp.Expression, name: str, scope: Scope, tracer: Tracer) -> Derivation:
    parts = [tracer.value(child, scope, tracer) for child in node.iter_expressions()]
    preserves_value = (
        isinstance(node, functions.VALUE_PRESERVING) or name in functions.VALUE_PRESERVING_NAMES
    )
    if preserves_value and parts:
        kept = at_least(depending_on(parts[0], parts[1:]), Kind.AGGREGATED)
        return any_listed(kept) if _is_list_aggregate(node, name) else kept
    return combine(Kind.AGGREGATED, parts)


def _is_list_aggregate(node: exp.Expression, name: str) -> bool:
    return isinstance(node, functions.LIST_AGGREGATES) or name in functions.LIST_AGGREGATE_NAMES


def distinct(node: exp.Expression, scope: Scope, tracer: Tracer) -> Derivation:
    """Return the derivation of an aggregate's distinct arguments."""
    parts = [tracer.value(expression, scope, tracer) for expression in node.expressions]
    return parts[0] if len(parts) == 1 else combine(Kind.TRANSFORMED, parts)


def having(node: exp.Expression, scope: Scope, tracer: Tracer) -> Derivation:
    """Return the derivation of an argument that is chosen by the MAX or MIN of another value."""
    chosen = tracer.value(node.this, scope, tracer)
    return depending_on(chosen, [tracer.value(node.expression, scope, tracer)])


def case(node: exp.Expression, scope: Scope, tracer: Tracer) -> Derivation:
    """Return the derivation of CASE: one of its values, depending on its conditions."""
    branches = node.args["ifs"]
    values = [*(branch.args["true"] for branch in branches), node.args.get("default")]
    return _chosen(
        values, [node.args.get("this"), *(branch.this for branch in branches)], scope, tracer
    )


def condition(node: exp.Expression, scope: Scope, tracer: Tracer) -> Derivation:
    """Return the derivation of `if(condition, value, other)`."""
    return _chosen([node.args["true"], node.args.get("false")], [node.this], scope, tracer)


def nullif(node: exp.Expression, scope: Scope, tracer: Tracer) -> Derivation:
    """Return the derivation of NULLIF: its first argument or NULL, depending on both arguments."""
    return _chosen([node.this, None], [node.this, node.expression], scope, tracer)


def coalesce(node: exp.Expression, scope: Scope, tracer: Tracer) -> Derivation:
    """Return the derivation of COALESCE: one of its arguments."""
    return _chosen([node.this, *node.expressions], [], scope, tracer)


def _chosen(
    values: Sequence[exp.Expression | None],
    conditions: Sequence[exp.Expression | None],
    scope: Scope,
    tracer: Tracer,
) -> Derivation:
    """Return the derivation of one of the values (None for NULL), depending on the conditions."""
    chosen_value = merge(
        CONSTANT if value is None else tracer.value(value, scope, tracer) for value in values
    )
    deciding = [tracer.value(node, scope, tracer) for node in conditions if node is not None]
    return depending_on(at_least(chosen_value, Kind.TRANSFORMED), deciding)


def cast(node: exp.Expression, scope: Scope, tracer: Tracer) -> Derivation:
    """Return the derivation of a cast. Fields of a struct are matched by name, or else by position;
    lists, maps and documents keep their elements.
    """
    value = tracer.value(node.this, scope, tracer)
    target = node.args["to"]
    if value.elements is not None and target.is_type(*functions.NESTED_TYPES):
        return at_least(value, Kind.TRANSFORMED)
    fields = unpacked(value) if target.is_type(*exp.DataType.STRUCT_TYPES) else {}
    names = [
        expression.name.lower()
        for expression in target.expressions
        if isinstance(expression, exp.ColumnDef)
    ]
    if not fields or len(fields) != len(names):
        return combine(Kind.TRANSFORMED, [value])
    if fields.keys() != set(names):
        fields = dict(zip(names, fields.values(), strict=True))
    return struct({name: at_least(field, Kind.TRANSFORMED) for name, field in fields.items()})


def first_argument(node: exp.Expression, scope: Scope, tracer: Tracer) -> Derivation:
    """Return the derivation of a call that depends on its first argument alone."""
    return combine(Kind.TRANSFORMED, [tracer.value(node.this, scope, tracer)])


def _changed_struct(children: Sequence[exp.Expression], scope: Scope, tracer: Tracer) -> Derivation:
    """Return the derivation of a struct with fields added or replaced."""
    value = tracer.value(children[0], scope, tracer)
    changed_fields = {
        child.this.name.lower(): tracer.value(child, scope, tracer) for child in children[1:]
    }
    fields = unpacked(value)
    if not fields:
        return combine(Kind.TRANSFORMED, [value, *changed_fields.values()])
    if fields.keys() & changed_fields.keys():
        return struct({**fields, **changed_fields})
    whole = combine(Kind.TRANSFORMED, [value, *changed_fields.values()])
    return Derivation(whole.kind, whole.parents, whole.gaps, {**fields, **changed_fields})


def _named_struct(children: Sequence[exp.Expression], scope: Scope, tracer: Tracer) -> Derivation:
    """Return the derivation of `named_struct('a', x, 'b', y)`."""
    names, values = children[::2], children[1::2]
    if len(names) != len(values) or not all(name.is_string for name in names):
        return combine(Kind.TRANSFORMED, (tracer.value(child, scope, tracer) for child in children))
    found = (tracer.value(value, scope, tracer) for value in values)
    return struct({name.name: value for name, value in zip(names, found, strict=True)})


def _row(children: Sequence[exp.Expression], scope: Scope, tracer: Tracer) -> Derivation:
    """Return the derivation of a row whose fields have no names."""
    items = enumerate(children, start=1)
    return struct({str(place): tracer.value(item, scope, tracer) for place, item in items})


_BY_NAME: dict[str, _Call] = {
    **containers.CALLS,
    **list_functions.CALLS,
    "named_struct": _named_struct,
    "row": _row,
    "struct_insert": _changed_struct,
    "struct_update": _changed_struct,
}


def method(node: exp.Expression, scope: Scope, tracer: Tracer) -> Derivation:
    """Return the derivation of `value.function(...)` or `schema.function(...)`."""
    called = node.expression
    names = dotted(node.this)
    is_value = not names or (tracer.dialect == "duckdb" and find(names, scope) is not None)
    if not is_value:
        return tracer.value(called, scope, tracer)
    if not isinstance(called, exp.Anonymous):
        parts = [tracer.value(operand, scope, tracer) for operand in (node.this, called)]
        return combine(Kind.TRANSFORMED, parts)
    arguments = [node.this, *called.expressions]
    try:
        plain: exp.Expression = exp.func(called.name, *arguments, dialect=tracer.dialect)
    except (SqlglotError, ValueError):
        plain = exp.Anonymous(
            this=called.name, expressions=[argument.copy() for argument in arguments]
        )
    return tracer.value(plain, scope, tracer)


def dotted(node: exp.Expression) -> list[str]:
    """Return the names of `a.b.c`, an empty list when the expression is no dotted name."""
    if isinstance(node, exp.Identifier):
        return [node.name]
    if isinstance(node, exp.Dot) and isinstance(node.expression, exp.Identifier):
        before = dotted(node.this)
        return [*before, node.expression.name] if before else []
    return []
