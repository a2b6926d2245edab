"""Whom the names and e-mail addresses that dbt gives as owners stand for on a server."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from urllib.parse import quote

from logmart_catalog.records import Record
from logmart_catalog.server.asset_kinds import Ids
from logmart_catalog.server.client import Api
from logmart_catalog.state.names import fqn
from logmart_catalog.state.owners import TEAM, USER, FoundOwner, is_email, owner_text

_COLLECTIONS = {TEAM: "teams", USER: "users"}
# What can own something: a department or the organization cannot.
_OWNING = "Group"
# People and teams are listed for what their names do not tell: few calls, small documents.
_PAGE_SIZE = "1000"


def find_owners(
    api: Api, names: Iterable[str], emails: Mapping[str, str], ids: Ids
) -> dict[str, FoundOwner]:
    """Return whom names stand for, those of nobody left out; ids are added to `ids`.

    In: `emails`, the addresses that dbt gives with names. A name is that of a team, or else of a
    user; or else its address, or the name itself where it is one, is that of a user or else of a
    team; or else it is the display name of one team. Raises ServerError.
    """
    people = _People(api)
    wanted = sorted(set(names))
    by_name = api.each(people.called, wanted)
    found: dict[str, FoundOwner] = {}
    for name, known in zip(wanted, by_name, strict=True):
        kind, record = known or people.known_otherwise(name, emails.get(name, "")) or ("", None)
        if record is None:
            continue
        owner = owner_text(kind, record.text("name"))
        ids.owners[owner] = record.text("id")
        found[name] = FoundOwner(owner, _refusal(kind, record))
    return found


def _refusal(kind: str, record: Record) -> str:
    of_type = record.text("teamType") or _OWNING
    if kind == USER or of_type == _OWNING:
        return ""
    return f"owner that is a team of type {of_type}, which can own nothing"


class _People:
    """The teams and users of a server, asked for by name, and listed once when that is needed."""

    def __init__(self, api: Api) -> None:
        """Calls nothing."""
        self._api = api

    def called(self, name: str) -> tuple[str, Record] | None:
        """Return the kind and document of the team, or else the user, of a name."""
        if is_email(name):
            return None
        for kind, stored in ((TEAM, name), (USER, name.lower())):
            if record := self._named(kind, stored):
                return kind, record
        return None

    def known_otherwise(self, name: str, email: str) -> tuple[str, Record] | None:
        """Look an owner up by e-mail address, a user before a team, else a team by display name."""
        address = (name if is_email(name) else email).lower()
        if address and (record := self._user_of(address)):
            return USER, record
        found = [one for one in self._teams if address and one.text("email").lower() == address]
        if not found:
            found = [one for one in self._teams if one.text("displayName") == name]
        return (TEAM, found[0]) if len(found) == 1 else None

    def _user_of(self, address: str) -> Record | None:
        """Return the user of an address: mostly one is called as it begins."""
        likely = self._named(USER, address.partition("@")[0])
        if likely and likely.text("email").lower() == address:
            return likely
        return next((one for one in self._users if one.text("email").lower() == address), None)

    def _named(self, kind: str, name: str) -> Record | None:
        return self._api.find(f"/{_COLLECTIONS[kind]}/name/{quote(fqn((name,)), safe='')}")

    @cached_property
    def _teams(self) -> list[Record]:
        return list(self._api.pages("/teams", limit=_PAGE_SIZE))

    @cached_property
    def _users(self) -> list[Record]:
        return list(self._api.pages("/users", limit=_PAGE_SIZE))
