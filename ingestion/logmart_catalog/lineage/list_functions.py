"""Derives the values of functions that choose, count or order elements of lists, maps and JSON
documents.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp

from logmart_catalog.lineage.derivation import (
    CONSTANT,
    Derivation,
    combine,
    depending_on,
    element,
    struct,
)
from logmart_catalog.lineage.model import Kind
from logmart_catalog.lineage.scope import Scope
from logmart_catalog.lineage.structures import any_listed, joined, listed
from logmart_catalog.lineage.subscripts import (
    call_extracted,
    element_by_argument,
    list_slice,
    literal_integer,
    one_based_element,
    zero_based_element,
)
from logmart_catalog.lineage.tracer import Tracer

_TWO = 2
_Nodes = Sequence[exp.Expression]


def _listed_value(children: _Nodes, scope: Scope, tracer: Tracer) -> Derivation:
    """Return the derivation of DuckDB's `map_extract`: a list of the value at a key."""
    value = tracer.value(children[0], scope, tracer)
    if value.elements is None:
        return element_by_argument(1, children, scope, tracer)
    return listed([element_by_argument(1, children, scope, tracer)])


def _first(children: _Nodes, scope: Scope, tracer: Tracer) -> Derivation:
    return _only(children, scope, tracer, 0)


def _last(children: _Nodes, scope: Scope, tracer: Tracer) -> Derivation:
    return _only(children, scope, tracer, -1)


def _only(children: _Nodes, scope: Scope, tracer: Tracer, place: int) -> Derivation:
    value = element(tracer.value(children[0], scope, tracer), place)
    return depending_on(value, [tracer.value(child, scope, tracer) for child in children[1:]])


def _some(children: _Nodes, scope: Scope, tracer: Tracer) -> Derivation:
    """Return the derivation of a filtered or sorted list."""
    value = any_listed(element(tracer.value(children[0], scope, tracer)))
    return depending_on(value, [tracer.value(child, scope, tracer) for child in children[1:]])


def _slice(children: _Nodes, scope: Scope, tracer: Tracer) -> Derivation:
    """Return the derivation of a slice by a function, from a start.

    The second number is the last index in DuckDB, the length in Trino and Spark. Snowflake counts
    from 0, and its second number is the first index after the slice.
    """
    value = tracer.value(children[0], scope, tracer)
    numbers = [literal_integer(child) for child in children[1:]]
    conditions = [tracer.value(child, scope, tracer) for child in children[1:]]
    if len(numbers) != _TWO or None in numbers:
        return depending_on(any_listed(element(value)), conditions)
    start, end = children[1:]
    if tracer.dialect == "snowflake":
        return list_slice(value, start, exp.Literal.number(int(end.name) - 1), 0)
    if tracer.dialect != "duckdb":
        end = exp.Literal.number(int(start.name) + int(end.name) - 1)
    return list_slice(value, start, end, 1)


def _reversed(children: _Nodes, scope: Scope, tracer: Tracer) -> Derivation:
    value = tracer.value(children[0], scope, tracer)
    known = value.elements
    if known is None or known.size is None:
        return any_listed(element(value))
    return listed(known.at(place) for place in reversed(range(known.size)))


def _size(children: _Nodes, scope: Scope, tracer: Tracer) -> Derivation:
    """Return the derivation of a count of elements: a constant for a list literal."""
    value = tracer.value(children[0], scope, tracer)
    known = value.elements
    is_counted = known is not None and (known.size is not None or not known.is_list)
    if known is not None and known.shape is not None and is_counted:
        return combine(Kind.TRANSFORMED, [known.shape])
    return combine(Kind.TRANSFORMED, [value])


def _keys(children: _Nodes, scope: Scope, tracer: Tracer) -> Derivation:
    value = tracer.value(children[0], scope, tracer)
    known = value.elements
    if known is not None and known.shape is not None and not known.is_list:
        others = [tracer.value(child, scope, tracer) for child in children[1:]]
        return combine(Kind.TRANSFORMED, [known.shape, *others])
    return combine(Kind.TRANSFORMED, [tracer.value(child, scope, tracer) for child in children])


def _entries(children: _Nodes, scope: Scope, tracer: Tracer) -> Derivation:
    value = tracer.value(children[0], scope, tracer)
    if value.elements is None or value.elements.is_list:
        return combine(Kind.TRANSFORMED, [value])
    known = value.elements.known.values()
    return listed(struct({"key": CONSTANT, "value": value}) for value in known)


def _zipped(children: _Nodes, scope: Scope, tracer: Tracer) -> Derivation:
    """Return the derivation of zipped lists: a list of rows with one field for each list."""
    values = [tracer.value(child, scope, tracer) for child in children]
    sizes = [value.elements.size if value.elements else None for value in values]
    known = [size for size in sizes if size is not None]
    if len(known) != len(sizes) or not known:
        return combine(Kind.TRANSFORMED, values)
    return listed(
        struct({str(field): element(value, place) for field, value in enumerate(values, 1)})
        for place in range(max(known))
    )


def _flattened(children: _Nodes, scope: Scope, tracer: Tracer) -> Derivation:
    value = tracer.value(children[0], scope, tracer)
    known = value.elements
    if known is None or known.size is None:
        return any_listed(element(element(value)))
    return joined([known.at(place) for place in range(known.size)])


def _values(children: _Nodes, scope: Scope, tracer: Tracer) -> Derivation:
    value = tracer.value(children[0], scope, tracer)
    if value.elements is None or value.elements.is_list:
        return combine(Kind.TRANSFORMED, [value])
    return listed(value.elements.known.values())  # In the order of the keys.


# Functions of lists, maps and documents by name.
CALLS = {
    **dict.fromkeys(
        ("list_extract", "list_element", "array_extract", "arrayelement"), one_based_element
    ),
    **dict.fromkeys(("struct_extract_at", "tupleelement", "map_extract_value"), one_based_element),
    **dict.fromkeys(("map_extract", "element_at"), _listed_value),
    **dict.fromkeys(("list_first", "array_first"), _first),
    **dict.fromkeys(("list_last", "array_last"), _last),
    **dict.fromkeys(("list_distinct", "list_filter", "list_reverse_sort"), _some),
    **dict.fromkeys(("list_sort", "array_distinct", "array_filter"), _some),
    **dict.fromkeys(("array_sort", "filter", "sort_array"), _some),
    **dict.fromkeys(("json_value", "json_query", "jsonb_extract_path"), call_extracted),
    **dict.fromkeys(("jsonb_extract_path_text", "json_extract_path"), call_extracted),
    **dict.fromkeys(("map_values", "mapvalues"), _values),
    "flatten": _flattened,
    "get": zero_based_element,
    **dict.fromkeys(("array_reverse", "list_reverse", "reverse"), _reversed),
    **dict.fromkeys(("array_slice", "list_slice"), _slice),
    **dict.fromkeys(("array_size", "cardinality", "json_array_length", "length", "len"), _size),
    **dict.fromkeys(("jsonb_array_length", "map_size"), _size),
    **dict.fromkeys(("map_keys", "mapkeys", "map_contains", "mapcontains"), _keys),
    **dict.fromkeys(("map_contains_key", "json_keys", "object_keys"), _keys),
    "map_entries": _entries,
    **dict.fromkeys(("list_zip", "array_zip", "arrays_zip"), _zipped),
}
