"""Decides what follows from the results of a build and from its findings, by the policies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb

from logmart.dbt.manifest import read_json, write_json
from logmart.dbt.node_results import node_results, nodes_of
from logmart.dbt.project_macros import ProjectMacros
from logmart.policies import kept_decisions
from logmart.policies.decisions import POLICIES, Decision, decide
from logmart.policies.results import CheckResult, Run, write_results
from logmart.settings import PROJECT

_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


def decide_on_findings(records: Sequence[Mapping[str, Any]]) -> list[Decision]:
    """Return the decisions on records of check_results of stage `anomaly` that did not pass.

    Raises CommandError when a policy cannot be decided by.
    """
    results = [
        CheckResult(
            source="",
            check_name=record["check"],
            subject_kind=record["subjectKind"],
            subject=record["subject"],
            status=record["status"],
            failure_count=0,
            checked_count=0,
            severity=record["severity"],
        )
        for record in records
        if record["status"] == "failed"
    ]
    return _decide(results, "anomaly")


def decide_on_build(target: Path) -> list[Decision]:
    """Return the decisions on the results of the last build, and keep them beside dbt's artifacts
    for those who land the results.

    Raises CommandError when a policy cannot be decided by, or when dbt left no artifacts.
    """
    run_results = read_json(target / "run_results.json")
    decisions = []
    if any(each["status"] not in ("success", "pass", "no-op") for each in run_results["results"]):
        nodes = nodes_of(read_json(target / "manifest.json"))
        results = [
            CheckResult(
                source="",
                check_name=each.name,
                subject_kind=each.subject_kind,
                subject=each.subject,
                status=each.status,
                failure_count=each.failure_count or 0,
                checked_count=0,
                severity=each.severity,
            )
            for _, each in node_results(nodes, run_results)
            if each.status in ("warned", "failed", "error")
        ]
        decisions = _decide(results, "mart")
    invocation_id = run_results["metadata"]["invocation_id"]
    document = {"invocation_id": invocation_id, "decisions": by_key(decisions)}
    write_json(target / kept_decisions.FILE, document)
    return decisions


def _decide(results: Sequence[CheckResult], stage: str) -> list[Decision]:
    with duckdb.connect() as connection:
        write_results(connection, Run("", date.min, _LONG_AGO), results, stage)
        return decide(connection, ProjectMacros(PROJECT), PROJECT / POLICIES, ())


def by_key(decisions: Sequence[Decision]) -> kept_decisions.Decisions:
    """Return decisions as those who land results read them."""
    return {
        kept_decisions.key(each.subject, each.check_name): {
            "severity": each.severity,
            "policy_id": each.policy_id,
            "action": each.action,
        }
        for each in decisions
    }
