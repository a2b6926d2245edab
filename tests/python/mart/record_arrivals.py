"""Histories of records: what the bank and the CRM may land beside a history of events.

A world's records are of the users, transfers, campaigns and messages of the same world's events
(`arrivals.py`). They are corrected, copied, broken, late and in whatever order; one record may land
in the same file twice.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from arrivals import DAY, DAYS, MINUTE, START, Arrival

# How long after the moment that it is about a record lands.
_LANDS_AFTER = [timedelta(0)] * 6 + [DAY, 3 * DAY, 20 * DAY, 33 * DAY]
Record = tuple[str, datetime, dict[str, Any]]


def record_history(seed: int, world: int, run_count: int) -> list[Arrival]:
    """Draw the records of a world: the same for the same arguments."""
    rng = Random(f"records {seed} {world}")
    name = f"w{world:03d}"
    files: dict[tuple[str, str], list[str]] = defaultdict(list)
    for entity, moment, fields in _records(rng, name):
        for _ in range(rng.choice([1, 1, 1, 2])):
            landed = moment + rng.choice(_LANDS_AFTER)
            line = json.dumps(fields)
            if rng.random() < 0.04:
                line = line[: rng.randrange(len(line))]
            files[entity, landed.strftime("%Y-%m-%d")].append(line)
    arrivals = []
    for (entity, partition), lines in sorted(files.items()):
        source, table = entity.split(".")
        rng.shuffle(lines)
        run = rng.randrange(run_count)
        file = f"{source}/dt={partition}/{table}-{rng.randrange(10)}-{name}.jsonl"
        arrivals.append(Arrival(run, file, tuple(lines)))
    return arrivals


def _records(rng: Random, name: str) -> Iterator[Record]:
    """Return records as (source.entity, the moment that it is about, fields)."""
    users = [f"{name}_u{number}" for number in range(3)]
    for user in users:
        yield from _states(rng, user)
    for number in range(3):
        yield from _transfers(rng, f"{name}_t{number}", rng.choice(users))
    for number in (1, 2):
        starts = START + rng.random() * 20 * DAY
        campaign = {
            "campaignId": f"{name}_c{number}",
            "name": f"Campaign {number}",
            "channel": rng.choice(["push", "message"]),
            "startsAt": _moment(starts),
            "endsAt": _moment(starts + rng.choice([3, 14]) * DAY),
            "holdoutShare": rng.choice([0, 0.1]),
        }
        yield "crm.campaigns", starts, campaign
        if rng.random() < 0.3:
            yield "crm.campaigns", starts, {**campaign, "name": "Renamed"}
    for number in range(rng.randrange(2, 6)):
        message = f"{name}_m" if number == 0 else f"{name}_m{number}"
        yield from _sends(rng, message, rng.choice(users), f"{name}_c{rng.choice([1, 1, 2, 9])}")


def _states(rng: Random, user: str) -> Iterator[Record]:
    moment = START - 5 * DAY
    state: dict[str, Any] = {
        "userId": user,
        "createdAt": _moment(moment),
        "birthYear": 1990,
        "region": "KR-11",
        "segment": rng.choice(["mass", "youth"]),
        "status": "active",
        "marketingConsent": True,
    }
    for _ in range(rng.randrange(4)):
        yield "bank.users", max(moment, START), {**state, "updatedAt": _moment(moment)}
        change = rng.choice([{"segment": "premium"}, {"status": "dormant"}, {"region": "KR-26"}])
        state |= change
        # A state of the same moment corrects the one before.
        moment += rng.choice([timedelta(0), rng.random() * 20 * DAY])


def _transfers(rng: Random, transfer: str, user: str) -> Iterator[Record]:
    created = START + rng.random() * DAYS * DAY
    is_settled = rng.random() < 0.7
    fields = {
        "transferId": transfer,
        "userId": user,
        "amount": rng.randrange(5),
        "bankCode": "004",
        "fee": rng.choice([0, 500, None, -1]),
        "status": "settled" if is_settled else "failed",
        "errorCode": None if is_settled else "limit",
        "createdAt": _moment(created),
        "settledAt": _moment(created + MINUTE) if is_settled else None,
    }
    if rng.random() < 0.8:
        yield "bank.transfers", created, fields
    if rng.random() < 0.3:
        yield "bank.transfers", created, {**fields, "amount": rng.randrange(5)}


def _sends(rng: Random, message: str, user: str, campaign: str) -> Iterator[Record]:
    sent = START + rng.random() * DAYS * DAY
    is_holdout = rng.random() < 0.2
    fields = {
        "messageId": message,
        "campaignId": campaign,
        "userId": user,
        "channel": rng.choice(["push", "message"]),
        "unsubscribed": rng.random() < 0.1,
        "isHoldout": is_holdout,
    }
    for attempt in range(1, rng.choice([2, 2, 3])):
        moment = sent + attempt * 30 * MINUTE
        status = rng.choice(["delivered", "delivered", "sent", "failed", "dead_letter"])
        sending = {"attempt": attempt, "status": status, "sentAt": _moment(moment)}
        if is_holdout:
            sending |= {"attempt": 0, "status": None}
        yield "crm.sends", moment, {**fields, **sending}


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
