"""What a server can hold, and a desired state without what it cannot. Pure functions."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace

from logmart_catalog.state.asset_kinds import METRIC
from logmart_catalog.state.marks import marked_asset
from logmart_catalog.state.model import Asset, AssetKey, CatalogState

# The versions, as major and minor number, that the sync is made for, and those it was run against.
OLDEST, NEWEST = (1, 12), (2, 0)
TRIED = frozenset({(1, 12)})
# What a metric's type is called where the server has no word for it.
_OTHER_TYPE = "OTHER"


@dataclass(frozen=True)
class Capabilities:
    """What a server can hold.

    `version` is as the server tells it, "" where it does not; `metric_types` are its words for the
    type of a metric, None where it does not tell; `lacking` are the kinds of asset that it does not
    know; `has_index` is whether its search index tells which edges and tests people see.
    """

    version: str = ""
    metric_types: frozenset[str] | None = None
    lacking: frozenset[str] = frozenset()
    has_index: bool = True


def fitted(
    state: CatalogState, capabilities: Capabilities
) -> tuple[CatalogState, Mapping[str, int]]:
    """Return the desired state without what a server cannot hold, and how often each was left out,
    by what it is and what stands in its place.
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
    edges = {
        key: edge for key, edge in state.edges.items() if edge.kind not in capabilities.lacking
    }
    return replace(state, assets=assets, edges=edges), dict(sorted(left_out.items()))


def numbers(version: str) -> tuple[int, ...]:
    """Return the major and minor number of a version, fewer where it does not have them."""
    return tuple(int(one) for one in re.findall(r"\d+", version)[:2])


def untried(version: str) -> str:
    """Return what is to be said of a version that the sync was not run against, "" of one that it
    was.
    """
    found = numbers(version)
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
