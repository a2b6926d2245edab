"""The incidents as a watch or a published build last saw them: `logmart operations incidents`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from pathlib import Path

import click
import duckdb

from logmart.errors import CommandError
from logmart.operations.notice_text import one_line
from logmart.operations.watch_database import watch_database
from logmart.settings import Settings, settings

_SHORT_ID = 8
_HEADINGS = ("incident", "severity", "owner", "subject", "observed", "affected", "since", "state")


@dataclass(frozen=True)
class Incident:
    """A row of the mart incidents; `opened_at` is in UTC."""

    incident_id: str
    incident_state: str
    severity: str
    owner: str
    subject_kind: str
    subject: str
    observed: str | None
    affected_count: int
    opened_at: datetime
    acknowledged_by: str | None


@click.command(help=__doc__)
def main() -> int:
    """Print the incidents that are not resolved, the worst first."""
    seen = read_incidents(settings())
    if not seen:
        raise CommandError("no watch and no build yet: see with `logmart operations watch`")
    waiting = [incident for incident in seen[0] if incident.incident_state != "resolved"]
    print(table(waiting) if waiting else "no incident is open")
    return 0


def read_incidents(paths: Settings) -> list[list[Incident]]:
    """Return the incidents of the last watch and of the published mart, the newer of them first.

    What does not exist yet, or holds no incidents, is left out.
    """
    kept = watch_database(paths.database).incidents
    found = [
        (path.stat().st_mtime, incidents)
        for path in (kept, paths.published)
        if path.exists() and (incidents := _read(path)) is not None
    ]
    return [incidents for _, incidents in sorted(found, key=lambda each: each[0], reverse=True)]


def find_incident(seen: Sequence[Sequence[Incident]], prefix: str) -> Incident:
    """Return the incident whose id begins with a text, as the newest list knows it.

    Raises CommandError when there is none, or more than one.
    """
    matching: dict[str, Incident] = {}
    for incidents in seen:
        for incident in incidents:
            if prefix and incident.incident_id.startswith(prefix):
                matching.setdefault(incident.incident_id, incident)
    if not matching:
        raise CommandError(
            f"no incident {one_line(prefix)!r}: `logmart operations incidents` lists the open ones"
        )
    if len(matching) > 1:
        raise CommandError(
            f"{len(matching)} incidents begin with {one_line(prefix)!r}: give more of the id"
        )
    return next(iter(matching.values()))


def table(incidents: Sequence[Incident]) -> str:
    """Return incidents as aligned text, the worst and oldest first."""
    ids = [incident.incident_id for incident in incidents]
    width = next(
        width for width in range(_SHORT_ID, 100) if len({one[:width] for one in ids}) == len(ids)
    )
    ranks = {"critical": 0, "warning": 1}
    ordered = sorted(incidents, key=lambda each: (ranks.get(each.severity, 2), each.opened_at))
    rows = [_HEADINGS, *(_cells(incident, width) for incident in ordered)]
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    lines = [
        "  ".join(f"{cell:<{size}}" for cell, size in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
    return "\n".join(lines)


def _cells(incident: Incident, id_width: int) -> tuple[str, ...]:
    by = f" by {incident.acknowledged_by}" if incident.acknowledged_by else ""
    cells = (
        incident.incident_id[:id_width],
        incident.severity,
        incident.owner,
        f"{incident.subject_kind} {incident.subject}",
        incident.observed or "",
        str(incident.affected_count),
        f"{incident.opened_at:%Y-%m-%d %H:%M} UTC",
        f"{incident.incident_state}{by}",
    )
    return tuple(one_line(cell) for cell in cells)


def _read(path: Path) -> list[Incident] | None:
    columns = ", ".join(column.name for column in fields(Incident))
    try:
        if path.suffix == ".parquet":
            with duckdb.connect() as connection:
                rows = connection.read_parquet(str(path)).project(columns).fetchall()
        else:
            with duckdb.connect(str(path), read_only=True) as connection:
                rows = connection.execute(f"select {columns} from marts.incidents").fetchall()
    except duckdb.Error:
        # A mart published before there were incidents, or a file of another version.
        return None
    return [Incident(*row) for row in rows]
