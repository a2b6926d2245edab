"""Compares the statuses of incidents. Pure functions.

The server opens an incident itself, with a failed result. It only goes forward: from new to
acknowledged or assigned, and to resolved. People may be ahead of the desired status.
"""

from __future__ import annotations

from logmart_catalog.plan.actions import Action
from logmart_catalog.state import asset_kinds as kinds
from logmart_catalog.state.model import CatalogState


def incident_actions(desired: CatalogState, actual: CatalogState) -> list[Action]:
    """Return the changes of incidents that bring each at least as far as its desired status.

    A desired status `Resolved` concerns only an incident that is open, `Ack` one that is new or
    that a result of the same plan opens. Nobody's assignment or resolution is taken back.
    """
    actions = []
    for key, wanted in sorted(desired.assets.items()):
        if wanted.kind != kinds.INCIDENT:
            continue
        found = actual.assets.get(key)
        status = str(found.fields.get("status", "")) if found else ""
        if status in ("", kinds.RESOLVED):
            status = kinds.NEW if _opens(wanted.fqn, desired, actual) else kinds.RESOLVED
        aim = wanted.fields.get("status")
        if (aim == kinds.ACKNOWLEDGED and status == kinds.NEW) or (
            aim == kinds.RESOLVED and status != kinds.RESOLVED
        ):
            actions.append(Action(found, wanted))
    return actions


def _opens(name: str, desired: CatalogState, actual: CatalogState) -> bool:
    """Whether the plan writes a failed result of a test: with it the server opens an incident."""
    key = (kinds.TEST_RESULT, name)
    result, last = desired.assets.get(key), actual.assets.get(key)
    if result is None or result.fields.get("status") != kinds.FAILED:
        return False
    moments = [str(each.fields.get("timestamp", "")) if each else "" for each in (last, result)]
    return moments[0] < moments[1]
