"""Acknowledges an incident, so that nobody else is told: `logmart operations acknowledge INCIDENT`.

INCIDENT is its id, or the beginning of it. The next watch or build reads the landed record.
"""

from __future__ import annotations

import getpass
import uuid
from datetime import UTC, datetime
from pathlib import Path

import click

from logmart.errors import CommandError
from logmart.operations.incident_list import Incident, find_incident, read_incidents
from logmart.operations.landing import land
from logmart.operations.notice_text import one_line
from logmart.settings import settings


@click.command(help=__doc__)
@click.argument("incident")
@click.option("--by", metavar="NAME", help="Who acknowledges; default: the user of this machine.")
@click.option("--note", metavar="TEXT", help="One line on what is being done.")
def main(incident: str, by: str | None, note: str | None) -> int:
    """Land the record of an acknowledgement."""
    paths = settings()
    found = find_incident(read_incidents(paths), incident)
    actor = one_line(by or getpass.getuser())
    acknowledge(paths.landing, found, actor, one_line(note or ""), datetime.now(UTC))
    print(f"{actor} acknowledged {found.subject_kind} {found.subject}; the next watch knows")
    return 0


def acknowledge(landing: Path, incident: Incident, actor: str, note: str, at: datetime) -> Path:
    """Land the acknowledgement of an incident; return the landed file.

    Raises CommandError when the incident is resolved, or the record cannot be landed.
    """
    if incident.incident_state == "resolved":
        raise CommandError(f"incident {incident.incident_id} is resolved: nothing is to be done")
    record = {
        "actionId": uuid.uuid4().hex,
        "action": "acknowledge",
        "incidentId": incident.incident_id,
        "subjectKind": incident.subject_kind,
        "subject": incident.subject,
        "outcome": "succeeded",
        "actor": actor,
        "reason": note or None,
        "occurredAt": at,
    }
    name = f"acknowledge-{incident.incident_id}"
    try:
        return land(landing, "actions", [record], writer="person", name=name, at=at)
    except OSError as error:
        raise CommandError(f"nothing landed in {landing}: {error.strerror}") from error
