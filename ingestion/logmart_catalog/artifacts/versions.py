"""Manifests of older and newer versions of dbt in the shape of manifest v12. Pure functions.

What differs, and is levelled here: v9 does not name its project; before v12 `meta`, tags and
freshness stand beside `config` and not in it, and dbt Fusion leaves them out beside it; up to v9 a
metric is what the metrics package reads (`calculation_method`, `expression`). Kinds of resources
that a version lacks are empty.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

from logmart_catalog.records import Record

_RESOURCES = ("nodes", "sources", "exposures", "metrics", "semantic_models", "unit_tests")
# How an expression refers to another metric.
_METRIC = re.compile(r"\{\{\s*metric\(\s*['\"]([^'\"]+)['\"]\s*\)\s*\}\}")
_TWICE = ("meta", "tags", "freshness", "group")


def as_of_today(manifest: Record) -> Record:
    """Return a manifest in the shape of v12. Raises ArtifactError on a field of another type."""
    levelled: dict[str, object] = {
        group: {one: _resource(record) for one, record in manifest.records(group).items()}
        for group in _RESOURCES
    }
    metadata = manifest.record("metadata")
    name = metadata.text("project_name") or _project_name(manifest, metadata.text("project_id"))
    levelled["metadata"] = {**metadata.values, "project_name": name}
    return replace(manifest, values={**manifest.values, **levelled})


def _project_name(manifest: Record, project_id: str) -> str:
    """Return the name of a manifest's project where it is not told: the package of which dbt's
    project id is the MD5 hash, or else the one with most of the models.
    """
    packages = Counter(
        record.text("package_name")
        for group in ("nodes", "docs", "macros")
        for record in manifest.records(group).values()
    )
    for package in packages:
        if hashlib.md5(package.encode(), usedforsecurity=False).hexdigest() == project_id:
            return package
    models = Counter(one.text("package_name") for one in manifest.records("nodes").values())
    return min(models, key=lambda one: (-models[one], one)) if models else ""


def _resource(record: Record) -> Mapping[str, object]:
    """Return a node or another resource with what it says of itself where v12 says it."""
    values = _both(record)
    columns = {name: _both(column) for name, column in record.records("columns").items()}
    if columns:
        values["columns"] = columns
    for key, older in (("compiled_code", "compiled_sql"), ("raw_code", "raw_sql")):
        values[key] = values.get(key) or values.get(older)
    if record.text("calculation_method"):
        values |= _metric_of_the_package(record)
    return values


def _both(record: Record) -> dict[str, object]:
    """Return a node or column whose `config` and itself agree on what may stand in either."""
    config = dict(record.record("config").values)
    values = dict(record.values)
    for key in _TWICE:
        inner, outer = config.get(key), values.get(key)
        if not _given(inner) and _given(outer):
            config[key] = outer
        elif not _given(outer) and _given(inner):
            values[key] = inner
    if config:
        values["config"] = config
    if isinstance(values.get("tags"), str):
        values["tags"] = [values["tags"]]
    return values


def _given(value: object) -> bool:
    return value not in (None, "", [], {})


def _metric_of_the_package(metric: Record) -> dict[str, object]:
    """Return a metric of the metrics package, `calculation_method` over `expression`, as one of the
    semantic layer.
    """
    method = metric.text("calculation_method")
    inner = _METRIC.sub(r"\1", metric.text("expression"))
    if method == "derived":
        return {"type": "derived", "type_params": {"expr": inner}}
    aggregation = {"agg": method, "expr": inner}
    return {"type": "simple", "type_params": {"metric_aggregation_params": aggregation}}
