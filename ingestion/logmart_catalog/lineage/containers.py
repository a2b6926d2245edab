"""Derives lists, maps and JSON documents that a query builds."""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp

from logmart_catalog.lineage.derivation import Derivation, at_least, combine, element, merge, struct
from logmart_catalog.lineage.model import Kind
from logmart_catalog.lineage.scope import Scope
from logmart_catalog.lineage.structures import any_listed, joined, keyed, listed
from logmart_catalog.lineage.subscripts import subscripted
from logmart_catalog.lineage.tracer import Tracer

_PAIR = 2
# Dialects in which functions that concatenate lists treat NULL as an empty list.
_NULL_AS_EMPTY_DIALECTS = frozenset({"duckdb", "postgres"})
_Nodes = Sequence[exp.Expression]


def make_list(node: exp.Expression, scope: Scope, tracer: Tracer) -> Derivation:
    """Return the derivation of a list of values, or of the rows of a query."""
    items = list(node.iter_expressions())
    values = [tracer.value(item, scope, tracer) for item in items]
    if len(items) == 1 and isinstance(items[0], exp.Comprehension):
        return values[0]
    if any(isinstance(item, exp.Query) for item in items):
        return any_listed(at_least(merge(values), Kind.AGGREGATED))
    return listed(values if tracer.dialect == "duckdb" else _aligned(values))


def _aligned(values: Sequence[Derivation]) -> list[Derivation]:
    """Return the elements of an array of structs: the first element names the fields of all."""
    packed = [value.fields for value in values if value.fields is not None]
    if len(packed) != len(values) or len({len(fields) for fields in packed}) != 1:
        return list(values)
    return [struct(dict(zip(packed[0], fields.values(), strict=True))) for fields in packed]


def make_map(node: exp.Expression, scope: Scope, tracer: Tracer) -> Derivation:
    """Return the derivation of `map {key: value}`, with any subscripts after it applied.

    A key without quotes is a column.
    """
    subscripts: list[exp.Bracket] = []
    inner = node.this
    while isinstance(inner, exp.Bracket):
        subscripts.append(inner)
        inner = inner.this
    keys = [expression.this for expression in inner.expressions]
    values = [
        tracer.value(expression.expression, scope, tracer) for expression in inner.expressions
    ]
    found = _mapped(keys, listed(values), scope, tracer)
    for subscript in reversed(subscripts):
        found = subscripted(found, subscript, scope, tracer)
    return found


def map_of_lists(node: exp.Expression, scope: Scope, tracer: Tracer) -> Derivation:
    """Return the derivation of a map made of a list of keys and a list of values."""
    return _of_lists([node.args.get("keys"), node.args.get("values")], scope, tracer)


def _of_lists(children: Sequence[object], scope: Scope, tracer: Tracer) -> Derivation:
    keys, values = [child for child in children if isinstance(child, exp.Expression)] or (
        None,
        None,
    )
    if keys is None or values is None:
        return keyed({})
    value = tracer.value(values, scope, tracer)
    if isinstance(keys, exp.Array):
        return _mapped(keys.expressions, value, scope, tracer)
    return combine(Kind.TRANSFORMED, [value, tracer.value(keys, scope, tracer)])


def _mapped(keys: _Nodes, values: Derivation, scope: Scope, tracer: Tracer) -> Derivation:
    """Return the derivation of a map. In: its keys, and the derivation of the list of values."""
    if all(isinstance(key, exp.Literal) for key in keys):
        return keyed({key.name: element(values, place) for place, key in enumerate(keys)})
    others = [tracer.value(key, scope, tracer) for key in keys]
    return combine(Kind.TRANSFORMED, [values, *others])


def map_of_entries(node: exp.Expression, scope: Scope, tracer: Tracer) -> Derivation:
    """Return the derivation of a map made of a list of pairs."""
    items = node.this.expressions if isinstance(node.this, exp.Array) else []
    pairs = [
        [
            expression.expression if isinstance(expression, exp.PropertyEQ) else expression
            for expression in item.expressions
        ]
        for item in items
    ]
    if pairs and all(len(pair) == _PAIR and isinstance(pair[0], exp.Literal) for pair in pairs):
        values = (tracer.value(pair[1], scope, tracer) for pair in pairs)
        return keyed({pair[0].name: value for pair, value in zip(pairs, values, strict=True)})
    return combine(Kind.TRANSFORMED, [tracer.value(node.this, scope, tracer)])


