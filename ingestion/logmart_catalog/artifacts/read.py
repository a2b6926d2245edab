"""Reads dbt's artifacts from a folder and checks that they belong together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from logmart_catalog.artifacts.completeness import ProjectRecords, gaps_of
from logmart_catalog.artifacts.documents import read_document, read_manifest, read_optional
from logmart_catalog.artifacts.preflight import Mixed, mixed_runs
from logmart_catalog.artifacts.quality_results import QualityResults, read_quality_results
from logmart_catalog.errors import ArtifactError
from logmart_catalog.records import Record

RELATION_TYPES = ("model", "seed", "snapshot")

# The folder below dbt's target folder that holds the SQL of a full refresh.
FULL_REFRESH = "full_refresh"


@dataclass(frozen=True)
class Artifacts:
    """The records of a dbt project, by unique id.

    `nodes` are the enabled models, seeds and snapshots, ephemeral ones included; `sources` are the
    enabled sources; `relations` are the entries in catalog.json. `groups`, `tests` (data tests),
    `unit_tests`, `exposures`, `metrics`, `semantic_models` and `docs` (doc blocks) are from the
    manifest. `results` are from the last run that executed nodes, written at `results_at`
    (ISO 8601); `freshness` holds the results of `dbt source freshness`; `quality` holds those of
    other checks, None when they are not known.

    `left_out` says why a node cannot be published, although `nodes` holds it. `outdated` says why
    a published node may be out of date in catalog.json, `results_left_out` why run_results.json is
    ignored, "" when it is not. `has_full_refresh` is whether the SQL of models is that of a full
    refresh; `catalog_file` names catalog.json in errors.
    """

    project: str
    adapter: str
    nodes: Mapping[str, Record]
    sources: Mapping[str, Record]
    relations: Mapping[str, Record]
    groups: Mapping[str, Record] = field(default_factory=dict)
    tests: Mapping[str, Record] = field(default_factory=dict)
    unit_tests: Mapping[str, Record] = field(default_factory=dict)
    exposures: Mapping[str, Record] = field(default_factory=dict)
    metrics: Mapping[str, Record] = field(default_factory=dict)
    semantic_models: Mapping[str, Record] = field(default_factory=dict)
    results: Mapping[str, Record] = field(default_factory=dict)
    results_at: str = ""
    freshness: Mapping[str, Record] = field(default_factory=dict)
    quality: QualityResults | None = None
    docs: Mapping[str, Record] = field(default_factory=dict)
    left_out: Mapping[str, str] = field(default_factory=dict)
    outdated: Mapping[str, str] = field(default_factory=dict)
    results_left_out: str = ""
    has_full_refresh: bool = False
    catalog_file: str = "catalog.json"


def read_artifacts(folder: Path, *, mixed: bool = False) -> Artifacts:
    """Read manifest.json and catalog.json, and run_results.json, sources.json and
    quality_results.json if they exist.

    In: `folder`, dbt's target folder; `mixed`, whether artifacts of different dbt runs are allowed.
    When it holds a folder `full_refresh` (made by `dbt compile --full-refresh --target-path`), the
    SQL of models is read from there, because the SQL of an incremental run reads the table itself.
    Raises ArtifactError when a file is missing, truncated or of an unsupported version, when the
    manifest has nothing to publish, when catalog.json has errors that no missing relation explains,
    or when the SQL in `full_refresh` is of other models.
    """
    manifest = read_manifest(folder / "manifest.json")
    catalog = read_document(folder / "catalog.json")
    run = read_optional(folder / "run_results.json")
    freshness = read_optional(folder / "sources.json")
    found = Mixed() if mixed else mixed_runs(manifest, catalog, run)
    results = _results(run)
    nodes, sources = _nodes(manifest, *RELATION_TYPES), manifest.records("sources")
    if not nodes:
        raise ArtifactError(
            f"{manifest.where}: no enabled model, seed or snapshot; nothing was published."
            " If the project is meant to be empty, remove its tables in the catalog by hand"
        )
    project = manifest.record("metadata").text("project_name")
    stored = {unique_id: node for unique_id, node in nodes.items() if not is_ephemeral(node)}
    records = ProjectRecords(project, catalog, stored, sources, results)
    gaps = gaps_of(records, found, allow_errors=mixed)
    artifacts = Artifacts(
        project=project,
        adapter=manifest.record("metadata").text("adapter_type"),
        nodes=nodes,
        sources=sources,
        relations={**catalog.records("sources"), **catalog.records("nodes")},
        groups=manifest.records("groups"),
        tests=_nodes(manifest, "test"),
        unit_tests=manifest.records("unit_tests"),
        exposures=manifest.records("exposures"),
        metrics=manifest.records("metrics"),
        semantic_models=manifest.records("semantic_models"),
        results={} if found.results else results,
        results_at=run.record("metadata").text("generated_at") if run else "",
        freshness=_results(freshness),
        quality=read_quality_results(folder),
        docs=manifest.records("docs"),
        left_out=gaps.left_out,
        outdated=gaps.outdated,
        results_left_out=found.results,
        catalog_file=catalog.where,
    )
    return _with_full_refresh(artifacts, folder / FULL_REFRESH)


def is_ephemeral(node: Record) -> bool:
    """Whether a model has no relation of its own."""
    return node.record("config").text("materialized") == "ephemeral"


def _nodes(manifest: Record, *types: str) -> dict[str, Record]:
    return {
        unique_id: node
        for unique_id, node in manifest.records("nodes").items()
        if node.text("resource_type") in types
    }


def _with_full_refresh(artifacts: Artifacts, folder: Path) -> Artifacts:
    """Return the artifacts with the SQL of a full refresh, if it was compiled."""
    if not folder.is_dir():
        return artifacts
    manifest = read_manifest(folder / "manifest.json")
    compiled = manifest.records("nodes")
    nodes = {}
    for unique_id, node in artifacts.nodes.items():
        other = compiled.get(unique_id)
        if other is None and unique_id in artifacts.left_out:
            other = node
        if other is None or other.values.get("checksum") != node.values.get("checksum"):
            raise ArtifactError(
                f"{manifest.where}: {unique_id} is not the model that was built; run"
                f" `dbt compile --full-refresh --target-path {folder}` again, or remove the folder"
            )
        sql = other.text("compiled_code") or node.text("compiled_code")
        nodes[unique_id] = replace(node, values={**node.values, "compiled_code": sql})
    return replace(artifacts, nodes=nodes, has_full_refresh=True)


def _results(document: Record | None) -> dict[str, Record]:
    """Return the results of a run; empty for `dbt docs generate`, which runs no test or build."""
    if document is None or document.record("args").values.get("which") == "generate":
        return {}
    return {result.text("unique_id"): result for result in document.record_items("results")}
