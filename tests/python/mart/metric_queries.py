"""Queries of the semantic layer as `mf query` makes them, run on a built mart in this process."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol, cast

from metricflow.engine.metricflow_engine import MetricFlowEngine, MetricFlowQueryRequest
from metricflow.protocols.sql_client import SqlClient, SqlEngine
from metricflow.sql.render.duckdb_renderer import DuckDbSqlPlanRenderer
from metricflow.sql.render.sql_plan_renderer import SqlPlanRenderer
from metricflow.sql.render.trino import TrinoSqlPlanRenderer
from metricflow_semantics.model.dbt_manifest_parser import (
    parse_manifest_from_dbt_generated_manifest,
)
from metricflow_semantics.model.semantic_manifest_lookup import SemanticManifestLookup

Key = tuple[str, date, str, str]


@dataclass(frozen=True)
class Renderer:
    """What MetricFlow needs of a database to write SQL for it; the mart runs the SQL itself."""

    sql_engine_type: SqlEngine
    sql_plan_renderer: SqlPlanRenderer


DUCKDB = Renderer(SqlEngine.DUCKDB, DuckDbSqlPlanRenderer())
TRINO = Renderer(SqlEngine.TRINO, TrinoSqlPlanRenderer())


class Asked(Protocol):
    """A mart that is built, on any engine."""

    @property
    def target_path(self) -> Path:
        """Return the folder of dbt's artifacts."""

    def query(self, sql: str) -> Sequence[Sequence[Any]]:
        """Return the rows of a query."""


@dataclass(frozen=True)
class SemanticLayer:
    """The metrics of a mart that is built, and what metrics_daily says beside them."""

    mart: Asked
    renderer: Renderer = DUCKDB

    @cached_property
    def manifest(self) -> dict[str, Any]:
        """Return semantic_manifest.json."""
        path = self.mart.target_path / "semantic_manifest.json"
        content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return content

    @cached_property
    def engine(self) -> MetricFlowEngine:
        manifest = parse_manifest_from_dbt_generated_manifest(json.dumps(self.manifest))
        return MetricFlowEngine(SemanticManifestLookup(manifest), cast(SqlClient, self.renderer))

    @cached_property
    def metrics(self) -> dict[str, dict[str, Any]]:
        """Return the metrics of models/semantic/ by name, without mere ingredients of ratios."""
        return {
            name: metric
            for name, metric in self._entries.items()
            if not metric["config"]["meta"].get("is_ingredient")
        }

    @cached_property
    def beyond(self) -> dict[str, dict[str, Any]]:
        """Return the metrics that metrics_daily lists as beyond MetricFlow."""
        manifest = json.loads((self.mart.target_path / "manifest.json").read_text(encoding="utf-8"))
        meta = manifest["nodes"]["model.logmart.metrics_daily"]["config"]["meta"]
        listed: dict[str, dict[str, Any]] = meta["beyond_metricflow"]
        return listed

    @cached_property
    def published(self) -> set[tuple[str, str]]:
        """Return each metric with each dimension that its entry gives it in metrics_daily."""
        manifest = json.loads((self.mart.target_path / "manifest.json").read_text(encoding="utf-8"))
        meta_of = {
            model["name"]: model["config"]["meta"] for model in manifest["semantic_models"].values()
        }
        found = set()
        for name, metric in self.metrics.items():
            listed = [
                (meta_of[model["name"]] | metric["config"]["meta"]).get("dimensions", ["all"])
                for model in self._models(name)
            ]
            found |= {(name, dimension) for dimension in set(listed[0]).intersection(*listed)}
        return found

    def table(self) -> dict[Key, float | None]:
        """Return the values of metrics_daily."""
        rows = self.mart.query(
            "select metric, metric_date, dimension, dimension_value, value from marts.metrics_daily"
        )
        return {(metric, day, name, value): number for metric, day, name, value, number in rows}

    def sql(self, **request: Any) -> str:
        """Return the SQL that `mf query` would run."""
        made = MetricFlowQueryRequest.create(**request)
        return str(self.engine.explain(made).sql_statement.sql)

    def values(self, pairs: set[tuple[str, str]], grain: str = "day") -> dict[Key, float]:
        """Return what MetricFlow gives for metrics and dimensions by a grain, without nulls."""
        metrics_by: dict[tuple[str, str | None], list[str]] = defaultdict(list)
        found: dict[Key, float] = {}
        for metric, dimension in sorted(pairs):
            if dimension != "all" and len(self._models(metric)) > 1:
                found |= self._values_of_sides(metric, dimension, grain)
                continue
            name = None if dimension == "all" else f"{self._entity(metric)}__{dimension}"
            metrics_by[dimension, name].append(metric)
        for (dimension, name), metrics in metrics_by.items():
            by = [f"metric_time__{grain}", *([name] if name else [])]
            sql = self.sql(metric_names=metrics, group_by_names=by)
            columns = ", ".join(metrics)
            rows = self.mart.query(
                f"select cast(metric_time__{grain} as date), {name or repr('all')}, {columns}"
                f" from ({sql})"
            )
            for day, value, *numbers in rows:
                for metric, number in zip(metrics, numbers, strict=True):
                    if number is not None:
                        found[metric, day, dimension, value] = float(number)
        return found

    def _values_of_sides(self, metric: str, dimension: str, grain: str) -> dict[Key, float]:
        """Return the values of a ratio of two marts by a dimension of one name.

        MetricFlow knows the two as dimensions of two entities, so each side is asked by its own.
        """
        entry = self._entries[metric]
        sides = [entry["type_params"][side] for side in ("numerator", "denominator")]
        told = f"{metric}: not asked of parts; give it dimensions: [all]"
        assert entry["type"] == "ratio", told
        assert not any(part["filter"] for part in (entry, *sides)), told
        values = (self.values({(side["name"], dimension)}, grain) for side in sides)
        numerators, denominators = ({key[1:]: value for key, value in it.items()} for it in values)
        return {
            (metric, *key): numerator / denominators[key]
            for key, numerator in numerators.items()
            if denominators.get(key)
        }

    @cached_property
    def _entries(self) -> dict[str, dict[str, Any]]:
        return {metric["name"]: metric for metric in self.manifest["metrics"]}

    def _models(self, metric: str) -> list[dict[str, Any]]:
        """Return the semantic models that a metric is measured in."""
        measures = {it["name"] for it in self._entries[metric]["type_params"]["input_measures"]}
        return [
            model
            for model in self.manifest["semantic_models"]
            if measures & {measure["name"] for measure in model["measures"]}
        ]

    def _entity(self, metric: str) -> str:
        """Return the primary entity of the semantic model that a metric is measured in."""
        (model,) = self._models(metric)
        primary = [it["name"] for it in model["entities"] if it["type"] == "primary"]
        return str(primary[0] if primary else model["primary_entity"])
