"""What a desired state says nothing of: left out of the artifacts, or not chosen. It stays in the
catalog as it is, neither removed nor drift. Pure functions.
"""

from __future__ import annotations

from collections.abc import Iterable, Set
from dataclasses import replace

from logmart_catalog.state import asset_kinds as kinds
from logmart_catalog.state.marks import marked
from logmart_catalog.state.model import Asset, AssetKey, CatalogState, Edge, Kept, Table
from logmart_catalog.state.names import fqn, split_fqn
from logmart_catalog.state.references import references

_ON_A_TABLE = frozenset(kind.name for kind in kinds.ASSET_KINDS.values() if kind.on_table)
_USES = frozenset(kinds.EDGE_ENDS)


def narrowed(state: CatalogState, gone: Set[str], uses: Set[AssetKey], kept: Kept) -> CatalogState:
    """Return a state without some tables and what is on them, and with some dashboards and metrics
    alone; tags and the like are those that the rest needs.

    In: `gone`, FQNs of the tables; `uses`, the dashboards and metrics that stay; `kept`, what the
    state then says nothing of.
    """
    tables = {name: table for name, table in state.tables.items() if name not in gone}
    assets = {
        key: asset for key, asset in state.assets.items() if _stays(asset, tables.keys(), uses)
    }
    ends = {*tables, *(key[1] for key in assets if key[0] in _USES)}
    within = {table.parts[:depth] for table in tables.values() for depth in (2, 3)}
    bare = replace(
        state,
        containers={
            name: one
            for name, one in state.containers.items()
            if one.kind == "service" or one.parts in within
        },
        tables=tables,
        edges={key: edge for key, edge in state.edges.items() if ends.issuperset(key)},
        assets=assets,
        kept=replace(kept, but=_names_before(tables.values())),
    )
    return _needed(bare)


def _names_before(tables: Iterable[Table]) -> tuple[str, ...]:
    return tuple(sorted({name for table in tables for name in table.previous}))


def is_kept(state: CatalogState, name: str, kind: str = "table") -> bool:
    """Whether a state says nothing of a table, dashboard or metric, by FQN."""
    if kind != "table":
        return state.kept.others and (kind, name) not in state.assets
    if name in state.tables or name in state.kept.but:
        return False
    return state.kept.others or name in state.kept.tables


def is_kept_edge(state: CatalogState, edge: Edge) -> bool:
    """Whether a state says nothing of an edge: of one of its ends."""
    return is_kept(state, edge.upstream) or is_kept(state, edge.downstream, edge.kind)


def is_kept_asset(state: CatalogState, asset: Asset) -> bool:
    """Whether a state says nothing of an asset: of it, or of the table it is on."""
    if asset.kind in _ON_A_TABLE:
        return is_kept(state, str(asset.fields.get("table", "")))
    return asset.kind in _USES and is_kept(state, asset.fqn, asset.kind)


def with_kept_keys(desired: CatalogState, actual: CatalogState) -> CatalogState:
    """Return a desired state with the foreign keys there to tables that it says nothing of."""
    if desired.kept == Kept():
        return desired
    tables = dict(desired.tables)
    for name, table in desired.tables.items():
        found = actual.tables.get(name)
        own = [key for key in table.keys if not _refers(desired, key.referred)]
        there = [key for key in found.keys if _refers(desired, key.referred)] if found else []
        changed = replace(table, keys=tuple(sorted([*own, *there], key=str)))
        tables[name] = table if changed == table else marked(changed, desired.project)
    return replace(desired, tables=tables)


def _refers(state: CatalogState, referred: tuple[str, ...]) -> bool:
    return any(is_kept(state, fqn(split_fqn(column)[:-1])) for column in referred)


def _stays(asset: Asset, tables: Set[str], uses: Set[AssetKey]) -> bool:
    if asset.kind in _ON_A_TABLE:
        return asset.fields.get("table") in tables
    return asset.kind not in _USES or asset.key in uses


def _needed(state: CatalogState) -> CatalogState:
    """Return a state without the shared things that nothing else in it needs."""
    named = references(state)
    definitions = {str(one.fields.get("definition", "")) for one in _of_kind(state, kinds.TEST)}
    classifications = {fqn(split_fqn(tag)[:1]) for tag in named[kinds.TAG]}
    needed = {
        **_services(state),
        kinds.TEST_DEFINITION: definitions,
        kinds.TAG: named[kinds.TAG],
        kinds.CLASSIFICATION: classifications,
    }
    assets = {
        key: asset
        for key, asset in state.assets.items()
        if asset.kind not in needed or asset.fqn in needed[asset.kind]
    }
    return replace(state, assets=assets)


def _of_kind(state: CatalogState, kind: str) -> list[Asset]:
    return [asset for asset in state.assets.values() if asset.kind == kind]


def _services(state: CatalogState) -> dict[str, set[str]]:
    """Return the FQNs of the services that assets stand in, by the kind of service."""
    found = {kind: set[str]() for kind in filter(None, map(kinds.service_kind, kinds.EDGE_ENDS))}
    for asset in state.assets.values():
        if kind := kinds.service_kind(asset.kind):
            found[kind].add(fqn(split_fqn(asset.fqn)[:1]))
    return found
