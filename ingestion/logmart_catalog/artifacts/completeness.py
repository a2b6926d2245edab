"""Which nodes of a project its artifacts tell whole, and why not the others. Pure functions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from logmart_catalog.artifacts.preflight import FAILED, OVERRIDE, Mixed
from logmart_catalog.errors import ArtifactError
from logmart_catalog.records import Record

_MAX_MESSAGE = 160


@dataclass(frozen=True)
class Told:
    """What a project's artifacts tell: its name, catalog.json, the nodes with a relation and the
    sources, by unique id, and the results of the last run, by unique id.
    """

    project: str
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
        """What dbt could not read of the warehouse."""
        return [_short(str(one)) for one in self.catalog.items("errors")]

    @property
    def failed(self) -> dict[str, str]:
        """The nodes whose last build failed, and what dbt said."""
        return {
            unique_id: f"its last build failed: {_short(result.text('message') or 'no message')}"
            for unique_id, result in self.results.items()
            if result.text("status").lower() in FAILED and unique_id in self.nodes
        }


@dataclass(frozen=True)
class Gaps:
    """What artifacts do not tell whole, by unique id: why a node cannot be published, and why one
    that can may be out of date in them.
    """

    left_out: Mapping[str, str] = field(default_factory=dict)
    outdated: Mapping[str, str] = field(default_factory=dict)


def gaps_of(told: Told, mixed: Mixed, *, as_they_are: bool) -> Gaps:
    """Return what the artifacts of a project do not tell whole.

    In: `mixed`, what is of another run; `as_they_are`, whether errors in catalog.json will do when
    it lacks nothing. Raises ArtifactError on such errors.
    """
    left_out = {**mixed.nodes, **_not_whole(told)}
    lost = _lost_sources(told) if told.errors else {}
    if told.errors and not (lost or left_out or as_they_are):
        raise ArtifactError(
            f"{told.catalog.where}: dbt met {len(told.errors)} errors while it read the warehouse,"
            f" and what they are about is not known, the first: {told.errors[0]}; mend it and run"
            f" `dbt docs generate --no-compile` again, or give {OVERRIDE} to publish what is there"
        )
    left_out |= lost
    outdated = {**mixed.outdated, **told.failed}
    published = told.nodes.keys() - left_out.keys()
    return Gaps(
        dict(sorted(left_out.items())),
        {one: outdated[one] for one in sorted(outdated.keys() & published)},
    )


def _not_whole(told: Told) -> dict[str, str]:
    """Return why nodes cannot be published: another project's, or without a relation."""
    relations, errors, failed = told.relations, told.errors, told.failed
    absent = "not built, or built after it was written"
    if errors:
        absent = f"dbt met {len(errors)} errors while it read the warehouse: {errors[0]}"
    found = {}
    for unique_id, node in told.nodes.items():
        package = node.text("package_name")
        if package != told.project and _is_reference(node):
            found[unique_id] = f"of the dbt project {package}, which publishes it: no SQL here"
        elif unique_id not in relations:
            found[unique_id] = f"no relation in catalog.json: {failed.get(unique_id, absent)}"
    return found


def _lost_sources(told: Told) -> dict[str, str]:
    """Return the sources that errors in catalog.json keep from it."""
    relations, errors = told.relations, told.errors
    return {
        unique_id: f"no relation in catalog.json: dbt met {len(errors)} errors: {errors[0]}"
        for unique_id, source in told.sources.items()
        if unique_id not in relations and not _is_external(source)
    }


def _is_reference(node: Record) -> bool:
    """Whether a node is known by its name alone, as a model of another project of a dbt Mesh."""
    code = node.text("compiled_code") or node.text("raw_code")
    return node.text("resource_type") == "model" and not code.strip()


def _is_external(source: Record) -> bool:
    meta = source.record("config").record("meta").values
    return bool(source.record("external").values) or "external_location" in meta


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _MAX_MESSAGE else f"{line[:_MAX_MESSAGE]}..."
