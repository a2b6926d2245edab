"""Derives elements of lists, maps and JSON documents that subscripts, keys and paths choose."""

from __future__ import annotations

import re
from collections.abc import Sequence

from sqlglot import exp
from sqlglot.dialects.dialect import Dialect

from logmart_catalog.lineage.derivation import (
    Derivation,
    at_least,
    combine,
    depending_on,
    element,
    field,
)
from logmart_catalog.lineage.model import Kind
from logmart_catalog.lineage.scope import Scope, resolve
from logmart_catalog.lineage.structures import any_listed, listed
from logmart_catalog.lineage.tracer import Tracer

_NO_SUCH_INDEX = 1 << 40  # An index beyond the end of every list.
# Dialects whose lists begin at 1 although sqlglot says 0. Athena is Trino.
_ONE_BASED_DIALECTS = frozenset({"athena"})
# Dialects in which `list[-1]` is the last element.
_NEGATIVE_INDEX_DIALECTS = frozenset({"duckdb", "clickhouse"})
_VALUE_AND_KEY = 2
_EXTRACTS = (exp.JSONExtract, exp.JSONExtractScalar)
_JSON_PATH_STEP = re.compile(
    r"""\[(\d+)\]|\[#-(\d+)\]|\."([^"]+)"|\.(\w+)|\['([^']+)'\]|\["([^"]+)"\]"""
)
_Nodes = Sequence[exp.Expression]


def bracket(node: exp.Expression, scope: Scope, tracer: Tracer) -> Derivation:
    """Return the derivation of `value[index]`: an element, a field, or a slice."""
    assert isinstance(node, exp.Bracket)
    return subscripted(tracer.value(node.this.unnest(), scope, tracer), node, scope, tracer)


def subscripted(value: Derivation, node: exp.Bracket, scope: Scope, tracer: Tracer) -> Derivation:
    """Return the derivation of a value with a subscript."""
    index = node.expressions[0] if len(node.expressions) == 1 else None
    if isinstance(index, exp.Literal) and index.is_string:
        return by_key(value, index.name)
    place = literal_integer(index)
    if value.elements is None and value.fields is None or index is None or place is None:
        conditions = [tracer.value(expression, scope, tracer) for expression in node.expressions]
        if isinstance(index, exp.Slice):
            start, end = index.args.get("this"), index.args.get("expression")
            return depending_on(list_slice(value, start, end, _begin(tracer)), conditions)
        return depending_on(element(value), conditions)
    offset = node.args.get("offset")
    begin = _begin(tracer) if offset is None else offset
    return _element_at(
        value, place, begin, offset is not None or tracer.dialect in _NEGATIVE_INDEX_DIALECTS
    )


def _begin(tracer: Tracer) -> int:
    """Return the index of a list's first element in the tracer's dialect."""
    if tracer.dialect in _ONE_BASED_DIALECTS:
        return 1
    begin: int = Dialect.get_or_raise(tracer.dialect).INDEX_OFFSET
    return begin


def _element_at(value: Derivation, written: int, begin: int, from_end: bool) -> Derivation:
    """Return the element at an index as written in SQL. In: `begin`, a list's first index."""
    if value.elements is not None and not value.elements.is_list:
        return element(value, str(written))
    place = written - begin if written >= begin else _NO_SUCH_INDEX
    return element(value, written if written < 0 and from_end else place)


def literal_integer(node: exp.Expression | None) -> int | None:
    """Return the value of an integer literal, None for other expressions."""
    sign = 1
    if isinstance(node, exp.Neg):
        node, sign = node.this, -1
    is_number = isinstance(node, exp.Literal) and not node.is_string and node.name.isdigit()
    return sign * int(node.name) if node is not None and is_number else None


def by_key(value: Derivation, name: str) -> Derivation:
    """Return the derivation of `value['name']`: a field of a struct, or a value of a map."""
    if value.elements is not None and value.fields is None:
        return element(value, name)
    is_struct = value.type is not None and value.type.children and value.type.name != "MAP"
    if value.fields is not None or is_struct:
        return field(value, name)
    return combine(Kind.TRANSFORMED, [value])


def extracted(node: exp.Expression, scope: Scope, tracer: Tracer) -> Derivation:
    """Return the derivation of the part of a document at a path or key."""
    path = node.args.get("path") or node.args.get("expression")
    return call_extracted([node.this, *([path] if path is not None else [])], scope, tracer)


def call_extracted(children: _Nodes, scope: Scope, tracer: Tracer) -> Derivation:
    """Return the derivation of the part of the first argument at the paths in the others."""
    value = tracer.value(children[0], scope, tracer)
    if isinstance(children[-1], exp.Array):
        paths = children[-1].expressions
        return listed(call_extracted([children[0], path], scope, tracer) for path in paths)
    return _at_paths(value, children[1:], scope, tracer)


