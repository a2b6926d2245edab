"""Decides what follows from check results, with the query that the mart runs on landed results."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from logmart.dbt.project_macros import ProjectMacros
from logmart.quality.batches import sql_text

POLICIES = "seeds/quality_policies.csv"
_TYPES = (
    "{'policy_id': 'varchar', 'stage': 'varchar', 'check_name': 'varchar', 'subject': 'varchar',"
    " 'max_share': 'double', 'least_checked': 'bigint', 'severity': 'varchar',"
    " 'action': 'varchar'}"
)


@dataclass(frozen=True)
class Decision:
    """What a policy says of a check result."""

    subject_kind: str
    subject: str
    check_name: str
    policy_id: str
    severity: str
    action: str
    is_reported: bool
    failed_share: float | None

    @property
    def key(self) -> tuple[str, str, str]:
        """Return what identifies the result within a run."""
        return (self.subject_kind, self.subject, self.check_name)


def decide(
    connection: duckdb.DuckDBPyConnection,
    macros: ProjectMacros,
    policies: Path,
    returned_files: Collection[str],
) -> list[Decision]:
    """Return the decisions on the table check_results.

    In: `policies`, the CSV file of the seed; `returned_files`, files that a person has put back.
    """
    connection.execute(
        "create or replace table returned_files as"
        " select unnest($files::varchar[]) as landing_file",
        {"files": sorted(returned_files)},
    )
    query = macros.call(
        "quality_decisions",
        "check_results",
        f"read_csv({sql_text(policies)}, header = true, columns = {_TYPES})",
        "returned_files",
    )
    rows: list[tuple[Any, ...]] = connection.execute(
        "select subject_kind, subject, check_name, policy_id, severity, action, is_reported,"
        " failed_share"
        f" from ({query}) order by all"
    ).fetchall()
    return [Decision(*row) for row in rows]


def quarantined_by(decisions: Collection[Decision]) -> dict[str, Decision]:
    """Return the decision that moves a file into quarantine, by file."""
    return {
        each.subject: each for each in decisions if each.action == "quarantine" and each.is_reported
    }