def json_object(node: exp.Expression, scope: Scope, tracer: Tracer) -> Derivation:
    """Return the derivation of a JSON object that is written as pairs `key: value`."""
    pairs = node.expressions
    if not all(isinstance(pair, exp.JSONKeyValue) for pair in pairs):
        parts = (tracer.value(expression, scope, tracer) for expression in node.iter_expressions())
        return combine(Kind.TRANSFORMED, parts)
    return _json([part for pair in pairs for part in (pair.this, pair.expression)], scope, tracer)


def _json(children: _Nodes, scope: Scope, tracer: Tracer) -> Derivation:
    """Return the derivation of a JSON object whose arguments are keys and values in turn."""
    keys = children[::2]
    values = [tracer.value(child, scope, tracer) for child in children[1::2]]
    if len(keys) != len(values):
        parts = (tracer.value(child, scope, tracer) for child in children)
        return combine(Kind.TRANSFORMED, parts)
    return at_least(_mapped(keys, listed(values), scope, tracer), Kind.TRANSFORMED)


def json_list(node: exp.Expression, scope: Scope, tracer: Tracer) -> Derivation:
    """Return the derivation of a JSON array that sqlglot parses as such."""
    return _json_list(node.expressions, scope, tracer)


def _json_list(children: _Nodes, scope: Scope, tracer: Tracer) -> Derivation:
    values = (tracer.value(child, scope, tracer) for child in children)
    return at_least(listed(values), Kind.TRANSFORMED)


def _converted(children: _Nodes, scope: Scope, tracer: Tracer) -> Derivation:
    """Return the derivation of a value converted to a document: the structure stays."""
    value = at_least(tracer.value(children[0], scope, tracer), Kind.TRANSFORMED)
    if value.fields is None and value.elements is None:
        return combine(Kind.TRANSFORMED, [value])
    return value


def _joined(children: _Nodes, scope: Scope, tracer: Tracer) -> Derivation:
    parts = [tracer.value(child, scope, tracer) for child in children]
    return joined(parts, is_strict=tracer.dialect not in _NULL_AS_EMPTY_DIALECTS)


def _list(children: _Nodes, scope: Scope, tracer: Tracer) -> Derivation:
    return listed(tracer.value(child, scope, tracer) for child in children)


def _appended(children: _Nodes, scope: Scope, tracer: Tracer) -> Derivation:
    first, second = (tracer.value(child, scope, tracer) for child in children[:2])
    return joined([first, listed([second])])


def _prepended(children: _Nodes, scope: Scope, tracer: Tracer) -> Derivation:
    first, second = (tracer.value(child, scope, tracer) for child in children[:2])
    return joined([listed([second]), first])


def pipes(node: exp.Expression, scope: Scope, tracer: Tracer) -> Derivation:
    """Return the derivation of a chain of `||`; its left side is followed without recursion."""
    parts: list[Derivation] = []
    while isinstance(node, exp.DPipe):
        parts.append(tracer.value(node.expression, scope, tracer))
        node = node.this
    parts.append(tracer.value(node, scope, tracer))
    return joined(parts[::-1], is_strict=tracer.dialect != "postgres")


# Functions that build lists, maps and documents, by name.
CALLS = {
    **dict.fromkeys(("array_concat", "concat", "map_concat", "json_merge_patch"), _joined),
    **dict.fromkeys(("json_build_object", "jsonb_build_object", "object"), _json),
    **dict.fromkeys(("json_array", "json_build_array", "jsonb_build_array"), _json_list),
    **dict.fromkeys(
        ("to_json", "to_jsonb", "row_to_json", "json_format", "to_variant"), _converted
    ),
    **dict.fromkeys(("array_value", "list_pack", "array_pack", "list_value"), _list),
    "array_append": _appended,
    "array_prepend": _prepended,
    "mapfromarrays": _of_lists,
}
