"""The bank's records: its customers and its transfer ledger."""

from dataclasses import dataclass
from random import Random

from logmart.sample.clock import DAY_MS, HOUR_MS, iso
from logmart.sample.journal import Fate, Journal
from logmart.sample.people import Person

_MISMATCH_SHARE = 0.004
_RETURN_SHARE = 0.03
# The shortest and longest time after which the money of a transfer is returned, by kind of return.
_RETURNS_AFTER = {
    "reversed": (HOUR_MS, DAY_MS),
    "reversal": (HOUR_MS, DAY_MS),
    "refund": (HOUR_MS, 10 * DAY_MS),
    "chargeback": (5 * DAY_MS, 40 * DAY_MS),
}
_UPGRADED = {"mass": "affluent", "youth": "mass", "affluent": "premium", "premium": "premium"}


@dataclass(frozen=True)
class Transfer:
    """A transfer that was requested from the bank; amounts in won, times in UTC milliseconds."""

    transfer_id: str
    user_id: str
    amount: int
    bank_code: str
    fee: int
    error_code: str | None
    created_ms: int
    ended_ms: int


def is_withheld(journal: Journal) -> bool:
    """Draw whether the server fails to log how a transfer ended."""
    return journal.plants(_MISMATCH_SHARE)


def record_transfer(journal: Journal, transfer: Transfer, fate: Fate | None) -> None:
    """Write a transfer into the ledger. It agrees with its event, except for planted mismatches.

    `fate` is the outcome of the server's event, None when the server never sent it. A ledger row
    whose event is absent or rejected is listed as a mismatch. When the event has not landed within
    the window, the ledger row is not written either.
    """
    if fate is Fate.NOT_LANDED or transfer.ended_ms >= journal.world.end_ms:
        return
    rng = journal.rng
    amount = transfer.amount
    if fate is not Fate.LANDED:
        reason = "never_sent" if fate is None else "event_rejected"
        journal.mismatch("bank", "ledger_without_event", transfer.transfer_id, reason=reason)
    elif journal.plants(_MISMATCH_SHARE):
        journal.mismatch("bank", "event_without_ledger", transfer.transfer_id)
        return
    elif journal.plants(_MISMATCH_SHARE):
        amount += rng.choice((-1, 1, 500, 9 * amount))
        amounts = {"event_amount": transfer.amount, "ledger_amount": amount}
        journal.mismatch("bank", "amount_mismatch", transfer.transfer_id, **amounts)
    is_settled = transfer.error_code is None
    fields: dict[str, object] = {
        "transferId": transfer.transfer_id,
        "userId": transfer.user_id,
        "amount": amount,
        "bankCode": transfer.bank_code,
        "fee": transfer.fee,
        "status": "settled" if is_settled else "failed",
        "errorCode": transfer.error_code,
        "createdAt": iso(transfer.created_ms),
        "settledAt": iso(transfer.ended_ms) if is_settled else None,
    }
    journal.record("bank", "transfers", transfer.ended_ms, fields)
    if is_settled:
        _record_return(journal, transfer, amount, fields)


def _record_return(
    journal: Journal, transfer: Transfer, amount: int, fields: dict[str, object]
) -> None:
    """For a few settled transfers, write and list an entry that returns their money.

    The random numbers come from the transfer's id, so these entries change nothing else.
    """
    rng = Random(f"return of {transfer.transfer_id}")
    if journal.world.parameters.is_clean or rng.random() >= _RETURN_SHARE:
        return
    kind = rng.choice(sorted(_RETURNS_AFTER))
    booked_ms = transfer.ended_ms + rng.randint(*_RETURNS_AFTER[kind])
    if booked_ms >= journal.world.end_ms:
        return
    returned = rng.randint(1, amount) if kind == "refund" else amount
    booked: dict[str, object] = {"settledAt": iso(booked_ms)}
    if kind == "reversed":
        booked["status"] = "reversed"
    else:
        entry_id = f"{kind}-{transfer.transfer_id}"
        booked |= {"entryType": kind, "entryId": entry_id, "amount": -returned, "fee": 0}
        booked["createdAt"] = iso(booked_ms)
    journal.record("bank", "transfers", booked_ms, fields | booked)
    journal.mismatch("bank", kind, transfer.transfer_id, returned=returned)


def record_customer(journal: Journal, person: Person, unsubscribed_ms: int | None) -> None:
    """Write each state of a customer as a whole record into the daily files of changed users."""
    rng = journal.rng
    changes: list[tuple[int, dict[str, object]]] = [(person.joins_ms, {})]
    if unsubscribed_ms is not None:
        changes.append((unsubscribed_ms, {"marketingConsent": False}))
    if rng.random() < 0.03:
        since_ms = max(person.joins_ms, journal.world.start_ms)
        upgraded_ms = since_ms + rng.randint(HOUR_MS, 50 * DAY_MS)
        changes.append((upgraded_ms, {"segment": _UPGRADED[person.segment]}))
    if rng.random() < 0.05:
        changes.append((person.leaves_ms + HOUR_MS, {"status": "closed"}))
    else:
        changes.append((person.leaves_ms + 21 * DAY_MS, {"status": "dormant"}))
    state: dict[str, object] = {
        "userId": person.user_id,
        "createdAt": iso(person.joins_ms),
        "birthYear": person.birth_year,
        "region": person.region,
        "segment": person.segment,
        "status": "active",
        "marketingConsent": person.marketing_consent,
    }
    for updated_ms, change in sorted(changes, key=lambda each: each[0]):
        state |= change | {"updatedAt": iso(updated_ms)}
        journal.record("bank", "users", updated_ms, state)
