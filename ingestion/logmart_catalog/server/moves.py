"""Hands over to a moved table what the plan does not hold: owners and followers."""

from __future__ import annotations

from logmart_catalog.records import Record
from logmart_catalog.server.client import Api
from logmart_catalog.server.documents import Body, own_items
from logmart_catalog.state.model import Table

_FIELDS = "owners,followers"


def carry_over(api: Api, before: Table, after: Table, ids: tuple[str, str]) -> None:
    """Give a table the owners and followers of the table that it was before the move.

    In: `ids` of the old and the new table. Owners are copied only when the plan keeps those of the
    old table. The call is idempotent. Raises ServerError.
    """
    old = api.get(f"/tables/{ids[0]}", fields=_FIELDS)
    path = f"/tables/{ids[1]}"

    def wanted(found: Record) -> Body:
        document = dict(found.values)
        if after.owners and after.owners == before.owners and not own_items(found, "owners"):
            document["owners"] = [_reference(owner) for owner in own_items(old, "owners")]
        return document

    api.modify(path, "owners", wanted)
    following = {
        follower.text("id")
        for follower in api.get(path, fields="followers").record_items("followers")
    }
    for follower in old.record_items("followers"):
        if follower.text("id") not in following:
            api.put(f"{path}/followers", follower.text("id"))


def _reference(owner: Record) -> Body:
    return {"id": owner.text("id"), "type": owner.text("type")}
