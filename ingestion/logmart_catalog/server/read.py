"""What a server holds: the state of one service, read in pages."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import quote

from logmart_catalog.column_types import DataType, Field
from logmart_catalog.errors import ServerError
from logmart_catalog.names import fqn
from logmart_catalog.records import Record
from logmart_catalog.server.client import Api
from logmart_catalog.state import (
    CatalogState,
    Column,
    Container,
    Edge,
    Mark,
    Table,
    Team,
)

# The custom property that holds a mark, on tables, databases and schemas.
MARK_PROPERTY = "logmartLastApplied"
# What ends the description of an edge we made; the project's name follows.
EDGE_MARK = "Maintained by logmart for the dbt project "

_TABLE_FIELDS = "columns,owners,extension"


@dataclass(frozen=True)
class Actual:
    """What a server holds, and the id of each entity by FQN (or name, for teams)."""

    state: CatalogState
    ids: dict[str, str]


def read_actual(api: Api, service: str, project: str, owners: Iterable[str]) -> Actual:
    """Read the live entities of a service.

    In: the service's name, the dbt project whose marks are ours, the teams to look for. Returns
    everything below the service, whoever made it, and those of the teams that exist. A service
    that does not exist is an empty state. Raises ServerError.
    """
    state = CatalogState(service, project)
    ids: dict[str, str] = {}
    teams = _read_teams(api, owners, ids)
    found = api.find(f"/services/databaseServices/name/{quote(fqn((service,)), safe='')}")
    if found is None:
        return Actual(CatalogState(service, project, teams=teams), ids)
    containers = {fqn((service,)): Container((service,))}
    ids[fqn((service,))] = found.text("id")
    tables: dict[str, Table] = {}
    for database in api.pages("/databases", service=fqn((service,)), fields="extension"):
        parts: tuple[str, ...] = (service, database.text("name"))
        below = fqn(parts)
        containers[below] = Container(parts, read_mark(database))
        ids[below] = database.text("id")
        for schema in api.pages("/databaseSchemas", database=below, fields="extension"):
            container = Container((*parts, schema.text("name")), read_mark(schema))
            containers[container.fqn] = container
            ids[container.fqn] = schema.text("id")
        for record in api.pages("/tables", database=below, fields=_TABLE_FIELDS):
            table = _table(record, parts)
            tables[table.fqn] = table
            ids[table.fqn] = record.text("id")
    edges = _read_edges(api, {key: ids[key] for key in tables}, ids)
    return Actual(CatalogState(state.service, project, containers, tables, edges, teams), ids)


def read_mark(record: Record) -> Mark | None:
    """Return the mark of an entity, None when it has none or one that is not ours to read."""
    text = record.record("extension").values.get(MARK_PROPERTY)
    if not isinstance(text, str):
        return None
    try:
        mark = Record.of(record.where, json.loads(text), ServerError)
    except ValueError:
        return None
    digests = mark.record("digests")
    return Mark(mark.text("project"), {key: digests.text(key) for key in digests.values})


def mark_text(mark: Mark) -> str:
    """Return a mark as the text that is stored with an entity."""
    return json.dumps({"project": mark.project, "digests": dict(mark.digests)}, ensure_ascii=False)


def _read_teams(api: Api, names: Iterable[str], ids: dict[str, str]) -> dict[str, Team]:
    teams = {}
    for name in sorted(set(names)):
        found = api.find(f"/teams/name/{quote(fqn((name,)), safe='')}")
        if found is not None:
            teams[name] = Team(name, found.text("email"))
            ids[name] = found.text("id")
    return teams


def _table(record: Record, database: tuple[str, ...]) -> Table:
    return Table(
        (*database, record.record("databaseSchema").text("name"), record.text("name")),
        record.text("tableType"),
        tuple(_columns(record)),
        record.text("description"),
        tuple(sorted(_owner(owner) for owner in record.record_items("owners"))),
        read_mark(record),
    )


def _owner(reference: Record) -> str:
    name = reference.text("name")
    return name if reference.text("type") == "team" else f"{reference.text('type')}:{name}"


def _columns(record: Record) -> list[Column]:
    return [
        Column(one.text("name"), _type(one), one.text("description"))
        for one in record.record_items("columns")
    ]


def _type(column: Record) -> DataType:
    return DataType(
        column.text("dataType"),
        column.text("dataTypeDisplay"),
        column.number("dataLength"),
        column.number("precision"),
        column.number("scale"),
        column.text("arrayDataType") or None,
        tuple(Field(one.text("name"), _type(one)) for one in column.record_items("children")),
    )


def _read_edges(
    api: Api, tables: dict[str, str], ids: dict[str, str]
) -> dict[tuple[str, str], Edge]:
    """Read the edges that end at each table and start at a table; ids of the far ends are added to
    `ids`.
    """
    edges = {}
    for downstream, table_id in tables.items():
        graph = api.get(f"/lineage/table/{table_id}", upstreamDepth="1", downstreamDepth="0")
        nodes = {
            node.text("id"): node.text("fullyQualifiedName")
            for node in graph.record_items("nodes")
            if node.text("type") == "table"
        }
        for record in graph.record_items("upstreamEdges"):
            upstream = nodes.get(record.text("fromEntity"))
            if upstream is not None and record.text("toEntity") == table_id:
                text = record.record("lineageDetails").text("description")
                _, mark, project = text.rpartition(EDGE_MARK)
                edge = Edge(upstream, downstream, project if mark else "")
                edges[edge.key] = edge
                ids.setdefault(upstream, record.text("fromEntity"))
    return edges
