"""Converts the committed artifacts to the shapes of other dbt versions: removes the fields that a
version lacks, and moves those that it keeps elsewhere. The shapes are those of dbt's published JSON
schemas (v9 to v11) and of manifests that dbt Fusion and dbt Cloud wrote.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path

from .support import Json, editing

_GROUPS = ("nodes", "sources", "exposures", "metrics", "semantic_models")
# Fields that came with dbt 1.8 or later.
_NEWER = ("doc_blocks", "functions", "primary_key", "time_spine", "granularity")
_NEWER_OF_RESULTS = ("batch_results", "compiled", "compiled_code", "relation_name")


def as_v11(folder: Path) -> None:
    """dbt 1.7: no unit tests; `meta`, tags and freshness of sources, exposures and columns are
    outside of `config`; a foreign key has no `to`; results hold no SQL.
    """

    def edit(manifest: Json) -> None:
        del manifest["unit_tests"]
        for resource in _resources(manifest):
            _without(resource, _NEWER)
            if resource.get("resource_type") in ("source", "exposure"):
                resource["config"] = {"enabled": True}
            for column in resource.get("columns", {}).values():
                _without(column, (*_NEWER, "config"))

    _edit_manifests(folder, "v11", "1.7.19", edit)
    _results_of(folder, "v5", _NEWER_OF_RESULTS)


def as_v10(folder: Path) -> None:
    """dbt 1.6: like 1.7, without saved queries."""
    as_v11(folder)

    def edit(manifest: Json) -> None:
        manifest.pop("saved_queries", None)

    _edit_manifests(folder, "v10", "1.6.18", edit)
    _results_of(folder, "v4", ())


def as_v9(folder: Path) -> None:
    """dbt 1.5: only the hash of the project's name is given; metrics are those of the metrics
    package, and there is no semantic layer.
    """
    as_v10(folder)

    def edit(manifest: Json) -> None:
        name = manifest["metadata"].pop("project_name")
        manifest["metadata"]["project_id"] = hashlib.md5(name.encode()).hexdigest()
        for metric in manifest["metrics"].values():
            _as_metric_of_the_package(metric, manifest["semantic_models"])
        del manifest["semantic_models"]

    _edit_manifests(folder, "v9", "1.5.11", edit)


def as_v20(folder: Path) -> None:
    """dbt Fusion, in the previews that wrote v20: empty values are null or absent, results have no
    message and no compile time, statuses begin with a capital, a metric holds its aggregation.
    """

    def edit(manifest: Json) -> None:
        for resource in _resources(manifest):
            _with_nulls(resource)
            for column in resource.get("columns", {}).values():
                _with_nulls(column)
        for metric in manifest["metrics"].values():
            _with_its_aggregation(metric, manifest["semantic_models"])

    _edit_manifests(folder, "v20", "2.0.0-preview.120", edit)
    _results_of(folder, "v20", ("message", "compiled", "compiled_code", "batch_results"))
    with editing(folder, "run_results.json") as results:
        for one in results["results"]:
            one["status"] = one["status"].capitalize()


def as_versionless(folder: Path) -> None:
    """dbt Cloud without a version: v12 with fields that are in no schema yet."""

    def edit(manifest: Json) -> None:
        manifest["metadata"]["run_started_at"] = "2026-11-20T00:00:00Z"
        for resource in _resources(manifest):
            resource["batch"] = resource["classifiers"] = None
            resource.setdefault("config", {})["state"] = {"reused": True}

    _edit_manifests(folder, "v12", "2026.11.20+ab12cd3", edit)


def as_v12(folder: Path) -> None:
    """dbt 1.8 to 1.12: the committed shape."""


SHAPES: dict[str, Callable[[Path], None]] = {
    "v9": as_v9,
    "v10": as_v10,
    "v11": as_v11,
    "v12": as_v12,
    "v20": as_v20,
    "versionless": as_versionless,
}


def _edit_manifests(folder: Path, version: str, dbt: str, edit: Callable[[Json], None]) -> None:
    """Edit the manifests of a folder, including that of a full refresh, and set the version."""
    for name in ("manifest.json", "full_refresh/manifest.json"):
        if not (folder / name).exists():
            continue
        with editing(folder, name) as manifest:
            edit(manifest)
            schema = f"https://schemas.getdbt.com/dbt/manifest/{version}.json"
            manifest["metadata"].update(dbt_schema_version=schema, dbt_version=dbt)


def _results_of(folder: Path, version: str, without: tuple[str, ...]) -> None:
    with editing(folder, "run_results.json") as results:
        schema = f"https://schemas.getdbt.com/dbt/run-results/{version}.json"
        results["metadata"]["dbt_schema_version"] = schema
        for one in results["results"]:
            _without(one, without)


def _resources(manifest: Json) -> Iterator[Json]:
    for group in _GROUPS:
        yield from manifest.get(group, {}).values()


def _without(record: Json, keys: tuple[str, ...]) -> None:
    for key in keys:
        record.pop(key, None)


def _with_nulls(record: Json) -> None:
    for key in ("meta", "tags", "description", "docs", "constraints", "group"):
        if not record.get(key):
            record[key] = None
    config = record.get("config") or {}
    for key in ("meta", "tags"):
        if not config.get(key):
            config[key] = None


def _measure_of(metric: Json, semantic_models: Json) -> tuple[Json, Json]:
    """The measure of a simple metric, and its semantic model."""
    name = metric["type_params"]["measure"]["name"]
    for model in semantic_models.values():
        for measure in model["measures"]:
            if measure["name"] == name:
                return measure, model
    raise KeyError(name)


def _with_its_aggregation(metric: Json, semantic_models: Json) -> None:
    if metric["type"] != "simple":
        return
    measure, model = _measure_of(metric, semantic_models)
    expression = measure["expr"] or measure["name"]
    metric["type_params"] = {
        "measure": None,
        "input_measures": [],
        "expr": expression,
        "metric_aggregation_params": {
            "semantic_model": model["name"],
            "agg": measure["agg"],
            "expr": expression,
        },
    }


def _as_metric_of_the_package(metric: Json, semantic_models: Json) -> None:
    parameters = metric["type_params"]
    if metric.pop("type") == "simple":
        measure, model = _measure_of({"type_params": parameters}, semantic_models)
        metric.update(
            calculation_method=measure["agg"],
            expression=measure["expr"] or measure["name"],
            depends_on={"nodes": model["depends_on"]["nodes"], "macros": []},
        )
    else:
        sides = [parameters[side]["name"] for side in ("numerator", "denominator")]
        calls = [f"{{{{metric('{side}')}}}}" for side in sides]
        metric.update(calculation_method="derived", expression=" / ".join(calls))
    del metric["type_params"]
