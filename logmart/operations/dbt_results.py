"""Makes the records of `check_results` from dbt's artifacts: one a node that a build ran."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from logmart.dbt.node_results import (
    Document,
    NodeResult,
    name_of,
    node_results,
    nodes_of,
    parents_of,
)
from logmart.operations.landing import utc_text
from logmart.operations.pipeline import Run
from logmart.operations.task_records import Record, masked
from logmart.policies.kept_decisions import Decisions, with_decision


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
    nodes = nodes_of(manifest)
    return [
        with_decision(_record(nodes, found, result, run, checked_at), decisions or {})
        for result, found in node_results(nodes, run_results)
        if (checked_at := _checked_at(result, run_results)) >= since
    ]


def ancestors(nodes: Mapping[str, Document], unique_id: str) -> list[str]:
    """Return the names of all models, seeds, snapshots and sources above a node, sorted."""
    found: set[str] = set()
    waiting = parents_of(nodes[unique_id])
    while waiting:
        parent = waiting.pop()
        if parent in nodes and parent not in found:
            found.add(parent)
            waiting += parents_of(nodes[parent])
    return sorted({name_of(nodes[one]) for one in found})


def _record(
    nodes: Mapping[str, Document],
    found: NodeResult,
    result: Document,
    run: Run,
    checked_at: datetime,
) -> Record:
    is_good = found.status == "passed"
    record = {
        "runId": run.run_id,
        "runDate": run.run_date.isoformat(),
        "task": "build",
        "stage": "mart",
        "platform": "dbt",
        "check": found.name,
        "checkKind": found.kind,
        "subjectKind": found.subject_kind,
        "subject": found.subject,
        "status": found.status,
        "severity": found.severity,
        "owner": found.owner,
        "failureCount": found.failure_count,
        "ancestors": None if is_good else ",".join(ancestors(nodes, found.unique_id)),
        "message": None if is_good else masked(result.get("message") or ""),
        "checkedAt": utc_text(checked_at),
    }
    return {key: value for key, value in record.items() if value not in (None, "")}


def _checked_at(result: Document, run_results: Document) -> datetime:
    """Return when a node ended; for a node that did not run, when the run ended."""
    ends = [step["completed_at"] for step in result.get("timing") or [] if step["completed_at"]]
    return datetime.fromisoformat(max(ends, default=run_results["metadata"]["generated_at"]))
