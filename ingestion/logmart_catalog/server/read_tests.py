"""Reads the tests on a server, each with its latest result."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import quote

from logmart_catalog.records import Record
from logmart_catalog.server.asset_kinds import ROUTES
from logmart_catalog.server.client import PAGE_SIZE, Api
from logmart_catalog.server.found_asset import FoundAsset, filled, read_asset
from logmart_catalog.server.search_index import indexed_documents
from logmart_catalog.state import asset_kinds as kinds
from logmart_catalog.state.model import Asset, AssetKey, CatalogState, Value
from logmart_catalog.state.names import fqn

_ROUTE = ROUTES[kinds.TEST]
_FIELDS = (
    "id",
    "name",
    "fullyQualifiedName",
    "description",
    "entityLink",
    "testDefinition",
    "parameterValues",
    "testCaseResult",
    "owners",
)


def read_tests(api: Api, desired: CatalogState, *, use_index: bool) -> list[FoundAsset]:
    """Read the tests on the tables of a service, each followed by its latest result.

    In: `use_index`, whether to read the search index. The database lists the tests of the whole
    server, some fifty times as slowly. A test that the index lacks, or that differs there from the
    desired one, is read from the database before it counts.
    """
    if not use_index:
        return _below(_listed(api), desired)
    found = [
        found_asset
        for record in indexed_documents(api, "test_case", desired.service, _FIELDS)
        for found_asset in _with_result(record)
    ]
    shown = {found_asset.asset.key: found_asset.asset for found_asset in found}
    doubted = _differing(desired, shown, kinds.TEST)
    results = _differing(desired, shown, kinds.TEST_RESULT)
    # After a build every result differs from the stored one, so reading them again is of no use.
    doubted |= results if len(results) <= PAGE_SIZE else set()
    if not doubted:
        return found
    if len(doubted) > _pages(api):
        return _below(_listed(api), desired)
    kept = [found_asset for found_asset in found if found_asset.asset.fqn not in doubted]
    return [*kept, *_named(api, sorted(doubted))]


def _differing(desired: CatalogState, shown: Mapping[AssetKey, Asset], kind: str) -> set[str]:
    """Return the names of desired tests (or of tests with a desired result) that the index lacks or
    holds with other fields.
    """
    return {
        key[1]
        for key, wanted in desired.assets.items()
        if key[0] == kind and (key not in shown or _differ(wanted, shown[key]))
    }


def _differ(wanted: Asset, shown: Asset) -> bool:
    """Whether a test or result is shown with other fields; owners count where some are wanted."""
    fields = dict(shown.fields)
    if "owners" not in wanted.fields:
        fields.pop("owners", None)
    return fields != wanted.fields


def _pages(api: Api) -> int:
    """Return the number of calls that list all tests of the server from the database."""
    counted = api.get(f"/{_ROUTE.collection}", includeAllTests="true", limit="0")
    return 1 + (counted.record("paging").number("total") or 0) // PAGE_SIZE


def _listed(api: Api) -> Iterator[FoundAsset]:
    asked = {"fields": _ROUTE.asked, "includeAllTests": "true"}
    for record in api.pages(f"/{_ROUTE.collection}", **asked):
        yield from _with_result(record)


def _named(api: Api, names: list[str]) -> list[FoundAsset]:
    def read(name: str) -> Record | None:
        path = f"/{_ROUTE.collection}/name/{quote(name, safe='')}"
        return api.find(path, fields=_ROUTE.asked)

    records = (record for record in api.each(read, names) if record is not None)
    return [found_asset for record in records for found_asset in _with_result(record)]


def _with_result(record: Record) -> Iterator[FoundAsset]:
    test = read_asset(kinds.TEST, record)
    yield FoundAsset(test, record.text("id"))
    result = record.record("testCaseResult")
    if result.values:
        fields: dict[str, Value] = {
            "table": test.fields.get("table", ""),
            "timestamp": str(result.number("timestamp")),
            "status": result.text("testCaseStatus"),
            "result": result.text("result"),
        }
        yield FoundAsset(Asset(kinds.TEST_RESULT, test.fqn, filled(fields)), "")


def _below(found: Iterable[FoundAsset], desired: CatalogState) -> list[FoundAsset]:
    """Return the tests on tables of the service."""
    prefix = f"{fqn((desired.service,))}."
    return [
        found_asset
        for found_asset in found
        if str(found_asset.asset.fields.get("table", "")).startswith(prefix)
    ]
