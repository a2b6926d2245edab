"""Puts dead letters back into the queue, after what they failed of was mended:
`logmart messages redrive`.

A letter whose outcome nobody knows stays, until a person has looked it up in the provider's log and
said so: --was-sent, or --was-not-sent, which sends it. A letter that cannot be read stays too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import click

from logmart.errors import CommandError
from logmart.messaging.store import MessageStore, message_store

_NO_ID = "(unreadable)"


@click.command(help=__doc__)
@click.option("--list", "is_listing", is_flag=True, help="Only list the letters and their reasons.")
@click.option("--reason", "reasons", multiple=True, help="Only letters of this reason; repeatable.")
@click.option("--was-sent", multiple=True, metavar="ID", help="This message had been sent.")
@click.option("--was-not-sent", multiple=True, metavar="ID", help="This message had not been sent.")
def main(
    is_listing: bool,
    reasons: tuple[str, ...],
    was_sent: tuple[str, ...],
    was_not_sent: tuple[str, ...],
) -> int:
    """List the letters, or put them back. Raises CommandError."""
    if is_listing and (reasons or was_sent or was_not_sent):
        raise click.UsageError("--list changes nothing: leave out the other options")
    if both := set(was_sent) & set(was_not_sent):
        raise click.UsageError(f"{sorted(both)[0]} cannot both have been sent and not")
    with message_store() as store:
        if is_listing:
            _list(store)
            return 0
        for message_id in (*was_sent, *was_not_sent):
            if not store.settle_dead_letter(message_id, was_sent=message_id in was_sent):
                raise CommandError(
                    f"the outcome of {message_id} is not unknown: see"
                    " `logmart messages redrive --list`; nothing was put back"
                )
        _redrive(store, reasons)
    return 0


def _list(store: MessageStore) -> None:
    letters = store.dead_letters()
    for letter in letters:
        print(f"{letter['reason']:<20} {letter['message_id'] or _NO_ID} {letter['campaign_id']}")
    counts = Counter(letter["reason"] for letter in letters)
    print(_sentence("dead letters", len(letters), counts))


def _redrive(store: MessageStore, reasons: Sequence[str]) -> None:
    put_back, left = store.redrive(reasons)
    print(_sentence("put back into the queue", sum(put_back.values()), put_back))
    if left:
        print(_sentence("left", sum(left.values()), left))


def _sentence(what: str, total: int, counts: Counter[str]) -> str:
    parts = ", ".join(f"{count:,} {reason}" for reason, count in sorted(counts.items()))
    return f"{total:,} {what}" + (f": {parts}" if parts else "")
