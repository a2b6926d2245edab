"""What an erasure does about messages: address book, outcomes, counts for caps, dead letters."""

from __future__ import annotations

from pathlib import Path

from logmart.messaging.audience import message_ids
from logmart.messaging.book_note import check_note
from logmart.messaging.campaigns import read_campaigns
from logmart.messaging.store import message_store

LABEL = "addresses and messages"


def find_messages(landing: Path, user_hash: str) -> int:
    """Return how many items and dead letters are of a user; 0 where there is no address book.

    Raises CommandError when there is one, and it cannot be reached.
    """
    if not check_note(landing):
        return 0
    with message_store() as store:
        return store.find_user(user_hash, message_ids(read_campaigns(), user_hash))


def erase_messages(landing: Path, user_hash: str) -> None:
    """Delete them. Raises CommandError when the address book cannot be reached."""
    if not check_note(landing):
        return
    with message_store() as store:
        store.erase_user(user_hash, message_ids(read_campaigns(), user_hash))
