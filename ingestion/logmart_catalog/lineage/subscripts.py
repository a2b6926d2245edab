"""What subscripts, keys and paths choose of lists, maps and JSON documents."""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp
from sqlglot.dialects.dialect import Dialect

from logmart_catalog.lineage.derivation import Derivation, combine, decided, element, field, raised
from logmart_catalog.lineage.model import Kind
from logmart_catalog.lineage.scope import Scope
from logmart_catalog.lineage.structures import any_listed, listed
from logmart_catalog.lineage.tracer import Tracer

_NOWHERE = 1 << 40  # A place that no list has.
# Where sqlglot does not know that lists begin at 1, as it does not of Athena, which is Trino.
_BEGINS_AT_ONE = frozenset({"athena"})
# Where `list[-1]` is the last element.
_FROM_THE_END = frozenset({"duckdb", "clickhouse"})
_VALUE_AND_KEY = 2
_Nodes = Sequence[exp.Expression]


def bracket(node: exp.Expression, scope: Scope, tracer: Tracer) -> Derivation:
    """Return the derivation of `value[index]`: an element, a field, or a slice."""
    assert isinstance(node, exp.Bracket)
    return chosen(tracer.value(node.this.unnest(), scope, tracer), node, scope, tracer)


def chosen(value: Derivation, node: exp.Bracket, scope: Scope, tracer: Tracer) -> Derivation:
    """Return the derivation of what a subscript chooses of a value."""
    index = node.expressions[0] if len(node.expressions) == 1 else None
    if isinstance(index, exp.Literal) and index.is_string:
        return by_key(value, index.name)
    place = _number(index)
    if value.elements is None and value.fields is None or index is None or place is None:
        conditions = [tracer.value(one, scope, tracer) for one in node.expressions]
        is_slice = any(isinstance(one, exp.Slice) for one in node.expressions)
        some = any_listed(element(value)) if is_slice else element(value)
        return decided(some, conditions)
    offset = node.args.get("offset")
    begin = Dialect.get_or_raise(tracer.dialect).INDEX_OFFSET if offset is None else offset
    written = place + (begin if offset is None else 0)
    if offset is None and tracer.dialect in _BEGINS_AT_ONE:
        begin = 1
    return _at(value, written, begin, offset is not None or tracer.dialect in _FROM_THE_END)


def _at(value: Derivation, written: int, begin: int, from_end: bool) -> Derivation:
    """Return an element by its number as it is written, where lists begin at `begin`."""
    if value.elements is not None and not value.elements.is_list:
        return element(value, str(written))
    place = written - begin if written >= begin else _NOWHERE
    return element(value, written if written < 0 and from_end else place)


def _number(node: exp.Expression | None) -> int | None:
    sign = 1
    if isinstance(node, exp.Neg):
        node, sign = node.this, -1
    is_number = isinstance(node, exp.Literal) and not node.is_string and node.name.isdigit()
    return sign * int(node.name) if node is not None and is_number else None


def by_key(value: Derivation, name: str) -> Derivation:
    """Return the derivation of `value['name']`: a struct's field, or a value of a map."""
    if value.elements is not None and value.fields is None:
        return element(value, name)
    is_struct = value.type is not None and value.type.children and value.type.name != "MAP"
    if value.fields is not None or is_struct:
        return field(value, name)
    return combine(Kind.TRANSFORMED, [value])


def extracted(node: exp.Expression, scope: Scope, tracer: Tracer) -> Derivation:
    """Return the derivation of what a path or key chooses of a document."""
    path = node.args.get("path") or node.args.get("expression")
    return _extracted([node.this, *([path] if path is not None else [])], scope, tracer)


def _extracted(children: _Nodes, scope: Scope, tracer: Tracer) -> Derivation:
    value = tracer.value(children[0], scope, tracer)
    keys: list[int | str | None] = []
    for one in children[1:]:
        known = _path(one)
        if known is None:
            rest = [tracer.value(other, scope, tracer) for other in children[1:]]
            return combine(Kind.TRANSFORMED, [value, *rest])
        keys.extend(known)
    for key in keys:
        if value.fields is None and value.elements is None:
            return combine(Kind.TRANSFORMED, [value])
        value = element(value, key)
    return raised(value, Kind.TRANSFORMED)


def _path(node: exp.Expression) -> list[int | str | None] | None:
    """Return the keys and places of a path, None where it is none that is written out."""
    if isinstance(node, exp.Literal) and not node.is_string:
        return [int(node.name)] if node.name.isdigit() else None
    if isinstance(node, exp.Literal):
        text = node.name.strip()
        if text.startswith("{"):
            return [one.strip(' "') for one in text.strip("{}").split(",")]
        mode, _, rest = text.partition(" ")
        text = rest.strip() if mode in ("lax", "strict") else text
        if not text.startswith("$"):
            return [text]
        found = Dialect.get_or_raise("").to_json_path(exp.Literal.string(text))
        return _path(found) if isinstance(found, exp.JSONPath) else None
    if not isinstance(node, exp.JSONPath):
        return None
    parts = [one for one in node.expressions if not isinstance(one, exp.JSONPathRoot)]
    return [one.this if isinstance(one.this, int | str) else None for one in parts]


