"""Computes the metrics of the semantic layer before and after a change."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb

from logmart.dbt.manifest import Manifest, Node, relation
from logmart.gate.compared import Compared
from logmart.gate.figures import Figure, attach_both, near, one_value

_AGGREGATES = {
    "sum": "sum({})",
    "sum_boolean": "sum(cast({} as integer))",
    "count": "count({})",
    "count_distinct": "count(distinct {})",
    "average": "avg({})",
    "median": "median({})",
    "min": "min({})",
    "max": "max({})",
}
_DIMENSION = re.compile(r"\{\{\s*Dimension\(\s*['\"]\w+?__(\w+)['\"]\s*\)\s*\}\}")


def metric_figures(
    compared: Compared, databases: tuple[Path, Path]
) -> tuple[list[Figure], list[str]]:
    """Return the metrics whose value over all rows differs, and the names of the metrics
    that one side cannot compute.

    Simple metrics are computed, also with filters on the categorical dimensions of their own
    semantic model, and ratios of such metrics. Others are left to the comparison of marts.
    """
    found, failed = [], []
    with duckdb.connect() as connection:
        attach_both(connection, databases)
        before, after = compared.base.manifest, compared.head.manifest
        for metric_id, metric in sorted(after.part("metrics").items()):
            if metric_id not in before.part("metrics"):
                continue
            queries = [
                _metric_sql(side, metric_id, database, compared)
                for side, database in ((before, "base"), (after, "head"))
            ]
            if not all(queries):
                continue
            try:
                was, now = (one_value(connection, sql) for sql in queries)
            except duckdb.Error:
                failed.append(str(metric["name"]))
                continue
            if was != now and not near(was, now):
                found.append(Figure(str(metric["name"]), was, now))
    return found, failed


def _metric_sql(
    manifest: Manifest, unique_id: str, database: str, compared: Compared, more: Sequence[Any] = ()
) -> str:
    """Return the query of a metric's value; "" for a metric that is not computed here.

    In: `more`, filters that a ratio puts on the metric.
    """
    metric = manifest.part("metrics")[unique_id]
    if metric["type"] == "ratio":
        sides = [
            _input_sql(manifest, metric["type_params"][side], database, compared)
            for side in ("numerator", "denominator")
        ]
        if not all(sides) or more or metric.get("filter"):
            return ""
        return f"select ({sides[0]}) / nullif(({sides[1]}), 0)"
    measures = metric["type_params"].get("input_measures") or []
    if metric["type"] != "simple" or len(measures) != 1:
        return ""
    filters = [metric.get("filter"), measures[0].get("filter"), *more]
    for model in manifest.part("semantic_models").values():
        for measure in model.get("measures") or []:
            parents = model["depends_on"]["nodes"]
            built = [parent for parent in parents if parent in manifest.built]
            if measure["name"] != measures[0]["name"] or not built:
                continue
            where = _where(model, filters)
            if where is None or built[0] in compared.unbuilt or measure["agg"] not in _AGGREGATES:
                return ""
            expression = measure.get("expr") or measure["name"]
            aggregate = _AGGREGATES[measure["agg"]].format(expression)
            table = relation(manifest.built[built[0]], database)
            return f"select cast({aggregate} as double) from {table}{where}"
    return ""


def _input_sql(manifest: Manifest, given: Any, database: str, compared: Compared) -> str:
    """Return the query of one side of a ratio."""
    for metric_id, metric in manifest.part("metrics").items():
        if metric["name"] == given["name"]:
            return _metric_sql(manifest, metric_id, database, compared, [given.get("filter")])
    return ""


def _where(model: Node, filters: Sequence[Any]) -> str | None:
    """Return the condition of filters on a semantic model's own dimensions; None for others."""
    templates = [
        str(each["where_sql_template"])
        for given in filters
        for each in (given or {}).get("where_filters") or []
    ]
    known = {
        str(dimension["name"]): str(dimension.get("expr") or dimension["name"])
        for dimension in model.get("dimensions") or []
        if dimension["type"] == "categorical"
    }
    conditions = [
        _DIMENSION.sub(lambda match: f"({known.get(match[1], '{{')})", template)
        for template in templates
    ]
    if any("{{" in condition for condition in conditions):
        return None
    return "".join(
        f" {'and' if number else 'where'} ({condition})"
        for number, condition in enumerate(conditions)
    )
