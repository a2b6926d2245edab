"""Derives the values of functions that take lambdas."""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp

from logmart_catalog.lineage.derivation import (
    CONSTANT,
    Derivation,
    at_least,
    combine,
    depending_on,
    element,
    merge,
)
from logmart_catalog.lineage.model import Kind
from logmart_catalog.lineage.scope import Scope
from logmart_catalog.lineage.structures import any_listed, each
from logmart_catalog.lineage.tracer import Tracer

# Functions that return the lambda's values. A second parameter is the element's index.
_TRANSFORMING = frozenset(
    {"list_transform", "list_apply", "array_transform", "array_apply", "apply", "transform"}
    | {"arraymap"}
)
_LAMBDA_VALUED = _TRANSFORMING | frozenset(
    {"any_match", "all_match", "none_match", "exists", "forall", "zip_with"}
    | {"arrayall", "arraycount", "arrayexists", "arraysum"}
)
# Functions that return elements of the list, chosen by the lambda.
_FILTERING = frozenset({"list_filter", "array_filter", "arrayfilter", "filter"})
_FOLDING = frozenset({"list_reduce", "array_reduce", "reduce", "aggregate"})
HIGHER_ORDER = _LAMBDA_VALUED | _FILTERING | _FOLDING


def higher_order(
    name: str, children: Sequence[exp.Expression], scope: Scope, tracer: Tracer
) -> Derivation:
    """Return the derivation of a function of lists and lambdas. In: its arguments, in order."""
    functions = [child for child in children[1:] if isinstance(child, exp.Lambda)]
    others = [child for child in children[1:] if not isinstance(child, exp.Lambda)]
    values = [tracer.value(child, scope, tracer) for child in (children[0], *others)]
    if name in _TRANSFORMING and len(values) == len(functions) == 1:
        return _transformed(values[0], functions[0], scope, tracer)
    listed = [at_least(element(value), Kind.TRANSFORMED) for value in values]
    if name in _FOLDING:
        return _folded(listed, functions, scope, tracer)
    bound = [_bind(name, function, listed) for function in functions]
    bodies = [
        tracer.value(function.this, scope.within(values), tracer)
        for function, values in zip(functions, bound, strict=True)
    ]
    if name in _LAMBDA_VALUED and any(map(_reads_elements, functions, bound)):
        return at_least(merge(bodies), Kind.TRANSFORMED)
    return depending_on(any_listed(listed[0]), [*listed[1:], *bodies])


def _transformed(
    value: Derivation, function: exp.Lambda, scope: Scope, tracer: Tracer
) -> Derivation:
    """Return the derivation of a list to whose elements a lambda is applied."""
    name, *places = [expression.name.lower() for expression in function.expressions]
    constants = dict.fromkeys(places, CONSTANT)

    def make(item: Derivation) -> Derivation:
        return tracer.value(function.this, scope.within({name: item, **constants}), tracer)

    made = each(value, make)
    return made if _reads(function, name) else depending_on(made, [element(value)])


def _bind(name: str, function: exp.Lambda, listed: Sequence[Derivation]) -> dict[str, Derivation]:
    """Return the derivations of a lambda's parameters. An index is a constant."""
    names = [expression.name.lower() for expression in function.expressions]
    if len(listed) == len(names):
        return dict(zip(names, listed, strict=True))
    if name in _LAMBDA_VALUED | _FILTERING:
        return {
            parameter: CONSTANT if place else listed[0] for place, parameter in enumerate(names)
        }
    return dict.fromkeys(names, combine(Kind.TRANSFORMED, listed) if listed[1:] else listed[0])


def _reads_elements(function: exp.Lambda, bound: dict[str, Derivation]) -> bool:
    """Whether a lambda's value depends on the elements, not only on their number."""
    return any(_reads(function, name) for name, value in bound.items() if value is not CONSTANT)


def _reads(function: exp.Lambda, name: str) -> bool:
    return any(
        identifier.name.lower() == name for identifier in function.this.find_all(exp.Identifier)
    )


def _folded(
    listed: Sequence[Derivation],
    functions: Sequence[exp.Lambda],
    scope: Scope,
    tracer: Tracer,
) -> Derivation:
    """Return the derivation of a fold. The first lambda takes the accumulator and an element; a
    second one, if any, takes the result. The first is read again until the accumulator gains no
    parent.
    """
    element, gathered = listed[0], listed[1] if listed[1:] else listed[0]
    names = [expression.name.lower() for expression in functions[0].expressions]
    if names[1:] and not _reads(functions[0], names[1]):
        gathered = depending_on(gathered, [element])
    while True:
        values = dict(zip(names, (gathered, element, CONSTANT), strict=False))
        body = tracer.value(functions[0].this, scope.within(values), tracer)
        grown = merge([gathered, body])
        if (grown.parents, grown.gaps) == (gathered.parents, gathered.gaps):
            break
        gathered = grown
    for function in functions[1:]:
        result = {expression.name.lower(): gathered for expression in function.expressions}
        gathered = tracer.value(function.this, scope.within(result), tracer)
    return at_least(gathered, Kind.TRANSFORMED)
