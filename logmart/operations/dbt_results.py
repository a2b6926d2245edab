"""Makes the records of `check_results` from dbt's artifacts: one a node that a build ran."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from logmart.operations.decided_results import Decisions, with_decision
from logmart.operations.landing import utc_text
from logmart.operations.pipeline import Run
from logmart.operations.task_records import Record, masked

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


def check_results(
    manifest: Document,
    run_results: Document,
    run: Run,
    since: datetime,
    decisions: Decisions | None = None,
) -> list[Record]:
    """Return a record for each node of a build whose result is not older than a moment.

    In: manifest.json and run_results.json; the decisions of the policies on these results. Results
    that are older are those of an earlier attempt, which landed them.
    """
    nodes = {**manifest["nodes"], **manifest["sources"], **manifest["unit_tests"]}
    return [
        with_decision(_record(nodes, result, run, checked_at), decisions or {})
        for result in run_results["results"]
        if (nodes.get(result["unique_id"]) or {}).get("resource_type") not in _NO_CHECKS
        and (checked_at := _checked_at(result, run_results)) >= since
    ]


def ancestors(nodes: Mapping[str, Document], unique_id: str) -> list[str]:
    """Return the names of all models, seeds, snapshots and sources above a node, sorted."""
    found: set[str] = set()
    waiting = _parents(nodes[unique_id])
    while waiting:
        parent = waiting.pop()
        if parent in nodes and parent not in found:
            found.add(parent)
            waiting += _parents(nodes[parent])
    return sorted({_name(nodes[one]) for one in found})


def _record(
    nodes: Mapping[str, Document], result: Document, run: Run, checked_at: datetime
) -> Record:
    unique_id = result["unique_id"]
    node = nodes[unique_id]
    subject = subject_of(nodes, node)
    status = _STATUSES.get(result["status"], "error")
    record = {
        "runId": run.run_id,
        "runDate": run.run_date.isoformat(),
        "task": "build",
        "stage": "mart",
        "platform": "dbt",
        "check": node["name"],
        "checkKind": node["resource_type"],
        "subjectKind": "source" if subject["resource_type"] == "source" else "model",
        "subject": _name(subject),
        "status": status,
        "severity": _severity(node, status),
        "owner": owner_of(node, subject),
        "failureCount": _failure_count(node, result),
        "ancestors": None if status == "passed" else ",".join(ancestors(nodes, unique_id)),
        "message": None if status == "passed" else masked(result.get("message") or ""),
        "checkedAt": utc_text(checked_at),
    }
    return {key: value for key, value in record.items() if value not in (None, "")}


def subject_of(nodes: Mapping[str, Document], node: Document) -> Document:
    """Return what a node checks: a test's model, or the node itself."""
    if node["resource_type"] not in _TESTS:
        return node
    checked = [str(node.get("attached_node")), *_parents(node)]
    return next((nodes[one] for one in checked if one in nodes), node)


def owner_of(node: Document, subject: Document) -> str | None:
    """Return the group that answers for a node: a test's `config.meta.owner`, else the group of
    what it checks.
    """
    config, of_subject = node.get("config") or {}, subject.get("config") or {}
    owner = (config.get("meta") or {}).get("owner")
    return owner or of_subject.get("group") or subject.get("group")


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


def _checked_at(result: Document, run_results: Document) -> datetime:
    """Return when a node ended; for a node that did not run, when the run ended."""
    ends = [step["completed_at"] for step in result.get("timing") or [] if step["completed_at"]]
    return datetime.fromisoformat(max(ends, default=run_results["metadata"]["generated_at"]))


def _parents(node: Document) -> list[str]:
    return list((node.get("depends_on") or {}).get("nodes") or [])


def _name(node: Document) -> str:
    return str(node["source_name" if node["resource_type"] == "source" else "name"])
