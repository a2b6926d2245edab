"""What a catalog holds, as far as this sync manages it: the same dataclasses for what dbt says and
for what is there.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from logmart_catalog.column_types import DataType
from logmart_catalog.names import fqn

EdgeKey = tuple[str, str]


@dataclass(frozen=True)
class Mark:
    """What was last written to an entity: the dbt project that wrote it, and a digest of each text
    and list it wrote (`description`, `owners`, `structure`, `column:<name>`), empty ones left out.
    """

    project: str
    digests: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Container:
    """A service, database or schema, by its names from the service down."""

    parts: tuple[str, ...]
    mark: Mark | None = None

    @property
    def fqn(self) -> str:
        """The fully qualified name."""
        return fqn(self.parts)

    @property
    def kind(self) -> str:
        """`service`, `database` or `schema`."""
        return ("service", "database", "schema")[len(self.parts) - 1]


@dataclass(frozen=True)
class Column:
    """A column in its place: name, type, description ("" for none)."""

    name: str
    type: DataType
    description: str = ""


@dataclass(frozen=True)
class Table:
    """A table or view, by its names from the service down.

    `type` is OpenMetadata's tableType; `owners` are names of teams.
    """

    parts: tuple[str, ...]
    type: str
    columns: tuple[Column, ...]
    description: str = ""
    owners: tuple[str, ...] = ()
    mark: Mark | None = None

    @property
    def fqn(self) -> str:
        """The fully qualified name."""
        return fqn(self.parts)


@dataclass(frozen=True)
class Team:
    """A team that owns tables; `email` is "" when it is not known."""

    name: str
    email: str = ""


@dataclass(frozen=True)
class Edge:
    """Table-level lineage between two tables, by FQN; `project` is the one that wrote it, "" when
    somebody else did.
    """

    upstream: str
    downstream: str
    project: str = ""

    @property
    def key(self) -> EdgeKey:
        """Both ends."""
        return self.upstream, self.downstream


@dataclass(frozen=True)
class CatalogState:
    """All that is managed below one service for one dbt project.

    Containers and tables by FQN, edges by both ends, teams by name.
    """

    service: str
    project: str
    containers: Mapping[str, Container] = field(default_factory=dict)
    tables: Mapping[str, Table] = field(default_factory=dict)
    edges: Mapping[EdgeKey, Edge] = field(default_factory=dict)
    teams: Mapping[str, Team] = field(default_factory=dict)


def digest(values: Iterable[str]) -> str:
    """Return a short digest of some texts, in order."""
    joined = "\x00".join(values).encode()
    return hashlib.blake2s(joined, digest_size=8).hexdigest()


def marked(table: Table, project: str) -> Table:
    """Return the table with the mark of having been written, as it is, by a project."""
    written = {
        "description": (table.description,) if table.description else (),
        "owners": table.owners,
        **{
            f"column:{column.name}": (column.description,)
            for column in table.columns
            if column.description
        },
    }
    digests = {key: digest(values) for key, values in written.items() if values}
    structure = [table.type, *(f"{column.name} {column.type}" for column in table.columns)]
    return replace(table, mark=Mark(project, {**digests, "structure": digest(structure)}))


def without_owners(state: CatalogState, names: frozenset[str]) -> CatalogState:
    """Return a desired state in which these teams own nothing."""
    tables = {}
    for key, table in state.tables.items():
        owners = tuple(owner for owner in table.owners if owner not in names)
        changed = owners != table.owners
        tables[key] = marked(replace(table, owners=owners), state.project) if changed else table
    return replace(state, tables=tables)
