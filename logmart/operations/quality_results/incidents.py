"""Gives checks of the catalog the states of their incidents."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from logmart.operations.quality_results.build import ReadBuild
from logmart.operations.quality_results.check import (
    IN_QUARANTINE,
    OPEN_INCIDENTS,
    CatalogCheck,
    catalog_check,
)
from logmart.operations.quality_results.nodes import CheckedNode, CheckedNodes

_INCIDENTS = """
select incident_kind, incident_name, subject_kind, subject, severity, incident_state, opened_at
from marts.incidents
order by opened_at, incident_id
"""
_OF_WHOLE_FILES = ":files"
# How many incidents a message names.
_NAMED = 3


@dataclass(frozen=True)
class Incident:
    """A row of the mart incidents; `opened_at` is in UTC."""

    kind: str
    name: str
    subject_kind: str
    subject: str
    severity: str
    state: str
    opened_at: datetime

    @property
    def is_open(self) -> bool:
        """Whether its cause is not well again."""
        return self.state != "resolved"

    @property
    def check(self) -> str:
        """The name of the check that it is about; of a finding, its kind."""
        return self.name.split(" ")[0] if self.kind == "finding" else self.name


def with_incidents(
    build: ReadBuild, checks: Sequence[CatalogCheck], quarantined: Collection[str]
) -> tuple[list[CatalogCheck], dict[str, int]]:
    """Return the checks, the failed ones with the states of their incidents, and one more for each
    table that other incidents are about; and counts of the open incidents about no table.

    In: `quarantined`, the files in quarantine: their incidents belong to the check of that.
    """
    statuses = {(check.node, check.name): check.status for check in checks}
    of_checks: dict[tuple[str, str], list[Incident]] = {}
    of_tables: dict[CheckedNode, list[Incident]] = {}
    left_out: Counter[str] = Counter()
    for row in build.connection.execute(_INCIDENTS).fetchall():
        incident = Incident(*row)
        node, name = _place(incident, build.nodes, quarantined)
        if node is None:
            left_out[incident.subject_kind] += incident.is_open
        elif _is_seen(incident, statuses.get((node.unique_id, name))):
            of_checks.setdefault((node.unique_id, name), []).append(incident)
        else:
            of_tables.setdefault(node, []).append(incident)
    found = [
        replace(check, incident=_state(of_checks.get((check.node, check.name), [])))
        if check.status == "failed"
        else check
        for check in checks
    ]
    found += [_open_incidents(node, about, build.now) for node, about in of_tables.items()]
    return found, {
        f"open incident about a subject that is no table: {kind}": count
        for kind, count in sorted(left_out.items())
        if count
    }


def _place(
    incident: Incident, nodes: CheckedNodes, quarantined: Collection[str]
) -> tuple[CheckedNode | None, str]:
    """Return the node and the name of the check that an incident belongs to."""
    node = nodes.of_subject(incident.subject_kind, incident.subject)
    if incident.subject_kind != "file":
        return node, incident.check
    if incident.subject in quarantined:
        return node, IN_QUARANTINE
    if incident.check.endswith(_OF_WHOLE_FILES):
        return nodes.of_source(incident.subject.partition("/")[0]), incident.check
    return node, incident.check


def _is_seen(incident: Incident, status: str | None) -> bool:
    """Whether the status of a check shows its incident, too. In: None where there is no such check.

    A finding that has ended is well, although its pass counts for the mart with the next build. A
    file's failure may be open while the files that came after it pass.
    """
    if status is None:
        return False
    return status in {"failed", "error"} or incident.kind == "finding" or not incident.is_open


def _open_incidents(node: CheckedNode, about: Sequence[Incident], now: datetime) -> CatalogCheck:
    waiting = [incident for incident in about if incident.is_open]
    named = waiting[:_NAMED]
    text = "; ".join(
        [
            f"{len(waiting):,} open",
            *(
                f"{each.severity} {each.kind} {each.name} since {each.opened_at:%Y-%m-%d %H:%M} UTC"
                for each in named
            ),
            *([f"and {len(waiting) - _NAMED:,} more"] if len(waiting) > _NAMED else []),
        ]
    )
    made = catalog_check(node, OPEN_INCIDENTS, "failed" if waiting else "passed", text, now)
    return replace(made, incident=_state(waiting))


def _state(incidents: Iterable[Incident]) -> str:
    """Return the state of incidents together: acknowledged when each open one is."""
    states = {incident.state for incident in incidents if incident.is_open}
    if not states:
        return ""
    return "acknowledged" if states == {"acknowledged"} else "open"
