"""The derivation of a value from columns, and how derivations are combined. Pure functions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from logmart_catalog.lineage.model import ColumnRef, Kind
from logmart_catalog.state.column_types import DataType, parse_type

_ORDER = (Kind.CONSTANT, Kind.COPIED, Kind.TRANSFORMED, Kind.AGGREGATED)
_RANK = {kind: place for place, kind in enumerate(_ORDER)}


@dataclass(frozen=True, slots=True)
class Derivation:
    """The origin of a value: its kind and its parent columns.

    `gaps` are reasons why there may be more parents. `fields` are the fields of a struct that the
    query builds, by lower-case name; `elements` are the elements of a list, map or JSON document
    that it builds. The `fields` of a list are those of its elements.

    `is_whole`: the value has the structure of its parents (or of their elements), so that a field
    of the value is the same field of each parent. The parents in `aside` are the exception: they
    only decide which value it is, and so count for every field. `type` is then the column's type,
    None when unknown.
    """

    kind: Kind
    parents: frozenset[ColumnRef] = frozenset()
    gaps: frozenset[str] = frozenset()
    fields: Mapping[str, Derivation] | None = None
    is_whole: bool = False
    type: DataType | None = None
    aside: frozenset[ColumnRef] = frozenset()
    elements: Elements | None = None


@dataclass(frozen=True, slots=True)
class Elements:
    """The elements of a list, by index from 0 (or from the end, negative), or of a map or JSON
    object, by key.

    `rest` is the derivation at any other index or key. A list has at least `least` elements, and at
    most `most`, None when unknown. `shape` derives the number of elements, and whether the value is
    NULL; None when unknown.
    """

    known: Mapping[int | str, Derivation]
    rest: Derivation
    is_list: bool = False
    least: int = 0
    most: int | None = None
    shape: Derivation | None = None

    @property
    def size(self) -> int | None:
        """The number of elements of a list, None when unknown."""
        return self.most if self.least == self.most else None

    def changed(self, change: Callable[[Derivation], Derivation]) -> Elements:
        """Return the elements with a change applied to each; an empty `rest` stays empty."""
        known = {key: change(value) for key, value in self.known.items()}
        return replace(
            self, known=known, rest=self.rest if _is_idle(self.rest) else change(self.rest)
        )

    def at(self, key: int | str | None) -> Derivation:
        """Return the element at an index (negative: from the end) or key. For None, and when the
        index cannot be resolved, return the merge of all elements.
        """
        if self.is_list and isinstance(key, str) and key.isdigit():
            key = int(key)
        if isinstance(key, int) and key < 0 and key not in self.known and self.size is None:
            key = None
        if key is None or isinstance(key, int) is not self.is_list:
            return at_least(merge([*self.known.values(), self.rest]), Kind.TRANSFORMED)
        return self.known.get(key, self.rest)


CONSTANT = Derivation(Kind.CONSTANT)
ROWS = Derivation(Kind.AGGREGATED)


def column(relation: str, name: str, spelling: str) -> Derivation:
    """Return the derivation of a relation's column. In: `spelling` of its type, "" if unknown."""
    kind = parse_type(spelling) if spelling else None
    return Derivation(Kind.COPIED, frozenset({ColumnRef(relation, name)}), is_whole=True, type=kind)


def gap(reason: str) -> Derivation:
    """Return the derivation of a value that cannot be traced."""
    return Derivation(Kind.CONSTANT, gaps=frozenset({reason}))


def combine(kind: Kind, parts: Iterable[Derivation]) -> Derivation:
    """Return the derivation of a value computed from others; its kind is at least `kind`."""
    parents: frozenset[ColumnRef] = frozenset()
    gaps: frozenset[str] = frozenset()
    for part in parts:
        parents |= part.parents
        gaps |= part.gaps
        kind = max(kind, part.kind, key=_RANK.__getitem__)
    if not parents and kind is not Kind.AGGREGATED:
        kind = Kind.CONSTANT
    return Derivation(kind, parents, gaps)


def merge(parts: Iterable[Derivation]) -> Derivation:
    """Return the derivation of a value that is one of several, as in a set operation.

    It keeps the fields that all of them have.
    """
    found = list(parts)
    if len(found) == 1:
        return found[0]
    merged = combine(Kind.CONSTANT, found)
    holding = [part for part in found if not _is_idle(part)]
    elements = _merged_elements(holding)
    if holding and all(part.is_whole for part in holding):
        types = {part.type for part in holding}
        aside = frozenset[ColumnRef]().union(*(part.aside for part in holding))
        only = types.pop() if len(types) == 1 else None
        return replace(merged, is_whole=True, type=only, aside=aside)
    packed = [unpacked(part) for part in holding]
    if packed and packed[0] and all(fields.keys() == packed[0].keys() for fields in packed):
        fields = {name: merge(fields[name] for fields in packed) for name in packed[0]}
        return replace(merged, fields=fields, elements=elements)
    return replace(merged, elements=elements)


def _is_idle(value: Derivation) -> bool:
    """Whether a value is a constant without structure, such as NULL."""
    has_structure = value.fields is not None or value.elements is not None
    return not (value.parents or value.gaps or has_structure or value.kind is not Kind.CONSTANT)


