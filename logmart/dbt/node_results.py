"""Reads what each node of a build is a check of, how it ended, and who answers for it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Document = Mapping[str, Any]
_STATUSES = {
    "success": "passed",
    "pass": "passed",
    "no-op": "passed",
    "warn": "warned",
    "fail": "failed",
    "partial success": "failed",
    "skipped": "skipped",
}
# Hooks of the run, and nodes that the manifest does not know.
_NO_CHECKS = frozenset({"operation", None})
# The threshold of a test that has none of its own.
_ANY = "!= 0"
_TESTS = frozenset({"test", "unit_test"})


@dataclass(frozen=True)
class NodeResult:
    """The result of a node: what it checks, how it ended and who answers for it.

    `status` is passed, warned, failed, skipped or error. `failure_count` is None where dbt does not
    say it.
    """

    unique_id: str
    name: str
    kind: str
    subject_kind: str
    subject: str
    status: str
    severity: str
    owner: str | None
    failure_count: int | None


def nodes_of(manifest: Document) -> Mapping[str, Document]:
    """Return the nodes, sources and unit tests of manifest.json by unique id."""
    return {**manifest["nodes"], **manifest["sources"], **manifest["unit_tests"]}


def node_results(
    nodes: Mapping[str, Document], run_results: Document
) -> Iterator[tuple[Document, NodeResult]]:
    """Yield each result of run_results.json that is of a check, as dbt wrote it and typed."""
    for result in run_results["results"]:
        node = nodes.get(result["unique_id"]) or {}
        if node.get("resource_type") not in _NO_CHECKS:
            yield result, _result(nodes, node, result)


def _result(nodes: Mapping[str, Document], node: Document, result: Document) -> NodeResult:
    subject = subject_of(nodes, node)
    status = _STATUSES.get(result["status"], "error")
    return NodeResult(
        unique_id=result["unique_id"],
        name=node["name"],
        kind=node["resource_type"],
        subject_kind="source" if subject["resource_type"] == "source" else "model",
        subject=name_of(subject),
        status=status,
        severity=_severity(node, status),
        owner=owner_of(node, subject),
        failure_count=_failure_count(node, result),
    )


def subject_of(nodes: Mapping[str, Document], node: Document) -> Document:
    """Return what a node checks: a test's model, or the node itself."""
    if node["resource_type"] not in _TESTS:
        return node
    checked = [str(node.get("attached_node")), *parents_of(node)]
    return next((nodes[one] for one in checked if one in nodes), node)


def owner_of(node: Document, subject: Document) -> str | None:
    """Return the group that answers for a node: a test's `config.meta.owner`, else the group of
    what it checks.
    """
    config, of_subject = node.get("config") or {}, subject.get("config") or {}
    owner = (config.get("meta") or {}).get("owner")
    return owner or of_subject.get("group") or subject.get("group")


def parents_of(node: Document) -> list[str]:
    """Return the unique ids that a node reads."""
    return list((node.get("depends_on") or {}).get("nodes") or [])


def name_of(node: Document) -> str:
    """Return the name of a node; of a source, that of the system."""
    return str(node["source_name" if node["resource_type"] == "source" else "name"])


def _failure_count(node: Document, result: Document) -> int | None:
    """Return how many rows a data test found; None for other nodes, and where dbt does not say: up
    to a threshold of the test's own, it gives 0 whatever the test found.
    """
    config = node.get("config") or {}
    thresholds = {config.get("warn_if", _ANY), config.get("error_if", _ANY)}
    is_hidden = result["status"] == "pass" and thresholds != {_ANY}
    return result.get("failures") if node["resource_type"] == "test" and not is_hidden else None


def _severity(node: Document, status: str) -> str:
    if status == "passed":
        return "info"
    is_warning = status == "warned" or (node.get("config") or {}).get("severity") == "WARN"
    return "warning" if is_warning else "critical"
