"""Fills the address book: `logmart messages address-book FILE`. Without a file it brings consents
and unsubscribed channels of the users in the book up to date.

The mart holds no address and no id of the bank, so the file comes from the bank, and does not land.
Its users are hashed with the mart's key. Their consent is that of the published mart; a user whom
the mart does not know has none. An erased user is left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import click
import duckdb

from logmart.errors import CommandError
from logmart.landed.identifiers import IdKey
from logmart.mart.erasure_search import read_key, read_list
from logmart.messaging.address_file import Address, read_addresses
from logmart.messaging.audience import CONSENT
from logmart.messaging.book_note import write_note
from logmart.messaging.store import MessageStore, message_store
from logmart.settings import Settings, settings

_CONSENTS = f"""
with users as (
    select unnest($users) as user_id
),

unsubscribed as (
    select user_id, list_sort(list(distinct channel)) as channels
    from marts.fct_messages
    where has_unsubscribed
    group by user_id
)

select
    users.user_id,
    {CONSENT} as has_consent,
    coalesce(unsubscribed.channels, []) as channels,
    dim_users.user_id is not null as is_known
from users
left join marts.dim_users on users.user_id = dim_users.user_id
left join unsubscribed on users.user_id = unsubscribed.user_id
"""


@dataclass(frozen=True)
class Filled:
    """How many users were written, how many of them the mart does not know, and how many were left
    out because they are erased.
    """

    written: int
    unknown: int
    erased: int


@dataclass(frozen=True)
class _Consent:
    has_consent: bool
    channels: list[str]
    is_known: bool


@click.command(help=__doc__)
@click.argument("file", required=False, type=click.Path(path_type=Path))
def main(file: Path | None) -> int:
    """Fill the book, or bring it up to date. Raises CommandError."""
    paths, at = settings(), datetime.now(UTC)
    addresses = read_addresses(file) if file else []
    with message_store() as store:
        write_note(paths.landing)
        if not file:
            print(f"the consent of {refresh(paths, store, at):,} users changed")
            return 0
        filled = fill(paths, store, addresses, at)
    print(
        f"wrote {filled.written:,} users; {filled.unknown:,} of them are unknown to the mart and"
        f" have no consent; {filled.erased:,} erased users were left out"
    )
    return 0


def fill(
    paths: Settings, store: MessageStore, addresses: Sequence[Address], at: datetime
) -> Filled:
    """Write users into the address book.

    Raises CommandError when the published mart cannot be read, or knows none of them.
    """
    key = read_key(paths)
    erased = {item.hash for item in read_list(paths) if item.kind == "user"}
    hashed = [(key.hash(address.user_id), address) for address in addresses]
    kept = [(user, address) for user, address in hashed if user not in erased]
    consents = _consents(paths.published, [user for user, _ in kept])
    unknown = sum(not consent.is_known for consent in consents.values())
    if kept and unknown == len(kept):
        raise CommandError(
            f"{paths.published} knows none of the {len(kept)} users: {_key_hint(key)}; nothing is"
            " written"
        )
    rows = [
        {
            "user_hash": user,
            "user_id": address.user_id,
            "push_token": address.push_token,
            "phone": address.phone,
            "time_zone": address.time_zone,
            "has_consent": consents[user].has_consent,
            "unsubscribed_channels": consents[user].channels,
        }
        for user, address in kept
    ]
    store.put_addresses(rows, at)
    return Filled(len(rows), unknown, len(hashed) - len(kept))


def refresh(paths: Settings, store: MessageStore, at: datetime) -> int:
    """Write the mart's consents and unsubscribed channels of the users in the book; return how many
    changed. Raises CommandError.
    """
    changed = 0
    for users in store.users():
        known = {user["user_hash"]: user for user in users}
        rows = [
            {
                "user_hash": user_hash,
                "has_consent": consent.has_consent,
                "unsubscribed_channels": consent.channels,
            }
            for user_hash, consent in _consents(paths.published, list(known)).items()
            if known[user_hash]["has_consent"] != consent.has_consent
            or not set(consent.channels) <= set(known[user_hash]["unsubscribed_channels"])
        ]
        changed += store.update_consents(rows, at)
    return changed


def _consents(published: Path, users: Sequence[str]) -> dict[str, _Consent]:
    if not published.exists():
        raise CommandError(f"{published} is not there: build first with `make build`")
    try:
        with duckdb.connect(str(published), read_only=True) as connection:
            rows = connection.execute(_CONSENTS, {"users": list(users)}).fetchall()
    except duckdb.Error as error:
        raise CommandError(
            f"{published} has no consents: build it with the records of bank and crm"
            f" ({str(error).splitlines()[0]})"
        ) from error
    return {user: _Consent(*rest) for user, *rest in rows}


def _key_hint(key: IdKey) -> str:
    where = str(key.made_file) if key.made_file else "LOGMART_ID_KEY"
    return f"give the ids as the logs have them, and the mart's key (now {where})"
