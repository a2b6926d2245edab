"""Reads the assets that concern a desired state from a server."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from urllib.parse import quote

from logmart_catalog.records import Record
from logmart_catalog.server.asset_kinds import ROUTES
from logmart_catalog.server.client import Api
from logmart_catalog.server.found_asset import FoundAsset, filled, read_asset
from logmart_catalog.server.incidents import read_incidents
from logmart_catalog.server.read_tests import read_tests
from logmart_catalog.state import asset_kinds as kinds
from logmart_catalog.state.capabilities import Capabilities
from logmart_catalog.state.model import Asset, AssetKey, CatalogState
from logmart_catalog.state.names import fqn, split_fqn


def read_assets(
    api: Api,
    desired: CatalogState,
    references: Mapping[str, Iterable[str]],
    tables: Mapping[str, str],
    capabilities: Capabilities,
) -> tuple[list[FoundAsset], tuple[str, ...]]:
    """Read the assets that concern the desired state.

    In: `references`, the names that the state refers to, by kind; `tables`, FQNs of the service's
    tables by id. Returns the shared assets that are referred to or desired, all other assets that
    are below our services, ours or desired, and the mutually exclusive classifications.
    """
    found: list[FoundAsset] = []
    exclusive = _read_tags(api, references.get(kinds.TAG, ()), found)
    for kind, collection in ((kinds.GLOSSARY_TERM, "glossaryTerms"), (kinds.DOMAIN, "domains")):
        found += _named(api, kind, collection, references.get(kind, ()))
    if references.get(kinds.CUSTOM_PROPERTY):
        table = api.get("/metadata/types/name/table", fields="customProperties")
        names = [prop.text("name") for prop in table.record_items("customProperties")]
        found += [FoundAsset(Asset(kinds.CUSTOM_PROPERTY, name), "") for name in names]
    for kind in (*filter(None, map(kinds.service_kind, kinds.EDGE_ENDS)), kinds.TEST_DEFINITION):
        wanted = [name for asset_kind, name in desired.assets if asset_kind == kind]
        found += _named(api, kind, ROUTES[kind].collection, wanted)
    for kind in kinds.EDGE_ENDS:
        if in_service := kinds.service_kind(kind):
            for service in [
                found_asset.asset.fqn
                for found_asset in found
                if found_asset.asset.kind == in_service
            ]:
                found += _listed(api, kind, service=service)
        elif kind not in capabilities.lacking:
            found += [
                found_asset
                for found_asset in _listed(api, kind)
                if _concerns(found_asset.asset, desired)
            ]
    found += read_tests(api, desired, use_index=capabilities.has_index)
    found += read_incidents(api, desired)
    if kinds.DATA_CONTRACT not in capabilities.lacking:
        found += _listed_contracts(api, tables)
    return found, exclusive


def _read_tags(api: Api, tags: Iterable[str], found: list[FoundAsset]) -> tuple[str, ...]:
    """Append the classifications of some tags, and all their tags, to `found`; return the
    mutually exclusive classifications.
    """
    exclusive = []
    for name in sorted({fqn(split_fqn(tag)[:1]) for tag in tags}):
        classification = api.find(f"/classifications/name/{quote(name, safe='')}")
        if classification is None:
            continue
        found.append(FoundAsset(Asset(kinds.CLASSIFICATION, name), classification.text("id")))
        if classification.values.get("mutuallyExclusive") is True:
            exclusive.append(name)
        for tag in api.pages("/tags", parent=name):
            found.append(
                FoundAsset(Asset(kinds.TAG, tag.text("fullyQualifiedName")), tag.text("id"))
            )
    return tuple(exclusive)


def _named(api: Api, kind: str, collection: str, names: Iterable[str]) -> Iterator[FoundAsset]:
    def read(name: str) -> Record | None:
        return api.find(f"/{collection}/name/{quote(name, safe='')}")

    wanted = sorted(set(names))
    for name, record in zip(wanted, api.each(read, wanted), strict=True):
        if record is not None:
            fields = ROUTES[kind].read(record) if kind in ROUTES else {}
            yield FoundAsset(Asset(kind, name, filled(fields)), record.text("id"))


def _listed(api: Api, kind: str, **query: str) -> Iterator[FoundAsset]:
    route = ROUTES[kind]
    for record in api.pages(f"/{route.collection}", fields=route.asked, **query):
        yield FoundAsset(read_asset(kind, record), record.text("id"))


def _listed_contracts(api: Api, tables: Mapping[str, str]) -> Iterator[FoundAsset]:
    """Yield the contracts on some tables. In: FQNs of the tables by id, since the server lists a
    contract with the id of its table alone.
    """
    route = ROUTES[kinds.DATA_CONTRACT]
    for record in api.pages(f"/{route.collection}", fields=route.asked):
        entity = record.record("entity")
        table = tables.get(entity.text("id"))
        if table is not None:
            named = {**entity.values, "fullyQualifiedName": table}
            whole = replace(record, values={**record.values, "entity": named})
            yield FoundAsset(read_asset(kinds.DATA_CONTRACT, whole), record.text("id"))


def _concerns(asset: Asset, desired: CatalogState) -> bool:
    mark = asset.mark
    ours = mark and (mark.project, mark.service) == (desired.project, desired.service)
    return bool(ours) or asset.key in desired.assets


def ids_of(found: Iterable[FoundAsset]) -> dict[AssetKey, str]:
    """Return the ids of assets, by their keys."""
    return {found_asset.asset.key: found_asset.id for found_asset in found if found_asset.id}
