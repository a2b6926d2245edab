"""Editing sessions: PATCHes by one user within ten minutes share one version."""

from __future__ import annotations

from openmetadata_standin.behaviours.versions import ServerVersion
from openmetadata_standin.behaviours.writing import SESSIONS
from openmetadata_standin.merging import Writer
from openmetadata_standin.models import Json
from openmetadata_standin.store import Store

FIRST_VERSION = 0.1
_TEN_MINUTES_MS = 10 * 60 * 1000


def session_start(
    store: Store, version: ServerVersion, stored: Json, writer: Writer, moment_ms: int
) -> Json | None:
    """Return the document before the session to which a PATCH at this moment belongs, None when the
    PATCH begins a session.

    The server undoes the session back to that document and then repeats all its changes.
    """
    if not version.has(SESSIONS) or stored["version"] <= FIRST_VERSION or stored.get("deleted"):
        return None
    if stored["updatedBy"] != writer.name or moment_ms - stored["updatedAt"] > _TEN_MINUTES_MS:
        return None
    before = stored.get("changeDescription", {}).get("previousVersion")
    return next(
        (earlier for earlier in store.versions(stored["id"]) if earlier["version"] == before), None
    )