def arrow_extracted(node: exp.Expression, scope: Scope, tracer: Tracer) -> Derivation:
    """Return the derivation of `column -> 'key'` when sqlglot parsed it as a lambda."""
    columns = [resolve([expression.name], scope) for expression in node.expressions]
    paths: list[exp.Expression] = []
    inner = node.this
    while isinstance(inner, _EXTRACTS):
        paths.insert(0, inner.expression)
        inner = inner.this
    if len(columns) == 1 and isinstance(inner, exp.Literal):
        return _at_paths(columns[0], [inner, *paths], scope, tracer)
    return combine(Kind.TRANSFORMED, [*columns, tracer.value(node.this, scope, tracer)])


def _at_paths(value: Derivation, paths: _Nodes, scope: Scope, tracer: Tracer) -> Derivation:
    """Return the derivation of the part of a document at several paths, applied in turn."""
    known = [_path_keys(path) for path in paths]
    if None in known:
        others = (tracer.value(path, scope, tracer) for path in paths)
        return combine(Kind.TRANSFORMED, [value, *others])
    for key in (key for keys in known for key in keys or []):
        if value.fields is None and value.elements is None:
            return combine(Kind.TRANSFORMED, [value])
        value = element(value, key)
    return at_least(value, Kind.TRANSFORMED)


def _path_keys(node: exp.Expression) -> list[int | str | None] | None:
    """Return the keys and indexes of a literal path, None for other expressions."""
    if isinstance(node, exp.JSONPath):
        parts = [
            expression
            for expression in node.expressions
            if not isinstance(expression, exp.JSONPathRoot)
        ]
        return [part.this if isinstance(part.this, int | str) else None for part in parts]
    if not isinstance(node, exp.Literal):
        return None
    text = node.name.strip()
    if not node.is_string:
        return [int(text)] if text.isdigit() else None
    if text.startswith("{"):
        return [key.strip(' "') for key in text.strip("{}").split(",")]
    if text.startswith("/"):
        return [*text[1:].split("/")]
    mode, _, rest = text.partition(" ")
    text = rest.strip() if mode in ("lax", "strict") else text
    return _json_path_keys(text[1:]) if text.startswith("$") else [text]


def _json_path_keys(path: str) -> list[int | str | None]:
    """Return the keys and indexes of a JSON path after its `$`. The first step that is not
    understood becomes None, for any element, and ends the list.
    """
    found: list[int | str | None] = []
    while path:
        step = _JSON_PATH_STEP.match(path)
        if step is None:
            return [*found, None]
        place, from_end, *names = step.groups()
        if place is not None:
            found.append(int(place))
        elif from_end is not None:
            found.append(-int(from_end))
        else:
            found.append(next(name for name in names if name is not None))
        path = path[step.end() :]
    return found


def dotted_place(node: exp.Expression, scope: Scope, tracer: Tracer) -> Derivation:
    """Return the derivation of `row.2`: the field at a position."""
    value = tracer.value(node.this, scope, tracer)
    return element(value, int(node.expression.name) - 1)


def element_by_argument(begin: int, children: _Nodes, scope: Scope, tracer: Tracer) -> Derivation:
    """Return the derivation of a call that takes an index or key. In: `begin`, the first index."""
    value = tracer.value(children[0], scope, tracer)
    index = children[-1] if len(children) == _VALUE_AND_KEY else None
    place = literal_integer(index)
    if isinstance(index, exp.Literal) and index.is_string:
        return by_key(value, index.name)
    if place is not None and (value.elements is not None or value.fields is not None):
        return _element_at(value, place, begin, from_end=begin == 1)
    return depending_on(
        element(value), [tracer.value(child, scope, tracer) for child in children[1:]]
    )


def one_based_element(children: _Nodes, scope: Scope, tracer: Tracer) -> Derivation:
    """Return the derivation of `list_extract(list, 1)` and similar functions."""
    return element_by_argument(1, children, scope, tracer)


def zero_based_element(children: _Nodes, scope: Scope, tracer: Tracer) -> Derivation:
    """Return the derivation of `get(list, 0)`."""
    return element_by_argument(0, children, scope, tracer)


def get_element(node: exp.Expression, scope: Scope, tracer: Tracer) -> Derivation:
    """Return the derivation of `get(value, key)` when sqlglot parses it as such."""
    return element_by_argument(0, [node.this, node.expression], scope, tracer)


def list_slice(
    value: Derivation, start: exp.Expression | None, end: exp.Expression | None, begin: int
) -> Derivation:
    """Return the derivation of a slice of a list; both ends are included."""
    known = value.elements
    first = begin if start is None else literal_integer(start)
    last = _NO_SUCH_INDEX if end is None else literal_integer(end)
    if known is None or known.size is None or first is None or last is None:
        return any_listed(element(value))
    if first < begin or last < 0:
        return any_listed(element(value))
    places = range(first - begin, min(known.size, last - begin + 1))
    return listed(known.at(place) for place in places)
