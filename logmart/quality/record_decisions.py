"""Decides what follows from the results of a build and from its findings, by the policies."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb

from logmart.dbt.manifest import read_json
from logmart.dbt.project_macros import ProjectMacros
from logmart.operations import decided_results, pipeline
from logmart.operations.dbt_results import check_results
from logmart.operations.task_records import Record
from logmart.quality.decisions import POLICIES, Decision, decide
from logmart.quality.results import CheckResult, Run, write_results
from logmart.settings import PROJECT

_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


def decide_on_records(records: Sequence[Record], stage: str) -> list[Decision]:
    """Return the decisions on records of check_results of one stage that did not pass.

    Raises CommandError when a policy cannot be decided by.
    """
    results = [
        CheckResult(
            source="",
            check_name=record["check"],
            subject_kind=record["subjectKind"],
            subject=record["subject"],
            status=record["status"],
            failure_count=record.get("failureCount") or 0,
            checked_count=0,
            severity=record["severity"],
        )
        for record in records
        if record["status"] in ("warned", "failed", "error")
    ]
    with duckdb.connect() as connection:
        run = Run("", date.min, _LONG_AGO)
        write_results(connection, run, results, stage)
        return decide(connection, ProjectMacros(PROJECT), PROJECT / POLICIES, ())


def decide_on_build(target: Path) -> list[Decision]:
    """Return the decisions on the results of the last build, and keep them beside dbt's artifacts
    for those who land the results.

    Raises CommandError when a policy cannot be decided by, or when dbt left no artifacts.
    """
    run_results = read_json(target / "run_results.json")
    decisions = []
    if any(each["status"] not in ("success", "pass", "no-op") for each in run_results["results"]):
        run = pipeline.Run("", date.min, "")
        manifest = read_json(target / "manifest.json")
        decisions = decide_on_records(check_results(manifest, run_results, run, _LONG_AGO), "mart")
    document = {
        "invocation_id": run_results["metadata"]["invocation_id"],
        "decisions": by_key(decisions),
    }
    part = target / f".{decided_results.FILE}.part"
    part.write_text(json.dumps(document), encoding="utf-8")
    part.replace(target / decided_results.FILE)
    return decisions


def by_key(decisions: Sequence[Decision]) -> decided_results.Decisions:
    """Return decisions as those who land results read them."""
    return {
        decided_results.key(each.subject, each.check_name): {
            "severity": each.severity,
            "policy_id": each.policy_id,
            "action": each.action,
        }
        for each in decisions
    }
