"""Computes the metrics of the semantic layer before and after a change."""

from __future__ import annotations

from pathlib import Path

import duckdb

from logmart.dbt.manifest import Manifest, relation
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


def metric_figures(
    compared: Compared, databases: tuple[Path, Path]
) -> tuple[list[Figure], list[str]]:
    """Return the simple metrics whose value over all rows differs, and the names of the metrics
    that one side cannot compute.

    A metric with a filter, or made of other metrics, is not computed: the comparison of marts
    covers it.
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


def _metric_sql(manifest: Manifest, unique_id: str, database: str, compared: Compared) -> str:
    metric = manifest.part("metrics")[unique_id]
    measures = metric["type_params"].get("input_measures") or []
    if metric["type"] != "simple" or metric.get("filter") or len(measures) != 1:
        return ""
    if measures[0].get("filter"):
        return ""
    for model in manifest.part("semantic_models").values():
        for measure in model.get("measures") or []:
            parents = model["depends_on"]["nodes"]
            built = [parent for parent in parents if parent in manifest.built]
            if measure["name"] != measures[0]["name"] or not built:
                continue
            if built[0] in compared.unbuilt or measure["agg"] not in _AGGREGATES:
                return ""
            expression = measure.get("expr") or measure["name"]
            aggregate = _AGGREGATES[measure["agg"]].format(expression)
            table = relation(manifest.built[built[0]], database)
            return f"select cast({aggregate} as double) from {table}"
    return ""
