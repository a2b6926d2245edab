"""The tracer that all parts share: it finds tables, reads expressions and collects keys."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from sqlglot import exp

from logmart_catalog.lineage.derivation import Derivation
from logmart_catalog.lineage.model import Key
from logmart_catalog.lineage.scope import Relation, Scope


@dataclass
class Keys:
    """The keys of a query, collected while it is read."""

    found: set[Key] = field(default_factory=set)
    gaps: set[str] = field(default_factory=set)

    def add(self, role: str, value: Derivation) -> None:
        """Add the parents of a value as keys in a role."""
        self.found.update(Key(role, parent) for parent in value.parents)
        self.gaps.update(value.gaps)


@dataclass(frozen=True)
class Tracer:
    """One query being traced.

    `table` finds a relation by its qualified name, table last; `file` finds the source at a
    location, None when there is none; `query` derives a query within a scope, `value` an
    expression.
    """

    dialect: str
    table: Callable[[Sequence[str]], Relation]
    file: Callable[[str], Relation | None]
    query: Callable[[exp.Expression, Scope, Tracer], Relation]
    value: Callable[[exp.Expression, Scope, Tracer], Derivation]
    keys: Keys
