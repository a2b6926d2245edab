"""Reads `quality_results.json`: the newest results of checks that are no tests of dbt.

It stands beside dbt's artifacts when the pipeline wrote it. Without it, nothing is known of these
checks: none is published and none is removed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path

from logmart_catalog.artifacts.moments import milliseconds_of
from logmart_catalog.errors import ArtifactError
from logmart_catalog.records import Record

FILE = "quality_results.json"
_VERSION = "logmart/quality_results/v1"
_STATUSES = ("passed", "warned", "failed", "error")
_INCIDENTS = ("", "open", "acknowledged")
_AGAIN = "build again, or remove the file to leave these checks in the catalog as they are"


@dataclass(frozen=True)
class QualityCheck:
    """A check of a dbt node (by unique id) and its newest result.

    `kind` is its class, `column` the column that it is about ("" for the table). `status` is
    passed, warned, failed or error; `checked_at` is ISO 8601. `owner` is a group of dbt, or a name.
    `incident` is the state of the incident behind a failure: open or acknowledged, or "".
    """

    node: str
    name: str
    kind: str
    platform: str
    status: str
    checked_at: str
    message: str = ""
    owner: str = ""
    column: str = ""
    description: str = ""
    incident: str = ""


@dataclass(frozen=True)
class QualityResults:
    """The checks of the file, and counts of what it says is about no table."""

    checks: tuple[QualityCheck, ...] = ()
    left_out: Mapping[str, int] = field(default_factory=dict)


def read_quality_results(folder: Path) -> QualityResults | None:
    """Read the file in dbt's target folder, None when there is none.

    Raises ArtifactError when it is truncated, of another version, or holds a check that is
    incomplete or doubled.
    """
    path = folder / FILE
    if not path.exists():
        return None
    try:
        document = Record.of(str(path), json.loads(path.read_bytes()), ArtifactError)
    except OSError as error:
        raise ArtifactError(f"{path}: the file cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise ArtifactError(
            f"{path}: truncated or no JSON ({type(error).__name__}); {_AGAIN}"
        ) from error
    version = document.record("metadata").text("schema_version")
    if version != _VERSION or "checks" not in document.values:
        raise ArtifactError(
            f"{path}: schema version {version or 'not given'}, not {_VERSION}, or no checks;"
            f" {_AGAIN}"
        )
    found: dict[tuple[str, str], QualityCheck] = {}
    for record in document.record_items("checks"):
        check = _check(record)
        if (check.node, check.name) in found:
            raise ArtifactError(f"{path}: check {check.name} of {check.node} is doubled; {_AGAIN}")
        found[check.node, check.name] = check
    counts = document.record("left_out")
    return QualityResults(
        tuple(found.values()), {what: counts.number(what) or 0 for what in counts.values}
    )


def _check(record: Record) -> QualityCheck:
    check = QualityCheck(**{each.name: record.text(each.name) for each in fields(QualityCheck)})
    lacking = [key for key in ("node", "name", "kind", "platform") if not getattr(check, key)]
    if lacking:
        raise ArtifactError(f"{record.where}: a check without {lacking[0]}; {_AGAIN}")
    for key, known in (("status", _STATUSES), ("incident", _INCIDENTS)):
        if getattr(check, key) not in known:
            raise ArtifactError(
                f"{record.where}: check {check.name} of {check.node} has the {key}"
                f" {getattr(check, key)!r}, not one of {', '.join(filter(None, known))}; {_AGAIN}"
            )
    if milliseconds_of(check.checked_at) is None:
        raise ArtifactError(
            f"{record.where}: check {check.name} of {check.node}: {check.checked_at!r} is no time;"
            f" {_AGAIN}"
        )
    return check
