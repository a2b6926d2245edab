"""The assets that a dbt project publishes besides its tables: tests, dashboards, metrics, contracts
and tags. Pure functions.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from logmart_catalog.artifacts.read import Artifacts
from logmart_catalog.config import Config
from logmart_catalog.desired.checks import check_assets
from logmart_catalog.desired.consumer_edges import (
    EdgeEnds,
    edges_to_dashboards,
    edges_to_metrics,
)
from logmart_catalog.desired.consumers import (
    contract_assets,
    count_columns_read,
    count_exposures_of_other_types,
    dashboard_assets,
    metric_assets,
)
from logmart_catalog.desired.labels import tag_assets
from logmart_catalog.desired.tests import test_assets
from logmart_catalog.state import asset_kinds as kinds
from logmart_catalog.state.marks import marked_asset
from logmart_catalog.state.model import Asset, AssetKey, Edge, Table
from logmart_catalog.state.names import fqn, split_fqn


@dataclass(frozen=True)
class ProjectAssets:
    """The marked assets of a project and the edges to them.

    `unplaced` counts the things that have no place in the catalog. `consumers` are the keys of the
    dashboards and metrics among the assets, by unique id of their exposure or metric.
    """

    assets: tuple[Asset, ...]
    edges: tuple[Edge, ...]
    unplaced: Mapping[str, int]
    consumers: Mapping[str, AssetKey]


def project_assets(
    artifacts: Artifacts, tables: Mapping[str, Table], config: Config, project: str
) -> ProjectAssets:
    """Return the assets of a project. In: `tables`, by unique id."""
    dashboards = dashboard_assets(artifacts, config)
    metrics = metric_assets(artifacts, config)
    tests, tests_without_table = test_assets(artifacts, tables)
    checks, checks_left_out = check_assets(artifacts, tables)
    services = {fqn(split_fqn(dashboard.fqn)[:1]) for dashboard in dashboards.values()}
    assets = [
        *(Asset(kinds.DASHBOARD_SERVICE, name) for name in services),
        *(marked_asset(dashboard, project) for dashboard in dashboards.values()),
        *(marked_asset(metric, project, config.service) for metric in metrics.values()),
        *(_with_mark(test, project) for test in (*tests, *checks)),
        *(marked_asset(asset, project) for asset in contract_assets(artifacts, tables)),
    ]
    if config.create_tags:
        assets += tag_assets(tables.values(), assets, config)
    ends = EdgeEnds(tables, metrics, dashboards)
    edges = (
        *edges_to_dashboards(ends, artifacts, project),
        *edges_to_metrics(ends, artifacts, project),
    )
    unplaced = {"test on a node without a table, such as a disabled model": tests_without_table}
    unplaced |= checks_left_out
    unplaced["column that a metric reads: an edge to a metric joins no columns"] = (
        count_columns_read(artifacts)
    )
    for kind, count in sorted(count_exposures_of_other_types(artifacts).items()):
        unplaced[f"exposure of type {kind}, kept as a dashboard"] = count
    consumers = {unique_id: asset.key for unique_id, asset in {**dashboards, **metrics}.items()}
    return ProjectAssets(tuple(assets), edges, unplaced, consumers)


def _with_mark(asset: Asset, project: str) -> Asset:
    kind = kinds.ASSET_KINDS[asset.kind]
    return asset if kind.shared or kind.history else marked_asset(asset, project)
