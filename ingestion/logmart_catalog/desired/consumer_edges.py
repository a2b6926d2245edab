"""The edges to metrics and dashboards. Pure functions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from logmart_catalog.artifacts.graph import parents
from logmart_catalog.artifacts.read import Artifacts
from logmart_catalog.records import Record
from logmart_catalog.state.asset_kinds import TABLE
from logmart_catalog.state.model import Asset, AssetKey, Edge, Table


@dataclass(frozen=True)
class EdgeEnds:
    """The tables, metrics and dashboards of a project, by unique id of their nodes."""

    tables: Mapping[str, Table]
    metrics: Mapping[str, Asset]
    dashboards: Mapping[str, Asset]


def edges_to_metrics(ends: EdgeEnds, artifacts: Artifacts, project: str) -> Iterator[Edge]:
    """Yield an edge to each metric from each table that it reads."""
    for unique_id, metric in ends.metrics.items():
        for table in _tables_read(artifacts.metrics[unique_id], ends, artifacts):
            yield _edge((TABLE, table), metric, project)


def edges_to_dashboards(ends: EdgeEnds, artifacts: Artifacts, project: str) -> Iterator[Edge]:
    """Yield the edges to the dashboard of each exposure: from the metrics that it names, and from
    the tables that it reads and none of these metrics does.
    """
    for unique_id, dashboard in ends.dashboards.items():
        exposure = artifacts.exposures[unique_id]
        tables = _tables_read(exposure, ends, artifacts)
        for parent in exposure.record("depends_on").texts("nodes"):
            if metric := ends.metrics.get(parent):
                tables -= _tables_read(artifacts.metrics[parent], ends, artifacts)
                yield _edge(metric.key, dashboard, project)
        for table in tables:
            yield _edge((TABLE, table), dashboard, project)


def _tables_read(node: Record, ends: EdgeEnds, artifacts: Artifacts) -> set[str]:
    """Return the FQNs of the tables that a node reads, directly or through metrics."""
    read = parents(node, artifacts) & ends.tables.keys()
    return {ends.tables[unique_id].fqn for unique_id in read}


def _edge(start: AssetKey, end: Asset, project: str) -> Edge:
    (upstream_kind, upstream), (downstream_kind, downstream) = start, end.key
    return Edge(
        upstream,
        downstream,
        project,
        upstream_kind=upstream_kind,
        downstream_kind=downstream_kind,
    )
