"""Creates, changes and removes assets on a server."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from urllib.parse import quote

import requests

from logmart_catalog.errors import ServerError
from logmart_catalog.records import Record
from logmart_catalog.server.apply_progress import ApplyProgress
from logmart_catalog.server.asset_kinds import ROUTES, Ids, create_body, text, texts
from logmart_catalog.server.client import PAGE_SIZE, Api, body
from logmart_catalog.server.documents import Body, merged_labels, read_owners
from logmart_catalog.server.found_asset import read_asset
from logmart_catalog.server.incidents import write_incident
from logmart_catalog.state import asset_kinds as kinds
from logmart_catalog.state.model import Asset
from logmart_catalog.state.names import fqn, split_fqn


def add_assets(progress: ApplyProgress, assets: Iterable[Asset]) -> None:
    """Create assets of one kind, in batches where the server accepts them, and read their ids.

    Assets on the same table are created one after the other, since they share a test suite there.
    """
    api, ids = progress.api, progress.ids
    wanted = list(assets)
    if wanted and wanted[0].kind == kinds.TEST:
        wanted = _without_created(api, wanted, ids)
    elif wanted and wanted[0].kind in kinds.EDGE_ENDS:
        wanted = _without_put(progress, wanted)
    # Assets without a table form one group.
    groups = [list(group) for _, group in groupby(wanted, key=lambda asset: text(asset, "table"))]
    progress.each_in_order(lambda asset: _add(api, asset, ids), groups, _entity_name)


def _entity_name(asset: Asset) -> str:
    return f"{asset.kind} {asset.fqn}"


def _without_created(api: Api, tests: list[Asset], ids: Ids) -> list[Asset]:
    """Create tests in batches of a hundred; return those whose batch the server refused."""
    path = f"/{ROUTES[kinds.TEST].collection}/createMany"
    left: list[Asset] = []
    for start in range(0, len(tests), PAGE_SIZE):
        batch = tests[start : start + PAGE_SIZE]
        answer = api.create_many(path, [create_body(test, ids) for test in batch])
        if answer is None:
            left += batch
            continue
        for record in answer.record_items("data"):
            ids.assets[kinds.TEST, record.text("fullyQualifiedName")] = record.text("id")
    return left


def _without_put(progress: ApplyProgress, assets: list[Asset]) -> list[Asset]:
    """PUT dashboards or metrics in batches of a hundred, and read their ids; return those that the
    server did not accept.
    """
    api, ids = progress.api, progress.ids
    route = ROUTES[assets[0].kind]
    left_names = {
        refused["name"]
        for refused in api.put_many(
            route.collection, [create_body(refused, ids) for refused in assets]
        )
    }
    left = [asset for asset in assets if split_fqn(asset.fqn)[-1] in left_names]
    put = [asset for asset in assets if asset not in left]
    if not put:
        return left
    service = fqn(split_fqn(assets[0].fqn)[:1])
    scope = {"service": service} if kinds.service_kind(assets[0].kind) else {}
    found = api.pages(f"/{route.collection}", fields=route.asked, **scope)
    stored = {record.text("fullyQualifiedName"): record for record in found}
    ids.assets |= {asset.key: stored[asset.fqn].text("id") for asset in put if asset.fqn in stored}
    # An asset that was soft-deleted before keeps its old fields after a PUT.
    differing = [
        asset
        for asset in put
        if asset.fqn in stored and read_asset(asset.kind, stored[asset.fqn]) != asset
    ]
    progress.each(lambda asset: change_asset(api, asset, ids), differing, _entity_name)
    return [*left, *(asset for asset in put if asset.fqn not in stored)]


def change_asset(api: Api, asset: Asset, ids: Ids) -> None:
    """Correct an asset, if something differs."""
    if _is_added_alone(api, asset):
        return
    route = ROUTES[asset.kind]
    path = f"/{route.collection}/{ids.of_asset(asset.key)}"
    if "displayName" in route.keys:
        _put_display_name(api, asset, ids, path)
    api.modify(path, route.asked, lambda found: _changed(found, asset, ids))


def _put_display_name(api: Api, asset: Asset, ids: Ids, path: str) -> None:
    """PUT an asset's display name if it differs, since a bot may not PATCH it."""
    route = ROUTES[asset.kind]
    found = api.get(path, fields=",".join(route.kept))
    if found.text("displayName") != text(asset, "displayName"):
        kept = {
            key: [reference.text("fullyQualifiedName") for reference in found.record_items(key)]
            for key in route.kept
            if found.items(key)
        }
        api.put(f"/{route.collection}", {**create_body(asset, ids), **kept})


def asset_path(asset: Asset, ids: Ids) -> str:
    """Return the path that removes an asset: for good if dbt manages every field, else softly."""
    whole = "true" if kinds.ASSET_KINDS[asset.kind].whole else "false"
    collection = ROUTES[asset.kind].collection
    return f"/{collection}/{ids.of_asset(asset.key)}?hardDelete={whole}&recursive={whole}"


def _add(api: Api, asset: Asset, ids: Ids) -> None:
    if _is_added_alone(api, asset):
        return
    answer = api.put(f"/{ROUTES[asset.kind].collection}", create_body(asset, ids))
    stored = Record.of(f"{asset.kind} {asset.fqn}", answer.json(), ServerError)
    ids.assets[asset.key] = stored.text("id")
    if answer.status_code != requests.codes.created and not kinds.ASSET_KINDS[asset.kind].shared:
        # It was soft-deleted before, and a PUT keeps its old fields.
        change_asset(api, asset, ids)


def _is_added_alone(api: Api, asset: Asset) -> bool:
    """Add a result of a test or a status of an incident to those before it; False for others."""
    if asset.kind == kinds.TEST_RESULT:
        _add_result(api, asset)
    elif asset.kind == kinds.INCIDENT:
        write_incident(api, asset)
    return asset.kind in (kinds.TEST_RESULT, kinds.INCIDENT)


def _add_result(api: Api, result: Asset) -> None:
    fields: Body = {
        "timestamp": int(text(result, "timestamp")),
        "testCaseStatus": text(result, "status"),
        "result": text(result, "result"),
        "testResultValue": [],
    }
    api.post(
        f"/dataQuality/testCases/testCaseResults/{quote(result.fqn, safe='')}",
        body("api.tests.createTestCaseResult:CreateTestCaseResult", fields),
    )


def _changed(found: Record, asset: Asset, ids: Ids) -> Body:
    """Return an asset's document with the managed fields of the plan; all other fields stay."""
    document = dict(found.values)
    wanted = create_body(asset, ids)
    for key in ROUTES[asset.kind].keys:
        if key in wanted:
            document[key] = wanted[key]
        else:
            document.pop(key, None)
    if "owners" in ROUTES[asset.kind].keys and read_owners(found) == texts(asset, "owners"):
        document["owners"] = found.items("owners")
    if "tags" in document:
        document["tags"] = merged_labels(found, texts(asset, "tags"))
    if "domains" in wanted:
        document["domains"] = [
            {"id": ids.of_asset((kinds.DOMAIN, name)), "type": "domain"}
            for name in texts(asset, "domains")
        ]
    if "testDefinition" in wanted:
        definition = ids.of_asset((kinds.TEST_DEFINITION, text(asset, "definition")))
        if found.record("testDefinition").text("id") == definition:
            document["testDefinition"] = found.values["testDefinition"]
        else:
            document["testDefinition"] = {"id": definition, "type": "testDefinition"}
    if "extension" in wanted:
        document["extension"] = {
            **found.record("extension").values,
            **Record.of(found.where, wanted["extension"], ServerError).values,
        }
    return document
