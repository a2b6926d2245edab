"""Checks whether dbt's artifacts come from the same run and target. Pure functions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from logmart_catalog.artifacts.moments import moment_of
from logmart_catalog.records import Record

ALLOW_MIXED = "--allow-mixed-artifacts"
# The statuses of a node whose last build failed.
FAILED_STATUSES = frozenset({"error", "runtime error"})
# The dbt commands that build relations: their run_results.json says when.
_BUILDING_COMMANDS = frozenset({"build", "run", "seed", "snapshot"})
_REGENERATE_DOCS = "run `dbt docs generate --no-compile` again"


@dataclass(frozen=True)
class Mixed:
    """Artifacts of different dbt runs in one folder.

    `nodes` says by unique id why a node cannot be published, `outdated` why its entry in
    catalog.json may be out of date. `results` says why run_results.json does not belong to the
    manifest, "" when it does.
    """

    nodes: Mapping[str, str] = field(default_factory=dict)
    outdated: Mapping[str, str] = field(default_factory=dict)
    results: str = ""


def mixed_runs(manifest: Record, catalog: Record, run_results: Record | None) -> Mixed:
    """Return the nodes and results of a folder that come from another dbt run.

    In: the three documents, `run_results` None when there is none. Results do not belong to the
    manifest when another invocation or `dbt docs generate` wrote them. A node of catalog.json does
    not when the manifest lacks it, or has it under another name (it is of another target). A node
    is out of date when it was built after dbt read catalog.json from the warehouse.
    """
    nodes = _nodes_of_another_target(manifest, catalog)
    if run_results is None:
        return Mixed(nodes)
    return Mixed(nodes, _outdated(catalog, run_results), _of_another_run(manifest, run_results))


def _of_another_run(manifest: Record, run_results: Record) -> str:
    if _command(run_results) == "generate":
        return (
            "`dbt docs generate` overwrote the results of the build; run `dbt build`, then"
            " `dbt docs generate --no-compile`"
        )
    built, planned = (
        document.record("metadata").text("invocation_id") for document in (run_results, manifest)
    )
    if built == planned:
        return ""
    return (
        f"they are of the dbt invocation {built or 'not given'}, but manifest.json is of"
        f" {planned or 'not given'}; run `dbt build`, then `dbt docs generate --no-compile`"
    )


def _outdated(catalog: Record, run_results: Record) -> dict[str, str]:
    """Return the nodes that were built after catalog.json was read, with the reason."""
    command = _command(run_results)
    read, built = (_moment(document) for document in (catalog, run_results))
    if (command and command not in _BUILDING_COMMANDS) or not read or not built or read >= built:
        return {}
    reason = (
        f"catalog.json was read at {read:%Y-%m-%d %H:%M:%S}, before the relations were built at"
        f" {built:%Y-%m-%d %H:%M:%S}; {_REGENERATE_DOCS}"
    )
    return {
        result.text("unique_id"): reason
        for result in run_results.record_items("results")
        if result.text("status").lower() == "success"
    }


def _nodes_of_another_target(manifest: Record, catalog: Record) -> dict[str, str]:
    """Return the relations that the manifest lacks or names differently, with the reason."""
    nodes = manifest.records("nodes")
    disabled = manifest.record("disabled").values
    found = {}
    for unique_id, relation in sorted(catalog.records("nodes").items()):
        node = nodes.get(unique_id)
        if node is None:
            if unique_id not in disabled:
                found[unique_id] = (
                    f"catalog.json has it, but manifest.json does not; {_REGENERATE_DOCS}"
                )
            continue
        held, wanted = _names_in_catalog(relation), _names_in_manifest(node)
        if any(_differ(*pair) for pair in zip(held, wanted, strict=True) if all(pair)):
            found[unique_id] = (
                f"catalog.json has it as {'.'.join(held)}, manifest.json as {'.'.join(wanted)}:"
                f" it is of another target; {_REGENERATE_DOCS}"
            )
    return found


def _names_in_catalog(relation: Record) -> tuple[str, str]:
    metadata = relation.record("metadata")
    return metadata.text("schema"), metadata.text("name")


def _names_in_manifest(node: Record) -> tuple[str, str]:
    return node.text("schema"), node.text("alias") or node.text("name")


def _differ(catalog_name: str, manifest_name: str) -> bool:
    return catalog_name.lower() != manifest_name.lower()


def _command(run_results: Record) -> str:
    return run_results.record("args").text("which")


def _moment(document: Record) -> datetime | None:
    return moment_of(document.record("metadata").text("generated_at"))