def dotted_place(node: exp.Expression, scope: Scope, tracer: Tracer) -> Derivation:
    """Return the derivation of `row.2`, a field by its number."""
    value = tracer.value(node.this, scope, tracer)
    return element(value, int(node.expression.name) - 1)


def _numbered(begin: int, children: _Nodes, scope: Scope, tracer: Tracer) -> Derivation:
    """Return the derivation of a call that chooses by number or key."""
    value = tracer.value(children[0], scope, tracer)
    index = children[-1] if len(children) == _VALUE_AND_KEY else None
    place = _number(index)
    if isinstance(index, exp.Literal) and index.is_string:
        return by_key(value, index.name)
    if place is not None and (value.elements is not None or value.fields is not None):
        return _at(value, place, begin, from_end=begin == 1)
    return decided(element(value), [tracer.value(one, scope, tracer) for one in children[1:]])


def from_one(children: _Nodes, scope: Scope, tracer: Tracer) -> Derivation:
    """Return the derivation of `list_extract(list, 1)` and its kin."""
    return _numbered(1, children, scope, tracer)


def from_zero(children: _Nodes, scope: Scope, tracer: Tracer) -> Derivation:
    """Return the derivation of `get(list, 0)`."""
    return _numbered(0, children, scope, tracer)


def got(node: exp.Expression, scope: Scope, tracer: Tracer) -> Derivation:
    """Return the derivation of `get(value, key)` where the parser knows it."""
    return _numbered(0, [node.this, node.expression], scope, tracer)


def _listed_value(children: _Nodes, scope: Scope, tracer: Tracer) -> Derivation:
    """Return the derivation of DuckDB's `map_extract`: the list of a key's value."""
    value = tracer.value(children[0], scope, tracer)
    if value.elements is None:
        return _numbered(1, children, scope, tracer)
    return listed([_numbered(1, children, scope, tracer)])


def _first(children: _Nodes, scope: Scope, tracer: Tracer) -> Derivation:
    return _only(children, scope, tracer, 0)


def _last(children: _Nodes, scope: Scope, tracer: Tracer) -> Derivation:
    return _only(children, scope, tracer, -1)


def _only(children: _Nodes, scope: Scope, tracer: Tracer, place: int) -> Derivation:
    value = element(tracer.value(children[0], scope, tracer), place)
    return decided(value, [tracer.value(one, scope, tracer) for one in children[1:]])


def _some(children: _Nodes, scope: Scope, tracer: Tracer) -> Derivation:
    """Return the derivation of a list of some of a list's elements, or of all in another order."""
    value = any_listed(element(tracer.value(children[0], scope, tracer)))
    return decided(value, [tracer.value(one, scope, tracer) for one in children[1:]])


def _flattened(children: _Nodes, scope: Scope, tracer: Tracer) -> Derivation:
    return any_listed(element(element(tracer.value(children[0], scope, tracer))))


def _values(children: _Nodes, scope: Scope, tracer: Tracer) -> Derivation:
    value = tracer.value(children[0], scope, tracer)
    if value.elements is None or value.elements.is_list:
        return combine(Kind.TRANSFORMED, [value])
    return listed(value.elements.known.values())


# Functions of lists, maps and documents by name.
CALLS = {
    **dict.fromkeys(("list_extract", "list_element", "array_extract", "arrayelement"), from_one),
    **dict.fromkeys(("struct_extract_at", "tupleelement", "map_extract_value"), from_one),
    **dict.fromkeys(("map_extract", "element_at"), _listed_value),
    **dict.fromkeys(("list_first", "array_first"), _first),
    **dict.fromkeys(("list_last", "array_last"), _last),
    **dict.fromkeys(("list_distinct", "list_filter", "list_reverse", "list_reverse_sort"), _some),
    **dict.fromkeys(("list_slice", "list_sort", "array_distinct", "array_filter"), _some),
    **dict.fromkeys(("array_slice", "array_sort", "filter", "sort_array", "array_reverse"), _some),
    **dict.fromkeys(("json_value", "json_query", "jsonb_extract_path"), _extracted),
    **dict.fromkeys(("jsonb_extract_path_text", "json_extract_path"), _extracted),
    **dict.fromkeys(("map_values", "mapvalues"), _values),
    "flatten": _flattened,
    "get": from_zero,
}
