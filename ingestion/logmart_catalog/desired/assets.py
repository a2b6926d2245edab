"""Everything a dbt project publishes beside its tables. Pure functions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from logmart_catalog.artifacts.read import Artifacts
from logmart_catalog.config import Config
from logmart_catalog.desired.consumers import (
    columns_read,
    contract_assets,
    dashboard_assets,
    edges_to,
    kept_as_dashboards,
    metric_assets,
)
from logmart_catalog.desired.labels import tag_assets
from logmart_catalog.desired.tests import test_assets
from logmart_catalog.state import asset_kinds as kinds
from logmart_catalog.state.marks import marked_asset
from logmart_catalog.state.model import Asset, AssetKey, Edge, Table
from logmart_catalog.state.names import fqn, split_fqn


@dataclass(frozen=True)
class Beside:
    """Assets and the edges to them, marked, and how often there was no place for something.

    `uses` are the dashboards and metrics among the assets, by the unique id of what they show.
    """

    assets: tuple[Asset, ...]
    edges: tuple[Edge, ...]
    unplaced: Mapping[str, int]
    uses: Mapping[str, AssetKey]


def beside(
    artifacts: Artifacts, tables: Mapping[str, Table], config: Config, project: str
) -> Beside:
    """Return what a project publishes beside its tables. In: `tables`, by unique id."""
    dashboards = dashboard_assets(artifacts, config)
    metrics = metric_assets(artifacts, config)
    tests, homeless = test_assets(artifacts, tables)
    services = {fqn(split_fqn(one.fqn)[:1]) for one in dashboards.values()}
    assets = [
        *(Asset(kinds.DASHBOARD_SERVICE, name) for name in services),
        *(marked_asset(one, project) for one in dashboards.values()),
        *(marked_asset(one, project, config.service) for one in metrics.values()),
        *(_with_mark(one, project) for one in tests),
        *(marked_asset(one, project) for one in contract_assets(artifacts, tables)),
    ]
    if config.create_tags:
        assets += tag_assets(tables.values(), assets, config)
    edges = (
        *edges_to(dashboards, artifacts.exposures, artifacts, tables, project),
        *edges_to(metrics, artifacts.metrics, artifacts, tables, project),
    )
    unplaced = {"test on what has no table, as a model that is switched off": homeless}
    unplaced["column that a metric reads: an edge to a metric joins no columns"] = columns_read(
        artifacts
    )
    for kind, count in sorted(kept_as_dashboards(artifacts).items()):
        unplaced[f"exposure of type {kind}, kept as a dashboard"] = count
    uses = {one: asset.key for one, asset in {**dashboards, **metrics}.items()}
    return Beside(tuple(assets), edges, unplaced, uses)


def _with_mark(asset: Asset, project: str) -> Asset:
    kind = kinds.ASSET_KINDS[asset.kind]
    return asset if kind.shared or kind.history else marked_asset(asset, project)
