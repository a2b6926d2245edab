"""Whether dbt's artifacts belong together, before anything is made of them. Pure functions."""

from __future__ import annotations

from datetime import datetime

from logmart_catalog.errors import ArtifactError
from logmart_catalog.records import Record

OVERRIDE = "--allow-mixed-artifacts"
# The dbt commands whose run_results.json tells when relations were built.
_BUILDING = frozenset({"build", "run", "seed", "snapshot"})


def check_together(manifest: Record, catalog: Record, run_results: Record | None) -> None:
    """Refuse artifacts that different dbt runs left in one folder.

    In: the three documents, `run_results` None when there is none. Raises ArtifactError, naming
    both files, when run_results.json is of another invocation than the manifest or written by
    `dbt docs generate`, or when catalog.json is of another project or target, or older than the
    relations.
    """
    if run_results is not None:
        _check_run(manifest, run_results)
        _check_age(catalog, run_results)
    _check_relations(manifest, catalog)


def _check_run(manifest: Record, run_results: Record) -> None:
    command = run_results.record("args").text("which")
    if command == "generate":
        raise _refusal(
            f"{run_results.where}: `dbt docs generate` wrote it over the results of the build;"
            " run `dbt build`, then `dbt docs generate --no-compile`"
        )
    built, planned = (
        one.record("metadata").text("invocation_id") for one in (run_results, manifest)
    )
    if built != planned:
        raise _refusal(
            f"{run_results.where}: it is of the dbt invocation {built or 'not given'},"
            f" {manifest.where} of {planned or 'not given'}; run `dbt build` again"
        )


def _check_age(catalog: Record, run_results: Record) -> None:
    """Refuse a catalog that was read before the relations were built."""
    command = run_results.record("args").text("which")
    read, built = (_moment(one) for one in (catalog, run_results))
    if (not command or command in _BUILDING) and read and built and read < built:
        raise _refusal(
            f"{catalog.where}: it was read from the warehouse at {read:%Y-%m-%d %H:%M:%S},"
            f" before the relations were built at {built:%Y-%m-%d %H:%M:%S} ({run_results.where});"
            " run `dbt docs generate --no-compile` again"
        )


def _check_relations(manifest: Record, catalog: Record) -> None:
    """Refuse a catalog with relations that the manifest does not know, or knows by other names."""
    nodes = manifest.records("nodes")
    relations = catalog.records("nodes")
    unknown = sorted(set(relations) - set(nodes) - set(manifest.record("disabled").values))
    if unknown:
        raise _refusal(
            f"{catalog.where}: {len(unknown)} relations in it are not in {manifest.where}, the"
            f" first: {unknown[0]}; it is of another project, or older than the manifest:"
            " run `dbt docs generate --no-compile` again"
        )
    for unique_id, relation in sorted(relations.items()):
        found = relation.record("metadata")
        node = nodes.get(unique_id)
        if node is None:
            continue
        held = (found.text("schema"), found.text("name"))
        wanted = (node.text("schema"), node.text("alias") or node.text("name"))
        differs = [one for one in zip(held, wanted, strict=True) if all(one) and _unlike(*one)]
        if differs:
            raise _refusal(
                f"{catalog.where}: {unique_id} is {'.'.join(held)} in it, but {'.'.join(wanted)}"
                f" in {manifest.where}; it is of another target: run"
                " `dbt docs generate --no-compile` again"
            )


def _unlike(one: str, other: str) -> bool:
    return one.lower() != other.lower()


def _moment(document: Record) -> datetime | None:
    text = document.record("metadata").text("generated_at")
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _refusal(message: str) -> ArtifactError:
    return ArtifactError(f"{message}, or give {OVERRIDE} to publish them as they are")
