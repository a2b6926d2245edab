"""Reads owners from dbt: names of people or teams, and e-mail addresses. Pure functions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from logmart_catalog.artifacts.read import Artifacts
from logmart_catalog.config import Config
from logmart_catalog.desired.meta import Reader, Unread, meta_of
from logmart_catalog.records import Record
from logmart_catalog.state.model import CatalogState, Team
from logmart_catalog.state.owners import is_email, owner_names

_FIELD = "owners"
_EXPECTED = "a name, an e-mail address, an object with name or email, or a list of them"


@dataclass(frozen=True)
class Owners:
    """The owners of a node in dbt's order: names, or e-mail addresses of owners without a name.

    `emails` maps names to addresses when dbt gives both; `unread` says by field why an owner in dbt
    could not be read.
    """

    names: tuple[str, ...] = ()
    emails: Mapping[str, str] = field(default_factory=dict)
    unread: Unread = field(default_factory=dict)


def owners_of(node: Record, artifacts: Artifacts, name: str) -> Owners:
    """Return the owners of a node, exposure or metric. In: its `name` in reasons.

    The first of these that is given counts: `meta.openmetadata.owner`, `meta.owner`, the owner of
    the group, the node's own `owner` (which exposures have).
    """
    reader = Reader(name)
    meta = meta_of(node).values
    catalog = reader.mapping("meta.openmetadata", meta.get("openmetadata"), [_FIELD])
    group_id = f"group.{node.text('package_name')}.{node.values.get('group')}"
    group = artifacts.groups.get(group_id)
    given = (
        (reader, "meta.openmetadata.owner", catalog.get("owner")),
        (reader, "meta.owner", meta.get("owner")),
        (Reader(group_id), "owner", group.values.get("owner") if group else None),
        (reader, "owner", node.values.get("owner")),
    )
    for key_reader, key, value in given:
        found = _read(key_reader, key, value)
        if found.names or found.unread:
            return found
    return Owners()


def with_people(state: CatalogState, artifacts: Artifacts, config: Config) -> CatalogState:
    """Return the state with the addresses of its owners, and with the teams that may be created for
    them when the configuration allows it.
    """
    named = owner_names(state)
    emails = {
        name: email
        for owners in _all_owners(artifacts)
        for name, email in sorted(owners.emails.items())
        if name in named
    }
    creatable = sorted(name for name in named if config.create_teams and not is_email(name))
    teams = {name: Team(name, emails.get(name, "")) for name in creatable}
    return replace(state, teams=teams, emails=emails)


def _all_owners(artifacts: Artifacts) -> Iterable[Owners]:
    """Yield the owners of all nodes, sources, metrics and exposures."""
    owned = (artifacts.nodes, artifacts.sources, artifacts.metrics, artifacts.exposures)
    for records in owned:
        for unique_id, node in records.items():
            yield owners_of(node, artifacts, unique_id)


def _read(reader: Reader, key: str, value: object) -> Owners:
    names: list[str] = []
    emails: dict[str, str] = {}
    for item in value if isinstance(value, list) else [value]:
        if isinstance(item, dict) and {"name", "email"} & item.keys():
            name = reader.text(f"{key}.name", item.get("name"), _FIELD)
            addresses = reader.texts(f"{key}.email", item.get("email"), _FIELD)
            if name and addresses:
                emails[name] = addresses[0]
            names += [name] if name else addresses
        elif isinstance(item, str):
            names += [item] if item.strip() else []
        elif item not in (None, {}, []):
            reader.leave_out(key, _EXPECTED, item, [_FIELD])
    stored = {name: reader.stored(key, name, _FIELD) for name in names}
    return Owners(
        tuple(dict.fromkeys(name for name in stored.values() if name)),
        {stored[name]: email for name, email in emails.items() if stored[name]},
        dict(reader.unread),
    )
