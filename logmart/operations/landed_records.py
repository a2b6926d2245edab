"""Reads what earlier runs landed: the actions on files, and the sizes of checked files."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import duckdb

from logmart.sql_text import sql_text

RETURNED, REPLACED, EXPIRED = "returned", "replaced", "expired"
"""Why a file left quarantine: it went back as it was, another took its place, or it grew old."""


@dataclass(frozen=True)
class FileAction:
    """The last action on a file: `quarantine` or `release`, with the policy and the reason."""

    action: str
    policy_id: str
    reason: str
    occurred_at: str


def last_actions(landing: Path) -> dict[str, FileAction]:
    """Return the last action on each file that was ever in quarantine, by landing file."""
    rows = _read(
        landing,
        "actions",
        "action, subject, outcome, policyId, reason, occurredAt",
        "subject, arg_max({'action': action, 'policy': coalesce(policyId, ''),"
        " 'reason': coalesce(reason, ''), 'at': occurredAt}, occurredAt || action)",
        "action in ('quarantine', 'release') and outcome = 'succeeded' group by subject",
    )
    return {subject: FileAction(*last.values()) for subject, last in rows}


def returned_files(landing: Path) -> set[str]:
    """Return the files that a person has put back from quarantine as they were."""
    return {name for name, each in last_actions(landing).items() if each.reason == RETURNED}


def checked_sizes(landing: Path) -> dict[str, int]:
    """Return the number of lines that each checked file had when it was checked last."""
    rows = _read(
        landing,
        "check_results",
        '"check", subject, checkedCount, checkedAt',
        "subject, arg_max(cast(checkedCount as bigint), checkedAt)",
        "\"check\" = 'volume:files' group by subject",
    )
    return dict(rows)


def failed_checks(landing: Path) -> dict[str, set[str]]:
    """Return the checks of each file whose last result was not good, by landing file.

    What does not pass is landed for each file, what passes only where it did not pass before.
    """
    rows = _read(
        landing,
        "check_results",
        '"check", subject, subjectKind, stage, status, checkedAt',
        'subject, "check"',
        "subjectKind = 'file' and stage = 'raw' group by all"
        " having arg_max(status, checkedAt) in ('failed', 'error')",
    )
    found: dict[str, set[str]] = {}
    for subject, check in rows:
        found.setdefault(subject, set()).add(check)
    return found


def _read(landing: Path, entity: str, names: str, columns: str, rest: str) -> list[tuple]:  # type: ignore[type-arg]
    pattern = landing / f"operations/dt=*/{entity}-*.jsonl"
    if not any(landing.glob(f"operations/dt=*/{entity}-*.jsonl")):
        return []
    types = ", ".join(f"{name.strip().strip(chr(34))!r}: 'varchar'" for name in names.split(","))
    with duckdb.connect() as connection:
        return connection.execute(
            f"select {columns} from read_json({sql_text(pattern)},"
            f" format = 'newline_delimited', ignore_errors = true, columns = {{{types}}})"
            f" where {rest}"
        ).fetchall()
