"""The managed part of a catalog, as dataclasses: the same for the desired and the actual state."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from logmart_catalog.state.asset_kinds import TABLE
from logmart_catalog.state.column_types import DataType
from logmart_catalog.state.names import fqn

EdgeKey = tuple[str, str]
AssetKey = tuple[str, str]
Value: TypeAlias = str | tuple[str, ...]


@dataclass(frozen=True)
class Mark:
    """The record of what the sync last wrote to an entity: the dbt project, a digest of each text
    (`description`, `owners`, `structure`, `column:<name>`, ...), and each list that others may add
    to (`tags`, `terms:<column>`, ...). Empty texts and lists are left out.

    `service` is set when the entity's FQN does not begin with a service.
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
    """A column of a table: name, type, description ("" for none).

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
    """A table constraint: `PRIMARY_KEY`, `UNIQUE` or `FOREIGN_KEY`, over columns by name. A foreign
    key also has the columns that it refers to, by FQN.

    Both lists are sorted independently, because the server sorts them so on every change of a
    table. It does not keep which column of a foreign key refers to which.
    """

    type: str
    columns: tuple[str, ...]
    referred: tuple[str, ...] = ()

    @classmethod
    def of(cls, type_: str, columns: Iterable[str], referred: Iterable[str] = ()) -> Key:
        """Return the key over columns in any order."""
        return cls(type_, tuple(sorted(columns)), tuple(sorted(referred)))

    def __str__(self) -> str:
        """Return the key as text for people."""
        ends = f" to {', '.join(self.referred)}" if self.referred else ""
        return f"{self.type.replace('_', ' ').lower()} ({', '.join(self.columns)}){ends}"


@dataclass(frozen=True)
class DataModel:
    """The dbt tab of a table: the node in its dbt project.

    `path` is the node's file in the project; `sql` is compiled, `raw_sql` is not; `upstream` are
    FQNs of tables, `owners` and `tags` are the table's; `columns` are the columns that dbt
    documents.
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
    """The last build of a table by dbt: its end (milliseconds since 1970, UTC), its duration in
    milliseconds, and the rows of the table, None when dbt does not report them.
    """

    ended_at: int
    milliseconds: int = 0
    rows: int | None = None


@dataclass(frozen=True)
class Table:
    """A table or view, by its names from the service down.

    `type` is OpenMetadata's tableType. `owners` are dbt's names, or after resolution texts as
    `state.owners` writes them. `tags`, `terms` and `domains` are FQNs; `properties` are custom
    properties; `run` is the last build; `previous` are the table's previous FQNs. `unread` says, by
    field as in a mark, why a value in dbt could not be read; the catalog keeps its value then.
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
    """A column of the downstream table, and the columns of the upstream table that feed it."""

    sources: tuple[str, ...]
    target: str


@dataclass(frozen=True)
class Edge:
    """Lineage from a table or asset to another one, by FQN.

    `project` is the dbt project that wrote the edge, "" when somebody else did; `source` is
    OpenMetadata's word for the origin of the edge.
    """

    upstream: str
    downstream: str
    project: str = ""
    sql: str = ""
    columns: tuple[ColumnPair, ...] = ()
    source: str = "DbtLineage"
    upstream_kind: str = TABLE
    downstream_kind: str = TABLE

    @property
    def key(self) -> EdgeKey:
        """The names of both ends."""
        return self.upstream, self.downstream

    @property
    def start(self) -> AssetKey:
        """Kind and name of the upstream end."""
        return self.upstream_kind, self.upstream

    @property
    def end(self) -> AssetKey:
        """Kind and name of the downstream end."""
        return self.downstream_kind, self.downstream


@dataclass(frozen=True)
class Asset:
    """An entity other than a table: a test, dashboard, metric, ... of a kind in `asset_kinds`.

    `fields` are the managed fields, by the catalog's names; `unread` is the same as for a table.
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
class OutOfScope:
    """The entities out of the scope of a desired state: they stay in the catalog as they are.

    `tables` are FQNs of such tables; with `checks`, so are the test cases of checks that are no
    tests of dbt. With `others`, every table, dashboard and metric that is not
    in the state is out of scope, as when nodes were chosen, except the previous names (`but`) of
    the state's own tables.
    """

    tables: tuple[str, ...] = ()
    others: bool = False
    but: tuple[str, ...] = ()
    checks: bool = False


@dataclass(frozen=True)
class CatalogState:
    """All entities that the sync manages for one dbt project and one service.

    Containers and tables by FQN, edges by both ends, teams by name, assets by kind and FQN.
    `exclusive` are the mutually exclusive classifications: an entity bears at most one tag of each.
    `emails` maps owners' names to the addresses in dbt. `out_of_scope` are the entities that a
    desired state does not cover.
    """

    service: str
    project: str
    containers: Mapping[str, Container] = field(default_factory=dict)
    tables: Mapping[str, Table] = field(default_factory=dict)
    edges: Mapping[EdgeKey, Edge] = field(default_factory=dict)
    teams: Mapping[str, Team] = field(default_factory=dict)
    assets: Mapping[AssetKey, Asset] = field(default_factory=dict)
    exclusive: tuple[str, ...] = ()
    out_of_scope: OutOfScope = field(default_factory=OutOfScope)
    emails: Mapping[str, str] = field(default_factory=dict)
