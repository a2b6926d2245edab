"""What a catalog holds, as far as this sync manages it: the same dataclasses for what dbt says and
for what is there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from logmart_catalog.state.column_types import DataType
from logmart_catalog.state.names import fqn

EdgeKey = tuple[str, str]
AssetKey = tuple[str, str]
Value: TypeAlias = str | tuple[str, ...]


@dataclass(frozen=True)
class Mark:
    """What was last written to an entity: the dbt project that wrote it, a digest of each text it
    wrote (`description`, `owners`, `structure`, `column:<name>`, ...), and each list that others
    may add to (`tags`, `terms:<column>`, ...) as it was; empty ones left out.

    `service` is given where an entity does not stand below a service.
    """

    project: str
    digests: Mapping[str, str] = field(default_factory=dict)
    lists: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    service: str = ""


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
    """A column in its place: name, type, description ("" for none).

    `tags` and `terms` are FQNs of tags and glossary terms; `constraint` is OpenMetadata's
    (`NOT_NULL`, `UNIQUE`, `PRIMARY_KEY`), "" for none.
    """

    name: str
    type: DataType
    description: str = ""
    tags: tuple[str, ...] = ()
    terms: tuple[str, ...] = ()
    constraint: str = ""


@dataclass(frozen=True)
class Key:
    """A table constraint: `PRIMARY_KEY`, `UNIQUE` or `FOREIGN_KEY`, over columns by name; of a
    foreign key also the columns referred to, by FQN.

    Both lists are sorted, each apart, as every change of a table sorts them on the server: which
    column of a foreign key refers to which is not kept there.
    """

    type: str
    columns: tuple[str, ...]
    referred: tuple[str, ...] = ()

    @classmethod
    def of(cls, type_: str, columns: Iterable[str], referred: Iterable[str] = ()) -> Key:
        """Return the key over columns in any order."""
        return cls(type_, tuple(sorted(columns)), tuple(sorted(referred)))

    def __str__(self) -> str:
        """As a person reads it."""
        ends = f" to {', '.join(self.referred)}" if self.referred else ""
        return f"{self.type.replace('_', ' ').lower()} ({', '.join(self.columns)}){ends}"


@dataclass(frozen=True)
class DataModel:
    """The dbt tab of a table: what a node is in its project.

    `path` is that of its file in the project; `sql` is compiled, `raw_sql` is not; `upstream` are
    FQNs of tables, `owners` and `tags` those of the table; `columns` those that dbt documents.
    """

    resource_type: str
    project: str
    path: str
    sql: str
    raw_sql: str = ""
    description: str = ""
    upstream: tuple[str, ...] = ()
    owners: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    columns: tuple[Column, ...] = ()


@dataclass(frozen=True)
class Run:
    """The last time dbt built a table: when that ended (milliseconds since 1970, UTC), the
    milliseconds it took, and the rows the table had then, None where dbt does not tell.
    """

    ended_at: int
    milliseconds: int = 0
    rows: int | None = None


@dataclass(frozen=True)
class Table:
    """A table or view, by its names from the service down.

    `type` is OpenMetadata's tableType; `owners` are as in `owners`, or as dbt names them; `tags`,
    `terms` and `domains` are FQNs; `properties` are custom properties; `run` is its last build;
    `previous` are FQNs that it had before. `unread` says, by field as in a mark, why something that
    dbt gives could not be read: what is there stays.
    """

    parts: tuple[str, ...]
    type: str
    columns: tuple[Column, ...]
    description: str = ""
    owners: tuple[str, ...] = ()
    mark: Mark | None = None
    tags: tuple[str, ...] = ()
    terms: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()
    properties: Mapping[str, str] = field(default_factory=dict)
    keys: tuple[Key, ...] = ()
    data_model: DataModel | None = None
    run: Run | None = None
    previous: tuple[str, ...] = field(default=(), compare=False)
    unread: Mapping[str, tuple[str, ...]] = field(default_factory=dict, compare=False)

    @property
    def fqn(self) -> str:
        """The fully qualified name."""
        return fqn(self.parts)


@dataclass(frozen=True)
class Team:
    """A team that owns something; `email` is "" when it is not known."""

    name: str
    email: str = ""


@dataclass(frozen=True)
class ColumnPair:
    """The columns of the upstream table, by name, that one column of the downstream comes from."""

    sources: tuple[str, ...]
    target: str


@dataclass(frozen=True)
class Edge:
    """Lineage from a table to a table or another asset, by FQN.

    `project` is the one that wrote it, "" when somebody else did; `source` is OpenMetadata's word
    for how it was found; `kind` is the kind of the downstream end.
    """

    upstream: str
    downstream: str
    project: str = ""
    sql: str = ""
    columns: tuple[ColumnPair, ...] = ()
    source: str = "DbtLineage"
    kind: str = "table"

    @property
    def key(self) -> EdgeKey:
        """Both ends."""
        return self.upstream, self.downstream


@dataclass(frozen=True)
class Asset:
    """An entity that is no table: a test, dashboard, metric, ... of a kind in `asset_kinds`.

    `fields` are what is managed of it, by the catalog's names of the fields; `unread` is as of a
    table.
    """

    kind: str
    fqn: str
    fields: Mapping[str, Value] = field(default_factory=dict)
    mark: Mark | None = None
    unread: Mapping[str, tuple[str, ...]] = field(default_factory=dict, compare=False)

    @property
    def key(self) -> AssetKey:
        """Kind and fully qualified name."""
        return self.kind, self.fqn


@dataclass(frozen=True)
class Kept:
    """What a state says nothing of, although it may be in the catalog: it stays there as it is.

    `tables` are FQNs; `others` is whether it says nothing of any table, dashboard or metric that is
    not in it, as when nodes were chosen, but for those that its tables were before (`but`).
    """

    tables: tuple[str, ...] = ()
    others: bool = False
    but: tuple[str, ...] = ()


@dataclass(frozen=True)
class CatalogState:
    """All that is managed below one service, and beside it, for one dbt project.

    Containers and tables by FQN, edges by both ends, teams by name, assets by kind and FQN.
    `exclusive` are the classifications of which a thing bears one tag at most; `emails` are the
    addresses that dbt gives with names of owners. `kept` is what a desired state says nothing of.
    """

    service: str
    project: str
    containers: Mapping[str, Container] = field(default_factory=dict)
    tables: Mapping[str, Table] = field(default_factory=dict)
    edges: Mapping[EdgeKey, Edge] = field(default_factory=dict)
    teams: Mapping[str, Team] = field(default_factory=dict)
    assets: Mapping[AssetKey, Asset] = field(default_factory=dict)
    exclusive: tuple[str, ...] = ()
    kept: Kept = field(default_factory=Kept)
    emails: Mapping[str, str] = field(default_factory=dict)
