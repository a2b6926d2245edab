"""Restores soft-deleted entities."""

from __future__ import annotations

from logmart_catalog.plan.actions import Plan, Verb
from logmart_catalog.server.client import Api, body
from logmart_catalog.server.containers import COLLECTIONS
from logmart_catalog.server.read import Actual
from logmart_catalog.state.names import fqn


def restore(api: Api, plan: Plan, actual: Actual) -> bool:
    """Restore the soft-deleted entities that the plan adds; return whether there were any.

    The children of a restored entity come back with it, so the state must be read again.
    """
    added = {kind: _added(plan, kind) for kind in COLLECTIONS}
    service = fqn((actual.state.service,))
    living = {
        key for key, container in actual.state.containers.items() if container.kind == "database"
    }
    restored = 0
    if service not in actual.state.containers or not any(added.values()):
        return False
    back = _restore_in(api, "databases", added["database"], {"service": service})
    restored += len(back)
    for database in sorted(living | back):
        for kind in ("schema", "table"):
            scope = {"database": database}
            restored += len(_restore_in(api, COLLECTIONS[kind], added[kind], scope))
    return restored > 0


def _added(plan: Plan, kind: str) -> set[str]:
    coming = (Verb.ADD, Verb.MOVE)
    return {action.name for action in plan.actions if action.verb in coming and action.kind == kind}


def _restore_in(api: Api, collection: str, wanted: set[str], scope: dict[str, str]) -> set[str]:
    """Restore the wanted entities that are soft-deleted in a scope; return their names."""
    if not wanted:
        return set()
    deleted = api.pages(f"/{collection}", include="deleted", **scope)
    back = [record for record in deleted if record.text("fullyQualifiedName") in wanted]
    for record in back:
        api.put(
            f"/{collection}/restore",
            body("api.data.restoreEntity:RestoreEntity", {"id": record.text("id")}),
        )
    return {record.text("fullyQualifiedName") for record in back}
