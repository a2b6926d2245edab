"""Asks a server for its capabilities, before anything is written."""

from __future__ import annotations

import json

from logmart_catalog.errors import RefusedError
from logmart_catalog.server.asset_kinds import ROUTES
from logmart_catalog.server.client import Api
from logmart_catalog.state.asset_kinds import ASSET_KINDS, METRIC
from logmart_catalog.state.capabilities import OLDEST, Capabilities, version_numbers
from logmart_catalog.state.model import CatalogState


def read_capabilities(api: Api, desired: CatalogState) -> Capabilities:
    """Ask a server for its version, and for the kinds and metric types that a desired state needs.

    Raises ServerError.
    """
    version = api.get("/system/version").text("version")
    wanted = {kind for kind, _ in desired.assets}
    lacking = {
        kind
        for kind in sorted(wanted)
        if ASSET_KINDS[kind].late and api.find(f"/{ROUTES[kind].collection}", limit="0") is None
    }
    words = _metric_types(api) if METRIC in wanted - lacking else None
    found = version_numbers(version)
    has_index = (not found or found >= OLDEST) and _answers(api)
    return Capabilities(version, words, frozenset(lacking), has_index=has_index)


def _answers(api: Api) -> bool:
    """Whether the server's search index answers."""
    try:
        api.get("/search/query", q="*", index="table_search_index", size="0")
    except RefusedError as refused:
        if refused.is_failure:
            return False
        raise
    return True


def _metric_types(api: Api) -> frozenset[str] | None:
    """Return the metric types in the server's JSON schema of metrics, None when it lists none."""
    schema = api.get("/metadata/types/name/metric").text("schema")
    try:
        words = json.loads(schema)["definitions"]["metricType"]["enum"]
    except (ValueError, KeyError, TypeError):
        return None
    return frozenset(map(str, words)) if isinstance(words, list) else None
