"""Entities out of the scope of a desired state: incomplete in the artifacts, or not chosen. They
stay in the catalog as they are and are neither removed nor drift. Pure functions.
"""

from __future__ import annotations

from collections.abc import Iterable, Set
from dataclasses import replace

from logmart_catalog.state import asset_kinds as kinds
from logmart_catalog.state.marks import marked
from logmart_catalog.state.model import Asset, AssetKey, CatalogState, Edge, OutOfScope, Table
from logmart_catalog.state.names import fqn, split_fqn
from logmart_catalog.state.references import references

_KINDS_ON_A_TABLE = frozenset(kind.name for kind in kinds.ASSET_KINDS.values() if kind.on_table)
_CONSUMER_KINDS = frozenset(kinds.EDGE_ENDS)


def narrowed(
    state: CatalogState, unpublished: Set[str], consumers: Set[AssetKey], out_of_scope: OutOfScope
) -> CatalogState:
    """Return the published part of a state, with only the tags, classifications, services and test
    definitions that it needs.

    In: `unpublished`, FQNs of the tables to drop, with all that is on them; `consumers`, the only
    dashboards and metrics to keep; `out_of_scope`, the entities that the result does not cover.
    """
    tables = {name: table for name, table in state.tables.items() if name not in unpublished}
    assets = {
        key: asset for key, asset in state.assets.items() if _stays(asset, tables.keys(), consumers)
    }
    ends = {*((kinds.TABLE, name) for name in tables), *assets}
    within = {table.parts[:depth] for table in tables.values() for depth in (2, 3)}
    bare = replace(
        state,
        containers={
            name: container
            for name, container in state.containers.items()
            if container.kind == "service" or container.parts in within
        },
        tables=tables,
        edges={key: edge for key, edge in state.edges.items() if {edge.start, edge.end} <= ends},
        assets=assets,
        out_of_scope=replace(out_of_scope, but=_names_before(tables.values())),
    )
    return _needed(bare)


def _names_before(tables: Iterable[Table]) -> tuple[str, ...]:
    return tuple(sorted({name for table in tables for name in table.previous}))


def is_out_of_scope(state: CatalogState, name: str, kind: str = kinds.TABLE) -> bool:
    """Whether a table, dashboard or metric is out of a state's scope, by FQN."""
    if kind != kinds.TABLE:
        return state.out_of_scope.others and (kind, name) not in state.assets
    if name in state.tables or name in state.out_of_scope.but:
        return False
    return state.out_of_scope.others or name in state.out_of_scope.tables


def is_edge_out_of_scope(state: CatalogState, edge: Edge) -> bool:
    """Whether one end of an edge is out of a state's scope."""
    return any(is_out_of_scope(state, name, kind) for kind, name in (edge.start, edge.end))


def is_asset_out_of_scope(state: CatalogState, asset: Asset) -> bool:
    """Whether an asset, or the table that it is on, is out of a state's scope."""
    if state.out_of_scope.checks and _is_check(asset):
        return True
    if asset.kind in _KINDS_ON_A_TABLE:
        return is_out_of_scope(state, str(asset.fields.get("table", "")))
    return asset.kind in _CONSUMER_KINDS and is_out_of_scope(state, asset.fqn, asset.kind)


def _is_check(asset: Asset) -> bool:
    definition = str(asset.fields.get("definition", ""))
    return asset.kind == kinds.TEST and not definition.startswith(kinds.DBT_DEFINITION)


def with_foreign_keys_out_of_scope(desired: CatalogState, actual: CatalogState) -> CatalogState:
    """Return a desired state that keeps the actual foreign keys to tables out of its scope."""
    if desired.out_of_scope == OutOfScope():
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
    return any(is_out_of_scope(state, fqn(split_fqn(column)[:-1])) for column in referred)


def _stays(asset: Asset, tables: Set[str], consumers: Set[AssetKey]) -> bool:
    if asset.kind in _KINDS_ON_A_TABLE:
        return asset.fields.get("table") in tables
    return asset.kind not in _CONSUMER_KINDS or asset.key in consumers


def _needed(state: CatalogState) -> CatalogState:
    """Return a state without the shared assets that nothing else in it needs."""
    named = references(state)
    definitions = {str(test.fields.get("definition", "")) for test in _of_kind(state, kinds.TEST)}
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
    """Return the FQNs of the services that assets belong to, by the kind of service."""
    found = {kind: set[str]() for kind in filter(None, map(kinds.service_kind, kinds.EDGE_ENDS))}
    for asset in state.assets.values():
        if kind := kinds.service_kind(asset.kind):
            found[kind].add(fqn(split_fqn(asset.fqn)[:1]))
    return found
