"""Relations and scopes: they resolve the names in a query."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from sqlglot import exp

from logmart_catalog.lineage.derivation import Derivation, gap, merge, struct
from logmart_catalog.lineage.derivation import field as field_of


@dataclass(frozen=True)
class Relation:
    """The output of a query or table: (name, derivation) of each column, in order ("" for no name).

    `rest` derives a column that is not in `columns`, None when all columns are known. `also` are
    additional names by which columns can be read.
    """

    columns: tuple[tuple[str, Derivation], ...]
    rest: Callable[[str], Derivation] | None = None
    also: Mapping[str, Derivation] = field(default_factory=dict)

    @cached_property
    def by_name(self) -> dict[str, Derivation]:
        """The columns by lower-case name. The second column of the same name is `name_1`."""
        found: dict[str, Derivation] = {}
        for name, value in self.columns:
            key, number = name.lower(), 0
            while key in found:
                number += 1
                key = f"{name.lower()}_{number}"
            found[key] = value
        return {**self.also, **found}

    def renamed(self, names: Sequence[str]) -> Relation:
        """Return the relation with its first columns renamed, as in `as t(a, b)`."""
        if self.rest is not None and len(names) > len(self.columns):
            reason = "columns are renamed by position and their order is not known"
            return Relation(tuple((name, gap(reason)) for name in names))
        columns = tuple(
            (names[place] if place < len(names) else name, value)
            for place, (name, value) in enumerate(self.columns)
        )
        return replace(self, columns=columns)

    def as_struct(self) -> Derivation:
        """Return the derivation of a whole row."""
        if self.rest is not None:
            return gap("a whole row is read and its columns are not known")
        return struct(self.by_name)


def unknown(reason: str) -> Relation:
    """Return a relation none of whose columns can be traced."""
    return Relation((), lambda name: gap(reason))


@dataclass
class Source:
    """A relation in a FROM clause. `names` is its alias, or its qualified name, table last.

    `hidden` are the columns that USING merged into an earlier source; a star leaves them out.
    """

    names: tuple[str, ...]
    relation: Relation
    hidden: set[str] = field(default_factory=set)

    def is_called(self, names: Sequence[str]) -> bool:
        """Whether these names, table last, name this source."""
        lowered = tuple(name.lower() for name in names)
        return self.names[-len(lowered) :] == lowered


@dataclass
class Scope:
    """The names that are known within one SELECT; `outer` is the scope of the query around it.

    `merged` are the columns that USING merged, `aliases` the columns selected so far, `parameters`
    those of a lambda, `matched` the current column of COLUMNS(...).
    """

    ctes: Mapping[str, Callable[[], Relation]]
    outer: Scope | None = None
    sources: list[Source] = field(default_factory=list)
    merged: dict[str, Derivation] = field(default_factory=dict)
    aliases: dict[str, Derivation] = field(default_factory=dict)
    parameters: dict[str, Derivation] = field(default_factory=dict)
    windows: dict[str, exp.Expression] = field(default_factory=dict)
    matched: Derivation | None = None

    def within(self, parameters: Mapping[str, Derivation]) -> Scope:
        """Return an inner scope with these parameters of a lambda."""
        return Scope(self.ctes, self, parameters=dict(parameters), matched=self.matched)


def find(parts: Sequence[str], scope: Scope) -> Derivation | None:
    """Resolve a dotted name to a column, a field or a whole row; None when it is unknown."""
    inner: Scope | None = scope
    while inner is not None:
        found = _qualified(parts, inner) or _unqualified(parts, inner)
        if found is not None:
            return found
        inner = inner.outer
    return None


def resolve(parts: Sequence[str], scope: Scope) -> Derivation:
    """Resolve a dotted name; the result is a gap with the reason when the name is unknown."""
    reason = f"column {'.'.join(parts)} is not found in what the query reads"
    return find(parts, scope) or gap(reason)


def source_called(names: Sequence[str], scope: Scope) -> Source | None:
    """Return the source with these names in a scope or the scopes around it, None when absent."""
    inner: Scope | None = scope
    while inner is not None:
        for source in inner.sources:
            if source.is_called(names):
                return source
        inner = inner.outer
    return None


def _qualified(parts: Sequence[str], scope: Scope) -> Derivation | None:
    for length in range(len(parts) - 1, 0, -1):
        for source in scope.sources:
            if source.is_called(parts[:length]):
                found = source.relation.by_name.get(parts[length].lower())
                if found is None and source.relation.rest is not None:
                    found = source.relation.rest(parts[length])
                if found is not None:
                    return _fields(found, parts[length + 1 :])
    return None


def _unqualified(parts: Sequence[str], scope: Scope) -> Derivation | None:
    found = _column(parts[0], scope)
    return None if found is None else _fields(found, parts[1:])


def _column(name: str, scope: Scope) -> Derivation | None:
    key = name.lower()
    for known in (scope.parameters, scope.merged):
        if key in known:
            return known[key]
    hits = [source for source in scope.sources if key in source.relation.by_name]
    if len(hits) > 1:
        return gap(f"column {name} is in more than one of the relations read")
    if hits:
        return hits[0].relation.by_name[key]
    rests = [source.relation.rest for source in scope.sources if source.relation.rest is not None]
    if rests:
        candidates = [rest(name) for rest in rests]
        if key in scope.aliases:
            candidates.append(scope.aliases[key])
        return candidates[0] if len(candidates) == 1 else _ambiguous(name, candidates)
    if key in scope.aliases:
        return scope.aliases[key]
    row = next((source for source in scope.sources if source.is_called((name,))), None)
    return None if row is None else row.relation.as_struct()


def _ambiguous(name: str, candidates: Iterable[Derivation]) -> Derivation:
    """Return a gap with the reasons of the candidates, or else that the column is ambiguous."""
    gaps = merge(candidates).gaps
    reason = f"column {name} may be of more than one relation, for their columns are not known"
    return Derivation(gap(reason).kind, gaps=gaps or frozenset({reason}))


def _fields(value: Derivation, names: Sequence[str]) -> Derivation:
    for name in names:
        value = field_of(value, name)
    return value
