"""Decides what follows from check results, with the query that the mart runs on landed results."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from logmart.dbt.project_macros import ProjectMacros
from logmart.errors import CommandError, TransientError
from logmart.sql_text import sql_text

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
    Raises CommandError when a policy cannot be decided by.
    """
    seed = _read_policies(connection, macros, policies)
    connection.execute(
        "create or replace table returned_files as"
        " select unnest($files::varchar[]) as landing_file",
        {"files": sorted(returned_files)},
    )
    query = macros.call(
        "quality_decisions",
        "check_results",
        seed,
        "returned_files",
    )
    rows: list[tuple[Any, ...]] = connection.execute(
        "select subject_kind, subject, check_name, policy_id, severity, action, is_reported,"
        " failed_share"
        f" from ({query}) order by all"
    ).fetchall()
    return [Decision(*row) for row in rows]


def check_policies(macros: ProjectMacros, project: Path, sources: Collection[str]) -> None:
    """Raise CommandError when a policy of a project cannot be decided by.

    In: `sources`, the sources that land files. A subject is a source, a file of one, or a model.
    """
    path = project / POLICIES
    with duckdb.connect() as connection:
        seed = _read_policies(connection, macros, path)
        rows = connection.execute(
            f"select policy_id, stage, subject from {seed} where subject <> '*'"
        ).fetchall()
    if not rows:
        return
    tables = {
        each.stem
        for folder, suffix in (("models", "sql"), ("seeds", "csv"), ("snapshots", "sql"))
        for each in (project / folder).rglob(f"*.{suffix}")
    }
    for policy_id, stage, subject in rows:
        source, slash, _ = subject.partition("/")
        is_known = source in sources if slash and stage == "raw" else subject in tables
        if not is_known and subject not in sources:
            raise CommandError(
                f"{path}: policy {policy_id}: its subject {subject} is no table and no source"
                f"{', and no file of one' if stage == 'raw' else ''}"
            )


def _read_policies(
    connection: duckdb.DuckDBPyConnection, macros: ProjectMacros, policies: Path
) -> str:
    """Return the seed's file as a relation. Raises CommandError when a row of it is wrong."""
    seed = f"read_csv({sql_text(policies)}, header = true, columns = {_TYPES})"
    try:
        faults = connection.execute(
            f"select * from ({macros.call('policy_faults', seed)}) order by all limit 1"
        ).fetchall()
    except duckdb.Error as error:
        raise CommandError(f"{policies} cannot be read: {str(error).splitlines()[0]}") from error
    for policy_id, fault in faults:
        raise CommandError(f"{policies}: policy {policy_id or 'without an id'}: {fault}")
    return seed


def refuse_broken(decisions: Collection[Decision], consequence: str) -> None:
    """Raise what ends a command whose results have the action `break` or `retry`.

    In: `consequence`, what does not happen, such as `nothing is built`. Raises CommandError for a
    break, and TransientError for a retry: the task is tried again.
    """
    for action, error in (("break", CommandError), ("retry", TransientError)):
        found = sorted(
            (each for each in decisions if each.action == action), key=lambda each: each.key
        )
        if found:
            first, more = found[0], f" and {len(found) - 1} more" if len(found) > 1 else ""
            raise error(
                f"{first.check_name} of {first.subject}{more}: policy {first.policy_id} says"
                f" {action}, so {consequence}"
            )


def quarantined_by(decisions: Collection[Decision]) -> dict[str, Decision]:
    """Return the decision that moves a file into quarantine, by file."""
    return {
        each.subject: each for each in decisions if each.action == "quarantine" and each.is_reported
    }
