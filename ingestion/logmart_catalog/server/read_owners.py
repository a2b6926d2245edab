"""Finds on a server the owners that dbt names by name or e-mail address."""

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
# The only type of team that can own something; a department or the organization cannot.
_OWNING_TEAM_TYPE = "Group"
# Users and teams are listed when a name is not found: few calls, small documents.
_PAGE_SIZE = "1000"


def find_owners(
    api: Api, names: Iterable[str], emails: Mapping[str, str], ids: Ids
) -> dict[str, FoundOwner]:
    """Return the owners by the names in dbt, without unknown ones; their ids are added to `ids`.

    In: `emails`, the addresses by name, where dbt gives both. The first match counts: a team by
    name, a user by name, a user by e-mail address, a team by e-mail address, the only team with
    that display name. A name that is an address is looked up as an address. Raises ServerError.
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
    of_type = record.text("teamType") or _OWNING_TEAM_TYPE
    if kind == USER or of_type == _OWNING_TEAM_TYPE:
        return ""
    return f"owner that is a team of type {of_type}, which can own nothing"


class _People:
    """The teams and users of a server. They are asked for by name, and listed once if needed."""

    def __init__(self, api: Api) -> None:
        """In: the server's API, which is not called yet."""
        self._api = api

    def called(self, name: str) -> tuple[str, Record] | None:
        """Return the kind and document of the team, or else the user, with a name."""
        if is_email(name):
            return None
        for kind, stored in ((TEAM, name), (USER, name.lower())):
            if record := self._named(kind, stored):
                return kind, record
        return None

    def known_otherwise(self, name: str, email: str) -> tuple[str, Record] | None:
        """Return the user, or else the team, with an address; else the only team with the display
        name.
        """
        address = (name if is_email(name) else email).lower()
        if address and (record := self._user_of(address)):
            return USER, record
        found = [team for team in self._teams if address and team.text("email").lower() == address]
        if not found:
            found = [team for team in self._teams if team.text("displayName") == name]
        return (TEAM, found[0]) if len(found) == 1 else None

    def _user_of(self, address: str) -> Record | None:
        """Return the user with an address. The name is usually the part of it before the @."""
        likely = self._named(USER, address.partition("@")[0])
        if likely and likely.text("email").lower() == address:
            return likely
        return next((user for user in self._users if user.text("email").lower() == address), None)

    def _named(self, kind: str, name: str) -> Record | None:
        return self._api.find(f"/{_COLLECTIONS[kind]}/name/{quote(fqn((name,)), safe='')}")

    @cached_property
    def _teams(self) -> list[Record]:
        return list(self._api.pages("/teams", limit=_PAGE_SIZE))

    @cached_property
    def _users(self) -> list[Record]:
        return list(self._api.pages("/users", limit=_PAGE_SIZE))
