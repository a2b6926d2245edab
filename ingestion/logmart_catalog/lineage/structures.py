"""Builds derivations of lists, maps and documents. Pure functions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from logmart_catalog.lineage.derivation import (
    CONSTANT,
    Derivation,
    Elements,
    at_least,
    combine,
    depending_on,
    element,
    merge,
)
from logmart_catalog.lineage.model import Kind


def listed(items: Iterable[Derivation]) -> Derivation:
    """Return the derivation of a list of known values."""
    found = list(items)
    whole = at_least(merge(found), Kind.TRANSFORMED)
    elements = Elements(_placed(found, found), CONSTANT, True, len(found), len(found), CONSTANT)
    return replace(whole, is_whole=False, type=None, aside=frozenset(), elements=elements)


def any_listed(item: Derivation) -> Derivation:
    """Return the derivation of a list of unknown length whose elements all derive alike."""
    if item.elements is None and item.fields is None:
        return item
    return replace(item, elements=Elements({}, item, is_list=True))


def _placed(
    begun: Sequence[Derivation], ended: Sequence[Derivation]
) -> dict[int | str, Derivation]:
    """Return the first and the last elements of a list, by index from 0 and from the end."""
    return {**dict(enumerate(begun)), **dict(enumerate(ended, -len(ended)))}


def joined(parts: Sequence[Derivation], *, is_strict: bool = False) -> Derivation:
    """Return the derivation of concatenated lists or texts, or of merged maps or documents.

    In: `is_strict`, whether the result is NULL when one of the parts is.
    """
    whole = combine(Kind.TRANSFORMED, parts)
    if all(part.elements is None or not part.elements.is_list for part in parts):
        return replace(whole, elements=merge(parts).elements)
    begun, others = _begun(parts)
    ended = begun if not others else _ended(parts)
    most = None if others else len(begun)
    shapes = [part.elements.shape if part.elements else None for part in parts]
    known = [shape for shape in shapes if shape is not None]
    shape = combine(Kind.CONSTANT, known) if len(known) == len(parts) else None
    elements = Elements(_placed(begun, ended), merge(others), True, len(begun), most, shape)
    if is_strict:
        deciding = [
            part if shape is None else shape for part, shape in zip(parts, shapes, strict=True)
        ]
        elements = elements.changed(lambda inner: depending_on(inner, deciding))
    return replace(whole, elements=elements)


def _begun(parts: Sequence[Derivation]) -> tuple[list[Derivation], list[Derivation]]:
    """Return the first elements of concatenated lists, as far as their indexes are known, and the
    merged elements of each list after that.
    """
    begun: list[Derivation] = []
    for number, part in enumerate(parts):
        known = part.elements
        if known is not None:
            begun.extend(known.at(place) for place in range(known.least))
        if known is None or known.size is None:
            return begun, [element(part) for part in parts[number:]]
    return begun, []


def _ended(parts: Sequence[Derivation]) -> list[Derivation]:
    """Return the last elements of concatenated lists, as far as their indexes from the end are
    known.
    """
    ended: list[Derivation] = []
    for part in reversed(parts):
        known = part.elements
        if known is None or known.size is None:
            break
        ended[:0] = [known.at(place) for place in range(known.size)]
    return ended


def each(value: Derivation, change: Callable[[Derivation], Derivation]) -> Derivation:
    """Return the derivation of a list to whose elements a change is applied."""
    known = value.elements
    if known is None or known.size is None:
        made = change(at_least(element(value), Kind.TRANSFORMED))
        return any_listed(at_least(made, Kind.TRANSFORMED))
    return listed(
        change(at_least(known.at(place), Kind.TRANSFORMED)) for place in range(known.size)
    )


def keyed(entries: Mapping[str, Derivation]) -> Derivation:
    """Return the derivation of a map or JSON object with known keys."""
    whole = combine(Kind.TRANSFORMED, entries.values())
    known: dict[int | str, Derivation] = dict(entries.items())
    return replace(whole, elements=Elements(known, CONSTANT, shape=CONSTANT))


def shallow(value: Derivation, depth: int) -> Derivation:
    """Return a value whose structure is cut below a depth; 0 leaves none."""
    if value.fields is None and value.elements is None:
        return value
    if depth == 0:
        return Derivation(value.kind, value.parents, value.gaps)
    fields, elements = value.fields, value.elements
    if fields is not None:
        fields = {name: shallow(field, depth - 1) for name, field in fields.items()}
    if elements is not None:
        elements = elements.changed(lambda inner: shallow(inner, depth - 1))
    return replace(value, fields=fields, elements=elements)
