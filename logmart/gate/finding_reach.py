"""Adds to each finding what it reaches and the owners to ask. Pure functions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from logmart.dbt.manifest import Manifest, Node, parents
from logmart.findings import Finding, Reach
from logmart.gate.compared import Compared
from logmart.gate.impact import (
    reach,
    reach_of_exposure,
    reach_of_group,
    reach_of_metric,
    reach_of_rows,
    reach_of_semantic_model,
)
from logmart.gate.row_diff import MartDiff

# These kinds say that the rows of a node are others: the comparison of rows says what they reach.
ROW_KINDS = frozenset({"rows_added", "rows_removed", "values_changed", "seed_changed"})
_NOT_BUILT = frozenset({"build_failed", "contract_broken"})


def with_reach(
    findings: Iterable[Finding], compared: Compared, diffs: Iterable[MartDiff]
) -> list[Finding]:
    """Return findings with their reach, except those that have one or are about no node."""
    by_id = {diff.unique_id: diff for diff in diffs}
    return [
        finding if finding.reach else replace(finding, reach=_reach_of(finding, compared, by_id))
        for finding in findings
    ]


def reach_of_node(manifest: Manifest, unique_id: str) -> Reach:
    """Return the metrics, exposures and owners of a node and of everything downstream of it."""
    downstream = manifest.downstream([unique_id])
    return reach_of_rows(manifest, unique_id, dict.fromkeys(sorted(downstream)))


def reach_of_file(manifest: Manifest, file: str) -> Reach | None:
    """Return the reach of all nodes that a file defines or describes; None for no node."""
    nodes = [
        node_id
        for node_id, node in manifest.built.items()
        if file in (node["original_file_path"], str(node.get("patch_path")).partition("://")[2])
    ]
    if not nodes:
        return None
    return reach_of_rows(manifest, "", dict.fromkeys(sorted(manifest.downstream(nodes))))


def _reach_of(finding: Finding, compared: Compared, diffs: Mapping[str, MartDiff]) -> Reach | None:
    """Return the reach of a finding on the branch, or on main where the branch lacks the node."""
    sides = (compared.head, compared.head_lineage), (compared.base, compared.base_lineage)
    for side, lineage in sides:
        manifest = side.manifest
        unique_id = _id_of(manifest.built, finding.node)
        if unique_id and finding.kind in ROW_KINDS:
            return reach_of_rows(manifest, unique_id, _differing(compared, unique_id, diffs))
        if unique_id and finding.kind in _NOT_BUILT:
            return reach_of_node(manifest, unique_id)
        if unique_id and finding.column:
            return reach(manifest, lineage, unique_id, [finding.column])
        nodes = [unique_id] if unique_id else _tested(manifest, finding.node)
        if nodes:
            return reach_of_rows(manifest, nodes[0], dict.fromkeys(nodes))
        found = _reach_of_other(manifest, finding.node)
        if found:
            return found
    return None


def _reach_of_other(manifest: Manifest, name: str) -> Reach | None:
    for part, reach_of in (
        ("metrics", reach_of_metric),
        ("exposures", reach_of_exposure),
        ("semantic_models", reach_of_semantic_model),
        ("groups", reach_of_group),
    ):
        known = _id_of(manifest.part(part), name)
        if known:
            return reach_of(manifest, known)
    return None


def _differing(
    compared: Compared, unique_id: str, diffs: Mapping[str, MartDiff]
) -> dict[str, tuple[str, ...] | None]:
    """Return the node and the downstream nodes whose rows differ, or cannot be compared, with the
    columns that differ; None where rows were added or removed.
    """
    found: dict[str, tuple[str, ...] | None] = {}
    for node_id in sorted(compared.head.manifest.downstream([unique_id])):
        diff = diffs.get(node_id)
        if node_id in compared.unbuilt or (diff and diff.has_no_rows):
            found[node_id] = None
        elif diff and not diff.is_empty:
            only_values = not (diff.added or diff.removed)
            found[node_id] = tuple(name for name, _ in diff.columns) if only_values else None
    return found or {unique_id: None}


def _id_of(nodes: Mapping[str, Node], name: str) -> str:
    return next((node_id for node_id, node in nodes.items() if name and node["name"] == name), "")


def _tested(manifest: Manifest, name: str) -> list[str]:
    """Return the nodes that a test is about; a unit test is named after its model, too."""
    test_id = _id_of(manifest.tests, name)
    unit_name = name.rpartition("::")[2]
    test = (
        manifest.tests[test_id]
        if test_id
        else manifest.part("unit_tests").get(_id_of(manifest.part("unit_tests"), unit_name))
    )
    if test is None:
        return []
    attached = test.get("attached_node")
    return [each for each in ([attached] if attached else parents(test)) if each in manifest.built]
