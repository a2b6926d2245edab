"""dbt's artifacts: read from a folder, and checked to belong together."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from logmart_catalog.errors import ArtifactError
from logmart_catalog.preflight import check_together
from logmart_catalog.records import Record

MANIFEST_VERSIONS = ("v12",)
CATALOG_VERSIONS = ("v1",)
RUN_RESULTS_VERSIONS = ("v6",)
SOURCES_VERSIONS = ("v3",)
RELATION_TYPES = ("model", "seed", "snapshot")

# Where, below dbt's target folder, the SQL of a full refresh is looked for.
FULL_REFRESH = "full_refresh"
_MAKE = "run `dbt build` and `dbt docs generate --no-compile`, and name their target folder"


@dataclass(frozen=True)
class Artifacts:
    """What a dbt project says of itself.

    `nodes` are the enabled models, seeds and snapshots, ephemeral ones included, `sources` the
    enabled sources, each by unique id; `relations` is catalog.json's entry of each that the
    warehouse holds. `groups`, `tests` (data tests), `unit_tests`, `exposures`, `metrics`,
    `semantic_models` and `docs` (doc blocks) are the manifest's. `results` are of the last run that
    executed nodes, made at `results_at` (ISO 8601), `freshness` those of `dbt source freshness`.
    All by unique id.
    """

    project: str
    adapter: str
    nodes: dict[str, Record]
    sources: dict[str, Record]
    relations: dict[str, Record]
    groups: dict[str, Record]
    tests: Mapping[str, Record] = field(default_factory=dict)
    unit_tests: Mapping[str, Record] = field(default_factory=dict)
    exposures: Mapping[str, Record] = field(default_factory=dict)
    metrics: Mapping[str, Record] = field(default_factory=dict)
    semantic_models: Mapping[str, Record] = field(default_factory=dict)
    results: Mapping[str, Record] = field(default_factory=dict)
    results_at: str = ""
    freshness: Mapping[str, Record] = field(default_factory=dict)
    docs: Mapping[str, Record] = field(default_factory=dict)


def read_artifacts(folder: Path, *, mixed: bool = False) -> Artifacts:
    """Read manifest.json and catalog.json, and run_results.json and sources.json where they are.

    In: `folder`, dbt's target folder; `mixed`, whether artifacts of different dbt runs will do.
    Where it has a folder `full_refresh`, as `dbt compile --full-refresh --target-path` makes, the
    SQL of models is taken from there: that of an incremental run refers to the table itself.
    Raises ArtifactError when one is missing, truncated or of another schema version, when the
    manifest has nothing to publish, when the catalog has errors or lacks a relation of the
    manifest, or when the SQL in `full_refresh` is of other models.
    """
    manifest = _read(folder / "manifest.json", MANIFEST_VERSIONS)
    catalog = _read(folder / "catalog.json", CATALOG_VERSIONS)
    run = _read_results(folder / "run_results.json", RUN_RESULTS_VERSIONS)
    freshness = _read_results(folder / "sources.json", SOURCES_VERSIONS)
    nodes = {
        unique_id: node
        for unique_id, node in manifest.records("nodes").items()
        if node.text("resource_type") in RELATION_TYPES
    }
    if not nodes:
        raise ArtifactError(
            f"{manifest.where}: no enabled model, seed or snapshot; nothing was published."
            " If the project is meant to be empty, remove its tables in the catalog by hand"
        )
    metadata = manifest.record("metadata")
    artifacts = Artifacts(
        metadata.text("project_name"),
        metadata.text("adapter_type"),
        nodes,
        manifest.records("sources"),
        {**catalog.records("sources"), **catalog.records("nodes")},
        manifest.records("groups"),
        {
            unique_id: node
            for unique_id, node in manifest.records("nodes").items()
            if node.text("resource_type") == "test"
        },
        manifest.records("unit_tests"),
        manifest.records("exposures"),
        manifest.records("metrics"),
        manifest.records("semantic_models"),
        _results(run),
        run.record("metadata").text("generated_at") if run else "",
        _results(freshness),
        manifest.records("docs"),
    )
    _check_catalog(catalog, artifacts)
    if not mixed:
        check_together(manifest, catalog, run)
    return _with_full_refresh(artifacts, folder / FULL_REFRESH)


def is_ephemeral(node: Record) -> bool:
    """Whether a model has no relation of its own."""
    return node.record("config").text("materialized") == "ephemeral"


def _with_full_refresh(artifacts: Artifacts, folder: Path) -> Artifacts:
    """Return the artifacts with the SQL that a full refresh runs, where it has been compiled."""
    if not folder.is_dir():
        return artifacts
    manifest = _read(folder / "manifest.json", MANIFEST_VERSIONS)
    compiled = manifest.records("nodes")
    nodes = {}
    for unique_id, node in artifacts.nodes.items():
        other = compiled.get(unique_id)
        if other is None or other.values.get("checksum") != node.values.get("checksum"):
            raise ArtifactError(
                f"{manifest.where}: {unique_id} is not the one of the build; run"
                f" `dbt compile --full-refresh --target-path {folder}` again, or remove the folder"
            )
        sql = other.text("compiled_code") or node.text("compiled_code")
        nodes[unique_id] = replace(node, values={**node.values, "compiled_code": sql})
    return replace(artifacts, nodes=nodes)


def _read_results(path: Path, versions: tuple[str, ...]) -> Record | None:
    return _read(path, versions) if path.exists() else None


def _results(document: Record | None) -> dict[str, Record]:
    """Return the results of a run; none of `dbt docs generate`, whose results are no test's."""
    if document is None or document.record("args").values.get("which") == "generate":
        return {}
    return {one.text("unique_id"): one for one in document.record_items("results")}


def _read(path: Path, versions: tuple[str, ...]) -> Record:
    try:
        document = Record.of(str(path), json.loads(path.read_bytes()), ArtifactError)
    except FileNotFoundError as error:
        raise ArtifactError(f"{path}: the file is missing; {_MAKE}") from error
    except OSError as error:
        raise ArtifactError(f"{path}: the file cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise ArtifactError(
            f"{path}: truncated or no JSON ({type(error).__name__}); {_MAKE}"
        ) from error
    schema = document.record("metadata").text("dbt_schema_version")
    version = schema.rpartition("/")[2].removesuffix(".json")
    if version not in versions:
        raise ArtifactError(
            f"{path}: dbt schema version {schema or 'not given'}; this reads"
            f" {path.stem} {', '.join(versions)}, which dbt 1.8 to 1.11 write"
        )
    return document


def _check_catalog(catalog: Record, artifacts: Artifacts) -> None:
    errors = catalog.items("errors")
    if errors:
        raise ArtifactError(
            f"{catalog.where}: dbt met {len(errors)} errors while it read the warehouse,"
            f" the first: {str(errors[0])[:200]}; mend it and run `dbt docs generate` again"
        )
    missing = sorted(
        unique_id
        for unique_id, node in artifacts.nodes.items()
        if not is_ephemeral(node) and unique_id not in artifacts.relations
    )
    if missing:
        raise ArtifactError(
            f"{catalog.where}: {len(missing)} relations of the manifest are not in it, the first:"
            f" {missing[0]}; it is older than the manifest, of another project, or the model was"
            f" never built: {_MAKE}"
        )
