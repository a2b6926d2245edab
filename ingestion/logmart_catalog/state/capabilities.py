"""The capabilities of a server, and the part of a desired state it supports. Pure functions."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace

from logmart_catalog.state.asset_kinds import METRIC
from logmart_catalog.state.edge_paths import edges_around
from logmart_catalog.state.marks import marked_asset
from logmart_catalog.state.model import Asset, AssetKey, CatalogState

# The range of versions (major, minor) that the sync is made for, and the versions it was run on.
OLDEST, NEWEST = (1, 12), (2, 0)
TRIED = frozenset({(1, 12)})
# The type of a metric whose own type the server does not know.
_OTHER_TYPE = "OTHER"


@dataclass(frozen=True)
class Capabilities:
    """What a server supports.

    `version` is the server's own, "" when it gives none; `metric_types` are the metric types that
    it knows, None when it does not list them; `lacking` are the kinds of assets that it does not
    know; `has_index` is whether its search index can be read.
    """

    version: str = ""
    metric_types: frozenset[str] | None = None
    lacking: frozenset[str] = frozenset()
    has_index: bool = True


def supported_state(
    state: CatalogState, capabilities: Capabilities
) -> tuple[CatalogState, Mapping[str, int]]:
    """Return the part of a desired state that a server supports, and counts of the rest, by its
    kind and its replacement.
    """
    left_out: Counter[str] = Counter()
    assets: dict[AssetKey, Asset] = {}
    for key, asset in state.assets.items():
        if asset.kind in capabilities.lacking:
            left_out[f"{asset.kind}, a kind that the server does not know"] += 1
            continue
        word = asset.fields.get("metricType", _OTHER_TYPE)
        types = capabilities.metric_types
        if asset.kind != METRIC or types is None or word in types:
            assets[key] = asset
            continue
        left_out[f"metric type {word}, published as {_OTHER_TYPE}"] += 1
        assets[key] = _with_type(asset, _OTHER_TYPE if _OTHER_TYPE in types else "")
    if not left_out:
        return state, {}
    edges = edges_around(state.edges.values(), capabilities.lacking)
    published = replace(state, assets=assets, edges={edge.key: edge for edge in edges})
    return published, dict(sorted(left_out.items()))


def version_numbers(version: str) -> tuple[int, ...]:
    """Return the major and minor number of a version, fewer when it has fewer."""
    return tuple(int(digits) for digits in re.findall(r"\d+", version)[:2])


def untried_warning(version: str) -> str:
    """Return a warning for a version that the sync was never run on, "" for a tried version."""
    found = version_numbers(version)
    if found in TRIED:
        return ""
    tried = ", ".join(f"{major}.{minor}" for major, minor in sorted(TRIED))
    inside = len(found) == len(OLDEST) and OLDEST <= found <= NEWEST
    where = "" if inside else f"outside {OLDEST[0]}.{OLDEST[1]} to {NEWEST[0]}.{NEWEST[1]}, "
    named = version or "of an unknown version"
    return f"OpenMetadata {named}: {where}never tried with this sync, which was run on {tried}"


def _with_type(metric: Asset, word: str) -> Asset:
    fields = {key: value for key, value in metric.fields.items() if key != "metricType"}
    changed = replace(metric, fields={**fields, "metricType": word} if word else fields)
    mark = metric.mark
    return marked_asset(changed, mark.project, mark.service) if mark else changed
