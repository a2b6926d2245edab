"""What the pages are made of: the published mart, dbt's manifest and the catalog's address."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

import duckdb
import yaml

from logmart.errors import CommandError
from logmart.mart.complete_date import complete_date, last_date
from logmart.pages.site.definitions import Metric, Scorecard
from logmart.pages.site.figures import (
    read_earlier,
    read_restatements,
    read_series,
    read_summable,
    read_targets,
)
from logmart.pages.site.render import Site
from logmart.settings import PROJECT, settings

_CATALOG = PROJECT / "ingestion/openmetadata.yaml"
_LAYERS = {"source": "sources", "seed": "seeds", "model": "models", "snapshot": "snapshots"}


def read_site(
    connection: duckdb.DuckDBPyConnection,
    manifest: Mapping[str, Any],
    cards: Sequence[Scorecard],
    time_zone: str,
    days: int,
) -> Site:
    """Return what all pages share: series over the last `days` dates, restatements, lineage.

    Raises CommandError when the mart has no figures.
    """
    published = settings().published
    last_business_date = last_date(connection)
    if last_business_date is None:
        raise CommandError(
            f"{published} holds no figures: land some logs and build with `make build`"
        )
    metrics = {metric.name: metric for card in cards for metric in card.metrics}
    catalog_url = os.environ.get("OPENMETADATA_HOST", "").rstrip("/").removesuffix("/api")
    return Site(
        cards=cards,
        series=read_series(connection, days),
        earlier=read_earlier(connection, days),
        targets=read_targets(connection),
        restatements=read_restatements(connection),
        summable=read_summable(connection),
        published=published.name,
        time_zone=time_zone,
        last_date=last_business_date,
        data_date=complete_date(connection),
        catalog_url=catalog_url,
        catalog_tables=_catalog_tables(manifest) if catalog_url else {},
        lineage={name: lineage(metric, manifest) for name, metric in metrics.items()},
    )


def lineage(metric: Metric, manifest: Mapping[str, Any]) -> list[str]:
    """Return the way of a metric's figures: sources, the number of models between, its marts."""
    marts = [
        unique_id
        for unique_id, node in manifest["nodes"].items()
        if node["resource_type"] == "model" and node["name"] in (metric.marts or ("metrics_daily",))
    ]
    parents, found, queue = manifest["parent_map"], set(marts), list(marts)
    while queue:
        for parent in parents.get(queue.pop(), ()):
            if parent not in found and parent.partition(".")[0] in _LAYERS:
                found.add(parent)
                queue.append(parent)
    sources = sorted(
        {manifest["sources"][p]["source_name"] for p in found if p.startswith("source.")}
    )
    between = len([p for p in found if p.startswith("model.")]) - len(marts)
    steps = [" and ".join(sources), f"{between} models" if between else "", ", ".join(metric.marts)]
    return [step for step in [*steps, "metrics_daily"] if step]


def _catalog_tables(manifest: Mapping[str, Any]) -> dict[str, str]:
    """Return the catalog's fully qualified name of each model's table."""
    source = yaml.safe_load(_CATALOG.read_text(encoding="utf-8"))["source"]
    options = source["serviceConnection"]["config"]["connectionOptions"]
    prefix = f"{source['serviceName']}.{options['databaseName']}"
    return {
        node["name"]: f"{prefix}.{node['schema']}.{node['alias']}"
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model"
    }
