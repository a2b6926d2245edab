"""Whether dbt's artifacts belong together, before anything is made of them. Pure functions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from logmart_catalog.artifacts.moments import moment_of
from logmart_catalog.records import Record

OVERRIDE = "--allow-mixed-artifacts"
# What a node's status is called when its last build failed.
FAILED = frozenset({"error", "runtime error"})
# The dbt commands whose run_results.json tells when relations were built.
_BUILDING = frozenset({"build", "run", "seed", "snapshot"})
_DOCS = "run `dbt docs generate --no-compile` again"


@dataclass(frozen=True)
class Mixed:
    """What different dbt runs left in one folder.

    By unique id, why a node cannot be told from it, and why what it tells of a node may be out of
    date; why the results of the run do not belong, "" when they do.
    """

    nodes: Mapping[str, str] = field(default_factory=dict)
    outdated: Mapping[str, str] = field(default_factory=dict)
    results: str = ""


def mixed_runs(manifest: Record, catalog: Record, run_results: Record | None) -> Mixed:
    """Return what does not belong together in a folder.

    In: the three documents, `run_results` None when there is none. Results do not belong when they
    are of another invocation than the manifest, or were written by `dbt docs generate`; a node
    does not when catalog.json has it and the manifest does not, or by another name (it is of
    another target). It is out of date when it was built after catalog.json was read.
    """
    nodes = _unlike_nodes(manifest, catalog)
    if run_results is None:
        return Mixed(nodes)
    return Mixed(nodes, _outdated(catalog, run_results), _of_another_run(manifest, run_results))


def _of_another_run(manifest: Record, run_results: Record) -> str:
    if _command(run_results) == "generate":
        return (
            "`dbt docs generate` wrote it over the results of the build; run `dbt build`, then"
            " `dbt docs generate --no-compile`"
        )
    built, planned = (
        one.record("metadata").text("invocation_id") for one in (run_results, manifest)
    )
    if built == planned:
        return ""
    return (
        f"it is of the dbt invocation {built or 'not given'}, manifest.json of"
        f" {planned or 'not given'}; run `dbt build`, then `dbt docs generate --no-compile`"
    )


def _outdated(catalog: Record, run_results: Record) -> dict[str, str]:
    """Return the nodes that were built after the catalog was read."""
    command = _command(run_results)
    read, built = (_moment(one) for one in (catalog, run_results))
    if (command and command not in _BUILDING) or not read or not built or read >= built:
        return {}
    reason = (
        f"catalog.json was read at {read:%Y-%m-%d %H:%M:%S}, before the relations were built at"
        f" {built:%Y-%m-%d %H:%M:%S}; {_DOCS}"
    )
    return {
        result.text("unique_id"): reason
        for result in run_results.record_items("results")
        if result.text("status").lower() == "success"
    }


def _unlike_nodes(manifest: Record, catalog: Record) -> dict[str, str]:
    """Return the relations that the manifest does not know, or knows by other names."""
    nodes = manifest.records("nodes")
    disabled = manifest.record("disabled").values
    found = {}
    for unique_id, relation in sorted(catalog.records("nodes").items()):
        node = nodes.get(unique_id)
        if node is None:
            if unique_id not in disabled:
                found[unique_id] = f"catalog.json has it, but manifest.json does not; {_DOCS}"
            continue
        held, wanted = _names_there(relation), _names_here(node)
        if any(_unlike(*one) for one in zip(held, wanted, strict=True) if all(one)):
            found[unique_id] = (
                f"catalog.json has it as {'.'.join(held)}, manifest.json as {'.'.join(wanted)}:"
                f" it is of another target; {_DOCS}"
            )
    return found


def _names_there(relation: Record) -> tuple[str, str]:
    metadata = relation.record("metadata")
    return metadata.text("schema"), metadata.text("name")


def _names_here(node: Record) -> tuple[str, str]:
    return node.text("schema"), node.text("alias") or node.text("name")


def _unlike(one: str, other: str) -> bool:
    return one.lower() != other.lower()


def _command(run_results: Record) -> str:
    return run_results.record("args").text("which")


def _moment(document: Record) -> datetime | None:
    return moment_of(document.record("metadata").text("generated_at"))
