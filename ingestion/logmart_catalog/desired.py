"""From dbt's artifacts to the state a catalog should have. Pure functions."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace

from logmart_catalog.artifacts import Artifacts, is_ephemeral
from logmart_catalog.column_types import UNKNOWN, DataType, Field, parse_type
from logmart_catalog.config import Config
from logmart_catalog.errors import ArtifactError
from logmart_catalog.names import fqn, stored_name
from logmart_catalog.records import Record
from logmart_catalog.state import (
    CatalogState,
    Column,
    Container,
    Edge,
    Mark,
    Table,
    Team,
    marked,
)

_TABLE_TYPES = {
    "view": "View",
    "materialized_view": "MaterializedView",
    "dynamic_table": "Dynamic",
    "external": "External",
}


@dataclass(frozen=True)
class Desired:
    """The state dbt wants, and how often each column type that is not understood occurs."""

    state: CatalogState
    unknown_types: dict[str, int]


def desired_state(artifacts: Artifacts, config: Config) -> Desired:
    """Return what the catalog should hold for a dbt project.

    Names of service and database come from the configuration. Raises ArtifactError when a name
    cannot be stored or two relations fall on one name, naming the nodes and the remedy.
    """
    project = config.project or artifacts.project
    databases = _database_names(artifacts, config)
    tables: dict[str, Table] = {}
    table_of: dict[str, str] = {}
    node_of: dict[str, tuple[str, tuple[str, ...]]] = {}
    relations = {
        **{one: node for one, node in artifacts.nodes.items() if not is_ephemeral(node)},
        **artifacts.sources,
    }
    for unique_id, node in sorted(relations.items(), key=lambda item: item[0] in artifacts.sources):
        parts = _parts(node, unique_id, databases, config)
        key = fqn(parts)
        table_of[unique_id] = key
        relation = (node.text("database"), node.text("schema"), _identifier(node))
        if key in tables:
            _check_same(key, (unique_id, relation), node_of[key], artifacts)
            continue
        node_of[key] = (unique_id, relation)
        tables[key] = marked(_table(node, unique_id, parts, artifacts), project)
    state = CatalogState(
        config.service,
        project,
        _containers(tables, config.service, project),
        tables,
        _edges(artifacts, table_of, project),
        _teams(artifacts) if config.create_teams else {},
    )
    return Desired(state, _unknown_types(state))


def _database_names(artifacts: Artifacts, config: Config) -> dict[str, str]:
    """Return the catalog's name of each database: the one most of the project's own relations are
    in gets the configured name, others keep theirs, unless the configuration maps them.
    """
    own = Counter(
        node.text("database")
        for node in artifacts.nodes.values()
        if node.text("package_name") == artifacts.project and not is_ephemeral(node)
    )
    primary = min(own, key=lambda name: (-own[name], name)) if own else ""
    return {primary: config.database, "": config.database, **config.database_names}


def _parts(
    node: Record, unique_id: str, databases: dict[str, str], config: Config
) -> tuple[str, ...]:
    database = node.text("database")
    names = (databases.get(database, database), node.text("schema"), _identifier(node))
    return (config.service, *(stored_name(name, unique_id) for name in names))


def _identifier(node: Record) -> str:
    return node.text("identifier") or node.text("alias") or node.text("name")


def _check_same(
    key: str,
    second: tuple[str, tuple[str, ...]],
    first: tuple[str, tuple[str, ...]],
    artifacts: Artifacts,
) -> None:
    """Let a source share its relation with another node, which then describes it; nothing else."""
    if second[1] != first[1] or second[0] not in artifacts.sources:
        raise ArtifactError(
            f"{first[0]} and {second[0]} both become {key} in the catalog;"
            " give one database another name with databaseNames in the configuration, or an alias"
        )


def _table(node: Record, unique_id: str, parts: tuple[str, ...], artifacts: Artifacts) -> Table:
    relation = artifacts.relations.get(unique_id)
    owner = _owner(node, artifacts)
    return Table(
        parts,
        _table_type(node, relation),
        _columns(node, relation, unique_id),
        node.text("description").strip(),
        (owner.name,) if owner else (),
    )


def _table_type(node: Record, relation: Record | None) -> str:
    if node.text("resource_type") == "source":
        meta = node.record("config").record("meta").values
        if node.record("external").values or "external_location" in meta:
            return "External"
        kind = relation.record("metadata").text("type") if relation else ""
        return "View" if "view" in kind.lower() else "Regular"
    return _TABLE_TYPES.get(node.record("config").text("materialized"), "Regular")


def _columns(node: Record, relation: Record | None, unique_id: str) -> tuple[Column, ...]:
    """Return the columns the warehouse has, in its order; those of the manifest where it was not
    asked.
    """
    documented = {name.lower(): column for name, column in node.records("columns").items()}
    if relation is not None and relation.records("columns"):
        physical = sorted(
            relation.records("columns").values(), key=lambda one: one.number("index") or 0
        )
        spelled = [(one.text("name"), one.text("type")) for one in physical]
    else:
        spelled = [(one.text("name"), one.text("data_type")) for one in documented.values()]
    columns = []
    for name, spelling in spelled:
        text = documented[name.lower()].text("description") if name.lower() in documented else ""
        where = f"{unique_id}, column {name[:40]!r}"
        kind = _stored_type(parse_type(spelling), where)
        columns.append(Column(stored_name(name, where), kind, text.strip()))
    return tuple(columns)


def _stored_type(kind: DataType, where: str) -> DataType:
    """Return a type whose fields are named as the catalog stores names."""
    children = tuple(
        Field(stored_name(child.name, where), _stored_type(child.type, where))
        for child in kind.children
    )
    return replace(kind, children=children)


def _owner(node: Record, artifacts: Artifacts) -> Team | None:
    group = node.text("group")
    key = f"group.{node.text('package_name')}.{group}"
    return _team(artifacts.groups[key]) if group and key in artifacts.groups else None


def _team(group: Record) -> Team | None:
    """Return the team that owns a dbt group: named as its owner, or by the owner's e-mail."""
    owner = group.record("owner")
    email = owner.values.get("email")
    first = email[0] if isinstance(email, list) and email else email
    address = first if isinstance(first, str) else ""
    name = owner.text("name") or address.partition("@")[0]
    return Team(stored_name(name, group.where), address) if name else None


