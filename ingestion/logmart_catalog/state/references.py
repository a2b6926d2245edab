"""References of a desired state to tags, terms, domains and custom properties. Pure functions."""

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
    """Return the names that a state refers to, by kind."""
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


def missing_references(desired: CatalogState, actual: CatalogState) -> dict[str, tuple[str, ...]]:
    """Return by kind the names that a desired state refers to and neither state holds."""
    known = {*desired.assets, *actual.assets}
    lacking = {
        kind: tuple(sorted(name for name in names if (kind, name) not in known))
        for kind, names in references(desired).items()
    }
    return {kind: names for kind, names in lacking.items() if names}


def without_references(state: CatalogState, absent: Mapping[str, tuple[str, ...]]) -> CatalogState:
    """Return a desired state without its references to absent entities. In: their names by kind."""
    if not absent:
        return state
    absent_keys = {(kind, name) for kind, names in absent.items() for name in names}
    tables = {key: _table_without(table, absent_keys, state) for key, table in state.tables.items()}
    assets = {key: _asset_without(asset, absent_keys) for key, asset in state.assets.items()}
    return replace(state, tables=tables, assets=assets)


def without_repeated_results(desired: CatalogState, actual: CatalogState) -> CatalogState:
    """Return a desired state without the test results that equal the last one in the catalog."""

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


def _table_without(table: Table, absent: set[tuple[str, str]], state: CatalogState) -> Table:
    columns = tuple(
        replace(
            column,
            tags=_without_absent(TAG, column.tags, absent),
            terms=_without_absent(GLOSSARY_TERM, column.terms, absent),
        )
        for column in table.columns
    )
    properties = {
        name: value
        for name, value in table.properties.items()
        if (CUSTOM_PROPERTY, name) not in absent
    }
    tags = _without_absent(TAG, table.tags, absent)
    model = table.data_model and replace(
        table.data_model, tags=_without_absent(TAG, table.data_model.tags, absent)
    )
    changed = replace(
        table,
        columns=columns,
        tags=tags,
        terms=_without_absent(GLOSSARY_TERM, table.terms, absent),
        domains=_without_absent(DOMAIN, table.domains, absent),
        properties=properties,
        data_model=model,
    )
    return table if changed == table else marked(changed, state.project)


def _asset_without(asset: Asset, absent: set[tuple[str, str]]) -> Asset:
    fields = dict(asset.fields)
    for field, kind in (("tags", TAG), ("domains", DOMAIN)):
        value = fields.get(field)
        if isinstance(value, tuple):
            fields[field] = _without_absent(kind, value, absent)
    fields = {key: value for key, value in fields.items() if value}
    if fields == asset.fields or asset.mark is None:
        return asset
    changed = replace(asset, fields=fields)
    return marked_asset(changed, asset.mark.project, asset.mark.service)


def _without_absent(
    kind: str, names: tuple[str, ...], absent: set[tuple[str, str]]
) -> tuple[str, ...]:
    return tuple(name for name in names if (kind, name) not in absent)
