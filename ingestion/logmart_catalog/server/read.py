"""Reads the actual state from a server: one service and the assets outside of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from urllib.parse import quote

from logmart_catalog.server.asset_kinds import Ids
from logmart_catalog.server.client import Api
from logmart_catalog.server.documents import read_mark
from logmart_catalog.server.edges import End, read_edges
from logmart_catalog.server.found_asset import FoundAsset
from logmart_catalog.server.indexed_edges import edges_as_indexed
from logmart_catalog.server.read_assets import ids_of, read_assets
from logmart_catalog.server.read_owners import find_owners
from logmart_catalog.server.tables import TABLE_FIELDS, read_table
from logmart_catalog.state.asset_kinds import EDGE_ENDS, TABLE
from logmart_catalog.state.capabilities import Capabilities
from logmart_catalog.state.model import Asset, AssetKey, CatalogState, Container, Mark, Table
from logmart_catalog.state.names import fqn
from logmart_catalog.state.owners import FoundOwner, owner_names
from logmart_catalog.state.references import references


@dataclass(frozen=True)
class Actual:
    """The actual state of a server, the ids of its entities, and its capabilities. `owners` maps
    the owners in dbt to owners there; `unindexed` counts the ends of edges that its search index
    lacks.
    """

    state: CatalogState
    ids: Ids
    capabilities: Capabilities
    owners: Mapping[str, FoundOwner] = field(default_factory=dict)
    unindexed: int = 0


def read_actual(api: Api, desired: CatalogState, capabilities: Capabilities) -> Actual:
    """Read the live entities that concern a desired state.

    These are all entities below its service, whoever made them, and the existing owners, tags and
    other shared entities that it refers to. Raises ServerError.
    """
    named = references(desired)
    ids = Ids()
    owners = find_owners(api, owner_names(desired), desired.emails, ids)
    containers, tables = _read_service(api, desired.service, ids)
    names = {ids.named[name]: name for name in tables}
    found, exclusive = read_assets(api, desired, named, names, capabilities)
    ids.assets.update(ids_of(found))
    ends = [End(TABLE, key, ids.named[key]) for key in tables]
    ends += [End(kind, key, ids.assets[kind, key]) for kind, key in _ends(found)]
    edges, starts = read_edges(api, ends)
    unindexed = 0
    if capabilities.has_index:
        edges, unindexed = edges_as_indexed(api, edges, desired.project)
    _add_ids(starts, ids)
    state = CatalogState(
        desired.service,
        desired.project,
        containers,
        tables,
        edges,
        assets=_by_key(found),
        exclusive=exclusive,
    )
    return Actual(state, ids, capabilities, owners, unindexed)


def _ends(found: Iterable[FoundAsset]) -> list[AssetKey]:
    return [found_asset.asset.key for found_asset in found if found_asset.asset.kind in EDGE_ENDS]


def _add_ids(starts: Mapping[AssetKey, str], ids: Ids) -> None:
    """Add the ids of entities where edges start, such as tables of other services, to `ids`."""
    for (kind, name), start_id in starts.items():
        if kind == TABLE:
            ids.named.setdefault(name, start_id)
        else:
            ids.assets.setdefault((kind, name), start_id)


def _by_key(found: Iterable[FoundAsset]) -> Mapping[AssetKey, Asset]:
    return {found_asset.asset.key: found_asset.asset for found_asset in found}


def _read_service(
    api: Api, service: str, ids: Ids
) -> tuple[dict[str, Container], dict[str, Table]]:
    """Read the containers and tables below a service; ids are added to `ids`."""
    containers: dict[str, Container] = {}
    tables: dict[str, Table] = {}
    name = fqn((service,))

    def add(parts: tuple[str, ...], entity_id: str, mark: Mark | None) -> Container:
        container = Container(parts, mark)
        containers[container.fqn] = container
        ids.named[container.fqn] = entity_id
        return container

    found = api.find(f"/services/databaseServices/name/{quote(name, safe='')}")
    if found is None:
        return containers, tables
    add((service,), found.text("id"), None)
    for database in api.pages("/databases", service=name, fields="extension"):
        parts: tuple[str, ...] = (service, database.text("name"))
        below = add(parts, database.text("id"), read_mark(database)).fqn
        for schema in api.pages("/databaseSchemas", database=below, fields="extension"):
            add((*parts, schema.text("name")), schema.text("id"), read_mark(schema))
        for record in api.pages("/tables", database=below, fields=TABLE_FIELDS):
            table = read_table(record, parts)
            tables[table.fqn] = table
            ids.named[table.fqn] = record.text("id")
            ids.documents[table.fqn] = record
    return containers, tables
