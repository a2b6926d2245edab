"""What a desired state refers to and does not hold itself: tags, terms, domains and custom
properties. Pure functions.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from logmart_catalog.state.asset_kinds import (
    CUSTOM_PROPERTY,
    DOMAIN,
    GLOSSARY_TERM,
    TAG,
    TEST_RESULT,
)
from logmart_catalog.state.marks import marked, marked_asset
from logmart_catalog.state.model import Asset, CatalogState, Table


def references(state: CatalogState) -> dict[str, set[str]]:
    """Return the names that a state refers to, by kind of what they name."""
    named: dict[str, set[str]] = {
        kind: set() for kind in (TAG, GLOSSARY_TERM, DOMAIN, CUSTOM_PROPERTY)
    }
    for table in state.tables.values():
        named[DOMAIN].update(table.domains)
        named[CUSTOM_PROPERTY].update(table.properties)
        named[TAG].update(table.tags, *(column.tags for column in table.columns))
        named[GLOSSARY_TERM].update(table.terms, *(column.terms for column in table.columns))
    for asset in state.assets.values():
        for field, kind in (("tags", TAG), ("domains", DOMAIN)):
            named[kind].update(asset.fields.get(field, ()))
    return named


def missing(desired: CatalogState, actual: CatalogState) -> dict[str, tuple[str, ...]]:
    """Return the names that a desired state refers to and that neither state has, by kind."""
    known = {*desired.assets, *actual.assets}
    lacking = {
        kind: tuple(sorted(name for name in names if (kind, name) not in known))
        for kind, names in references(desired).items()
    }
    return {kind: names for kind, names in lacking.items() if names}


def without(state: CatalogState, absent: Mapping[str, tuple[str, ...]]) -> CatalogState:
    """Return a desired state that does not refer to what is absent, by kind."""
    if not absent:
        return state
    gone = {(kind, name) for kind, names in absent.items() for name in names}
    tables = {key: _table_without(table, gone, state) for key, table in state.tables.items()}
    assets = {key: _asset_without(asset, gone) for key, asset in state.assets.items()}
    return replace(state, tables=tables, assets=assets)


def without_repeated_results(desired: CatalogState, actual: CatalogState) -> CatalogState:
    """Return a desired state without the results of tests that say what the last one there says."""

    def repeats(result: Asset) -> bool:
        found = actual.assets.get(result.key)
        return found is not None and all(
            result.fields.get(key) == found.fields.get(key) for key in ("status", "result")
        )

    assets = {
        key: asset
        for key, asset in desired.assets.items()
        if asset.kind != TEST_RESULT or not repeats(asset)
    }
    return replace(desired, assets=assets)


def _table_without(table: Table, gone: set[tuple[str, str]], state: CatalogState) -> Table:
    columns = tuple(
        replace(
            column,
            tags=_kept(TAG, column.tags, gone),
            terms=_kept(GLOSSARY_TERM, column.terms, gone),
        )
        for column in table.columns
    )
    properties = {
        name: value
        for name, value in table.properties.items()
        if (CUSTOM_PROPERTY, name) not in gone
    }
    tags = _kept(TAG, table.tags, gone)
    model = table.data_model and replace(
        table.data_model, tags=_kept(TAG, table.data_model.tags, gone)
    )
    changed = replace(
        table,
        columns=columns,
        tags=tags,
        terms=_kept(GLOSSARY_TERM, table.terms, gone),
        domains=_kept(DOMAIN, table.domains, gone),
        properties=properties,
        data_model=model,
    )
    return table if changed == table else marked(changed, state.project)


def _asset_without(asset: Asset, gone: set[tuple[str, str]]) -> Asset:
    fields = dict(asset.fields)
    for field, kind in (("tags", TAG), ("domains", DOMAIN)):
        value = fields.get(field)
        if isinstance(value, tuple):
            fields[field] = _kept(kind, value, gone)
    fields = {key: value for key, value in fields.items() if value}
    if fields == asset.fields or asset.mark is None:
        return asset
    changed = replace(asset, fields=fields)
    return marked_asset(changed, asset.mark.project, asset.mark.service)


def _kept(kind: str, names: tuple[str, ...], gone: set[tuple[str, str]]) -> tuple[str, ...]:
    return tuple(name for name in names if (kind, name) not in gone)
