"""What the parts of the tracer share: how to find tables, and where keys are gathered."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from sqlglot import exp

from logmart_catalog.lineage.derivation import Derivation
from logmart_catalog.lineage.model import Key
from logmart_catalog.lineage.scope import Relation, Scope


@dataclass
class Keys:
    """The keys of a query, gathered while it is read."""

    found: set[Key] = field(default_factory=set)
    gaps: set[str] = field(default_factory=set)

    def add(self, role: str, value: Derivation) -> None:
        """Note that a value decides about rows in this role."""
        self.found.update(Key(role, parent) for parent in value.parents)
        self.gaps.update(value.gaps)


@dataclass(frozen=True)
class Tracer:
    """One query being traced.

    `table` finds a relation by its qualified name, innermost last; `file` the source whose
    location a text names, None when there is none; `query` reads a query within a scope, `value`
    an expression.
    """

    dialect: str
    table: Callable[[Sequence[str]], Relation]
    file: Callable[[str], Relation | None]
    query: Callable[[exp.Expression, Scope, Tracer], Relation]
    value: Callable[[exp.Expression, Scope, Tracer], Derivation]
    keys: Keys
