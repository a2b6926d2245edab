"""Finds the nodes that a project's artifacts describe incompletely, and why. Pure functions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from logmart_catalog.artifacts.preflight import ALLOW_MIXED, FAILED_STATUSES, Mixed
from logmart_catalog.errors import ArtifactError
from logmart_catalog.records import Record

_MAX_MESSAGE = 160


@dataclass(frozen=True)
class ProjectRecords:
    """A project's name, its catalog.json, and by unique id its nodes that have a relation, its
    sources and the results of the last run.
    """

    name: str
    catalog: Record
    nodes: Mapping[str, Record]
    sources: Mapping[str, Record]
    results: Mapping[str, Record]

    @property
    def relations(self) -> Mapping[str, object]:
        """The relations in catalog.json by unique id."""
        return {
            **self.catalog.record("sources").values,
            **self.catalog.record("nodes").values,
        }

    @property
    def errors(self) -> list[str]:
        """The errors that dbt met while it read the warehouse."""
        return [_short(str(error)) for error in self.catalog.items("errors")]

    @property
    def failed(self) -> dict[str, str]:
        """The nodes whose last build failed, by unique id, with dbt's message."""
        return {
            unique_id: f"its last build failed: {_short(result.text('message') or 'no message')}"
            for unique_id, result in self.results.items()
            if result.text("status").lower() in FAILED_STATUSES and unique_id in self.nodes
        }


@dataclass(frozen=True)
class Gaps:
    """Incomplete nodes by unique id: `left_out` says why a node cannot be published, `outdated` why
    a published node may be out of date in the artifacts.
    """

    left_out: Mapping[str, str] = field(default_factory=dict)
    outdated: Mapping[str, str] = field(default_factory=dict)


def gaps_of(project: ProjectRecords, mixed: Mixed, *, allow_errors: bool) -> Gaps:
    """Return the incomplete nodes of a project.

    In: `mixed`, what another dbt run left in the folder; `allow_errors`, whether catalog.json may
    hold errors although no relation is missing from it. Raises ArtifactError on such errors
    otherwise.
    """
    left_out = {**mixed.nodes, **_unpublishable_nodes(project)}
    lost = _lost_sources(project) if project.errors else {}
    if project.errors and not (lost or left_out or allow_errors):
        raise ArtifactError(
            f"{project.catalog.where}: dbt met {len(project.errors)} errors while it read the"
            f" warehouse, and no missing relation explains them, the first: {project.errors[0]};"
            " mend it and run `dbt docs generate --no-compile` again, or give"
            f" {ALLOW_MIXED} to publish what is there"
        )
    left_out |= lost
    outdated = {**mixed.outdated, **project.failed}
    published = project.nodes.keys() - left_out.keys()
    return Gaps(
        dict(sorted(left_out.items())),
        {unique_id: outdated[unique_id] for unique_id in sorted(outdated.keys() & published)},
    )


def _unpublishable_nodes(project: ProjectRecords) -> dict[str, str]:
    """Return the nodes that belong to another project or lack a relation, with the reason."""
    relations, errors, failed = project.relations, project.errors, project.failed
    reason = "not built, or built after catalog.json was written"
    if errors:
        reason = f"dbt met {len(errors)} errors while it read the warehouse: {errors[0]}"
    found = {}
    for unique_id, node in project.nodes.items():
        package = node.text("package_name")
        if package != project.name and _is_reference(node):
            found[unique_id] = f"of the dbt project {package}, which publishes it: no SQL here"
        elif unique_id not in relations:
            found[unique_id] = f"no relation in catalog.json: {failed.get(unique_id, reason)}"
    return found


def _lost_sources(project: ProjectRecords) -> dict[str, str]:
    """Return the sources that catalog.json lacks because of errors, with the reason."""
    relations, errors = project.relations, project.errors
    return {
        unique_id: f"no relation in catalog.json: dbt met {len(errors)} errors: {errors[0]}"
        for unique_id, source in project.sources.items()
        if unique_id not in relations and not _is_external(source)
    }


def _is_reference(node: Record) -> bool:
    """Whether a node has no SQL: a model of another project of a dbt Mesh, known by name alone."""
    code = node.text("compiled_code") or node.text("raw_code")
    return node.text("resource_type") == "model" and not code.strip()


def _is_external(source: Record) -> bool:
    meta = source.record("config").record("meta").values
    return bool(source.record("external").values) or "external_location" in meta


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _MAX_MESSAGE else f"{line[:_MAX_MESSAGE]}..."
