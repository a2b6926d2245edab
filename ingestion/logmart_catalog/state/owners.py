"""Resolves owners: in the catalog, several users or exactly one team own an entity. Pure functions.

An owner is a text: a team is its name, a user is `user:name`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from logmart_catalog.state.marks import marked, marked_asset
from logmart_catalog.state.model import Asset, CatalogState, Table

TEAM, USER = "team", "user"
# The kind of a missing owner. For an e-mail address it is USER: no team is created for one.
TEAM_OR_USER = "team or user"

# From the owners that dbt names for an entity, and its FQN, to its owners in the catalog.
_Settle: TypeAlias = Callable[[tuple[str, ...], str], tuple[str, ...]]
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+")


@dataclass(frozen=True)
class FoundOwner:
    """The owner in the catalog that a name in dbt stands for. `refusal` says why it cannot own
    anything, "" when it can.
    """

    owner: str
    refusal: str = ""


@dataclass(frozen=True)
class Resolved:
    """A desired state with the catalog's owners. `missing` lists by kind the owners that the
    catalog lacks; `left_out` counts by reason the owners that it does not accept.
    """

    state: CatalogState
    missing: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    left_out: Mapping[str, int] = field(default_factory=dict)


def owner_text(kind: str, name: str) -> str:
    """Return the text of an owner: `user:name` for a user, the name for a team, `team:name` for a
    team whose name holds a colon.
    """
    return name if kind == TEAM and ":" not in name else f"{kind}:{name}"


def owner_parts(owner: str) -> tuple[str, str]:
    """Return the kind and the name of an owner as `owner_text` writes it."""
    kind, colon, name = owner.partition(":")
    return (kind, name) if colon else (TEAM, owner)


def is_email(name: str) -> bool:
    """Whether a name is an e-mail address."""
    return bool(_EMAIL.fullmatch(name))


def owner_names(state: CatalogState) -> set[str]:
    """Return the owners that a state names."""
    owned = {name for table in state.tables.values() for name in table.owners}
    return owned.union(*(asset.fields.get("owners", ()) for asset in state.assets.values()))


def resolved(state: CatalogState, found: Mapping[str, FoundOwner]) -> Resolved:
    """Return a desired state with the catalog's owners instead of dbt's names.

    In: `found`, the catalog's owners by dbt's names. If the owners of an entity are of both kinds,
    the first decides: a team owns it alone, a user together with all other users. A name without an
    owner becomes a team when the state creates that team, and is left out otherwise.
    """
    named = owner_names(state)
    teams = {name: team for name, team in state.teams.items() if name not in found}
    known = {**{name: FoundOwner(owner_text(TEAM, name)) for name in teams}, **found}
    refusals: dict[str, set[str]] = {}

    def settle(names: tuple[str, ...], thing: str) -> tuple[str, ...]:
        owners, refused = _settled([known[name] for name in names if name in known])
        for owner, reason in refused:
            refusals.setdefault(reason, set()).add(f"{owner} of {thing}")
        return owners

    changed = replace(
        state,
        tables={key: _with_owners(table, settle, state) for key, table in state.tables.items()},
        assets={key: _asset_with_owners(asset, settle) for key, asset in state.assets.items()},
        teams={name: team for name, team in teams.items() if name in named},
    )
    missing: dict[str, tuple[str, ...]] = {}
    for name in sorted(named - known.keys()):
        kind = USER if is_email(name) else TEAM_OR_USER
        missing[kind] = (*missing.get(kind, ()), name)
    left_out = {
        f"{reason}: {', '.join(sorted(owners))}": len(owners)
        for reason, owners in sorted(refusals.items())
    }
    return Resolved(changed, missing, left_out)


def _settled(found: list[FoundOwner]) -> tuple[tuple[str, ...], list[tuple[str, str]]]:
    """Return the accepted owners of an entity, sorted, and the others, each with the reason."""
    refused = [(candidate.owner, candidate.refusal) for candidate in found if candidate.refusal]
    owners = list(dict.fromkeys(candidate.owner for candidate in found if not candidate.refusal))
    if not owners:
        return (), refused
    kind = owner_parts(owners[0])[0]
    together = owners[:1] if kind == TEAM else [owner for owner in owners if _is_user(owner)]
    first = "a team that is named first" if kind == TEAM else "users that are named first"
    reason = f"owner beside {first}: several users or one team own a thing"
    return tuple(sorted(together)), [
        *refused,
        *((owner, reason) for owner in owners if owner not in together),
    ]


def _is_user(owner: str) -> bool:
    return owner_parts(owner)[0] == USER


def _with_owners(table: Table, settle: _Settle, state: CatalogState) -> Table:
    owners = settle(table.owners, table.fqn)
    if owners == table.owners:
        return table
    model = table.data_model and replace(table.data_model, owners=owners)
    return marked(replace(table, owners=owners, data_model=model), state.project)


def _asset_with_owners(asset: Asset, settle: _Settle) -> Asset:
    names = asset.fields.get("owners", ())
    owners = settle(names if isinstance(names, tuple) else (), asset.fqn)
    if owners == names or not names:
        return asset
    fields = {key: value for key, value in asset.fields.items() if key != "owners"}
    changed = replace(asset, fields={**fields, "owners": owners} if owners else fields)
    mark = asset.mark
    return marked_asset(changed, mark.project, mark.service) if mark else changed
