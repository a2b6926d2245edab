"""Brings manifests of other dbt versions to the shape of manifest v12. Pure functions.

The differences: v9 does not name its project. Before v12, `meta`, tags and freshness are fields of
the node and not of its `config`; in dbt Fusion they are only in `config`. Up to v9, metrics have
the shape of the metrics package (`calculation_method`, `expression`). Kinds of resources that a
version lacks are empty.
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
_METRIC_CALL = re.compile(r"\{\{\s*metric\(\s*['\"]([^'\"]+)['\"]\s*\)\s*\}\}")
_KEYS_ALSO_IN_CONFIG = ("meta", "tags", "freshness", "group")


def in_v12_shape(manifest: Record) -> Record:
    """Return a manifest in the shape of v12. Raises ArtifactError on a field of another type."""
    levelled: dict[str, object] = {
        group: {
            unique_id: _resource(record) for unique_id, record in manifest.records(group).items()
        }
        for group in _RESOURCES
    }
    metadata = manifest.record("metadata")
    name = metadata.text("project_name") or _project_name(manifest, metadata.text("project_id"))
    levelled["metadata"] = {**metadata.values, "project_name": name}
    return replace(manifest, values={**manifest.values, **levelled})


def _project_name(manifest: Record, project_id: str) -> str:
    """Return the project's name for a manifest that does not give it: the package whose MD5 hash is
    dbt's project id, or else the package with the most models.
    """
    packages = Counter(
        record.text("package_name")
        for group in ("nodes", "docs", "macros")
        for record in manifest.records(group).values()
    )
    for package in packages:
        if hashlib.md5(package.encode(), usedforsecurity=False).hexdigest() == project_id:
            return package
    models = Counter(node.text("package_name") for node in manifest.records("nodes").values())
    return min(models, key=lambda package: (-models[package], package)) if models else ""


def _resource(record: Record) -> Mapping[str, object]:
    """Return a node or another resource with its fields where v12 has them."""
    values = _with_keys_in_both_places(record)
    columns = {
        name: _with_keys_in_both_places(column)
        for name, column in record.records("columns").items()
    }
    if columns:
        values["columns"] = columns
    for key, older in (("compiled_code", "compiled_sql"), ("raw_code", "raw_sql")):
        values[key] = values.get(key) or values.get(older)
    if record.text("calculation_method"):
        values |= _metric_of_the_package(record)
    return values


def _with_keys_in_both_places(record: Record) -> dict[str, object]:
    """Return a node or column whose `_KEYS_ALSO_IN_CONFIG` are both in itself and in `config`."""
    config = dict(record.record("config").values)
    values = dict(record.values)
    for key in _KEYS_ALSO_IN_CONFIG:
        inner, outer = config.get(key), values.get(key)
        if not _is_given(inner) and _is_given(outer):
            config[key] = outer
        elif not _is_given(outer) and _is_given(inner):
            values[key] = inner
    if config:
        values["config"] = config
    if isinstance(values.get("tags"), str):
        values["tags"] = [values["tags"]]
    return values


def _is_given(value: object) -> bool:
    return value not in (None, "", [], {})


def _metric_of_the_package(metric: Record) -> dict[str, object]:
    """Return a metric of the metrics package (`calculation_method`, `expression`) in the shape of
    the semantic layer.
    """
    method = metric.text("calculation_method")
    inner = _METRIC_CALL.sub(r"\1", metric.text("expression"))
    if method == "derived":
        return {"type": "derived", "type_params": {"expr": inner}}
    aggregation = {"agg": method, "expr": inner}
    return {"type": "simple", "type_params": {"metric_aggregation_params": aggregation}}