def _teams(artifacts: Artifacts) -> dict[str, Team]:
    """Return the teams that own something, each once."""
    found = (_owner(node, artifacts) for node in artifacts.nodes.values())
    return {team.name: team for team in found if team is not None}


def _containers(tables: dict[str, Table], service: str, project: str) -> dict[str, Container]:
    containers = {fqn((service,)): Container((service,))}
    for table in tables.values():
        for depth in (2, 3):
            container = Container(table.parts[:depth], Mark(project))
            containers[container.fqn] = container
    return containers


def _edges(
    artifacts: Artifacts, table_of: dict[str, str], project: str
) -> dict[tuple[str, str], Edge]:
    """Return the edges between relations: ephemeral models are looked through, self-edges and ends
    that are no relations left out.
    """
    edges = {}
    for unique_id, node in artifacts.nodes.items():
        if unique_id in table_of:
            for parent in _parents(node, artifacts, frozenset()):
                edge = Edge(table_of.get(parent, ""), table_of[unique_id], project)
                if edge.upstream and edge.upstream != edge.downstream:
                    edges[edge.key] = edge
    return edges


def _parents(node: Record, artifacts: Artifacts, passed: frozenset[str]) -> set[str]:
    """Return the nodes a node reads, through ephemeral models; `passed` are those on the way."""
    parents: set[str] = set()
    for parent in node.record("depends_on").texts("nodes"):
        through = artifacts.nodes.get(parent)
        if through is None or not is_ephemeral(through):
            parents.add(parent)
        elif parent not in passed:
            parents |= _parents(through, artifacts, passed | {parent})
    return parents


def _unknown_types(state: CatalogState) -> dict[str, int]:
    counts = Counter(
        column.type.display or "not given"
        for table in state.tables.values()
        for column in table.columns
        if column.type.name == UNKNOWN
    )
    return dict(sorted(counts.items()))