def _merged_elements(parts: list[Derivation]) -> Elements | None:
    """Return the elements of a value that is one of several, None when none has known elements."""
    known = [part.elements for part in parts if part.elements is not None]
    if not known or len({elements.is_list for elements in known}) > 1:
        return None
    keys = dict.fromkeys(key for elements in known for key in elements.known)
    most = [part.elements.most if part.elements else None for part in parts]
    return Elements(
        {key: merge(element(part, key) for part in parts) for key in keys},
        merge(part.elements.rest if part.elements else element(part, None) for part in parts),
        known[0].is_list,
        min(part.elements.least if part.elements else 0 for part in parts),
        None if None in most else max(size for size in most if size is not None),
        _merged_shape(parts),
    )


def _merged_shape(parts: list[Derivation]) -> Derivation | None:
    shapes = [part.elements.shape for part in parts if part.elements is not None]
    known = [shape for shape in shapes if shape is not None]
    return merge(known) if len(known) == len(parts) else None


def element(value: Derivation, key: int | str | None = None) -> Derivation:
    """Return the derivation of an element of a list, map or document, or of a struct's field.

    In: `key`, an index from 0 (negative: from the end) or a key; None for any element.
    """
    if value.elements is not None:
        return value.elements.at(key)
    names = field_names(value) if value.fields is not None else []
    if isinstance(key, str) and value.fields is not None:
        return field(value, key)
    if isinstance(key, int) and 0 <= key < len(names):
        return field(value, names[key])
    return at_least(value, Kind.TRANSFORMED)


def unpacked(value: Derivation) -> dict[str, Derivation]:
    """Return the fields of a struct by lower-case name, empty when they are unknown."""
    return {name.lower(): field(value, name) for name in field_names(value)}


def depending_on(value: Derivation, conditions: Iterable[Derivation]) -> Derivation:
    """Return a value that also depends on conditions: each of its parts depends on all of them.

    The structure of the value is kept.
    """
    found = [
        condition
        for condition in conditions
        if condition.gaps or condition.kind is not Kind.CONSTANT
    ]
    if not found:
        return value
    both = combine(Kind.TRANSFORMED, [value, *found])
    if value.elements is not None:
        elements = value.elements.changed(lambda inner: depending_on(inner, found))
        if elements.shape is not None:
            elements = replace(elements, shape=depending_on(elements.shape, found))
        both = replace(both, elements=elements)
    if value.fields is not None:
        fields = {name: depending_on(inner, found) for name, inner in value.fields.items()}
        return replace(both, fields=fields)
    if not value.is_whole:
        return both
    aside = value.aside.union(*(condition.parents for condition in found))
    return replace(both, is_whole=True, type=value.type, aside=aside)


def at_least(value: Derivation, kind: Kind) -> Derivation:
    """Return a value whose kind is at least `kind`, in all its parts. The structure is kept."""
    fields = value.fields
    if fields is not None:
        fields = {name: at_least(inner, kind) for name, inner in fields.items()}
    elements = value.elements
    if elements is not None:
        elements = elements.changed(lambda inner: at_least(inner, kind))
    kind = combine(kind, [value]).kind
    return replace(value, kind=kind, fields=fields, elements=elements)


def struct(fields: Mapping[str, Derivation]) -> Derivation:
    """Return the derivation of a struct packed from values."""
    return replace(
        combine(Kind.TRANSFORMED, fields.values()),
        fields={name.lower(): value for name, value in fields.items()},
    )


def field(value: Derivation, name: str) -> Derivation:
    """Return the derivation of a field of a struct, or of a key of a JSON document."""
    if value.fields is not None:
        return value.fields.get(name.lower()) or gap(f"field {name} is not in the struct")
    if value.elements is not None and value.elements.is_list:
        return field(element(value), name)
    if value.elements is not None:
        return value.elements.at(name)
    if not value.is_whole or (value.type is not None and not value.type.children):
        return combine(Kind.TRANSFORMED, [value])
    inner = None
    if value.type is not None:
        found = {child.name.lower(): child for child in value.type.children}.get(name.lower())
        if found is None:
            return gap(f"field {name} is not in {value.type.display}")
        name, inner = found.name, found.type
    whole = value.parents - value.aside
    parents = frozenset(replace(parent, field=(*parent.field, name)) for parent in whole)
    return replace(value, parents=parents | value.aside, type=inner)


def field_names(value: Derivation) -> list[str]:
    """Return the names of a struct's fields, empty when they are unknown."""
    if value.fields is not None:
        return list(value.fields)
    return [child.name for child in value.type.children] if value.is_whole and value.type else []


def outermost(parents: Iterable[ColumnRef]) -> tuple[ColumnRef, ...]:
    """Return the parents in order, without the fields of columns or fields that are parents too."""
    found = frozenset(parents)
    return tuple(
        sorted(
            parent
            for parent in found
            if not any(
                replace(parent, field=parent.field[:end]) in found
                for end in range(len(parent.field))
            )
        )
    )
