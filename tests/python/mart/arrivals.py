"""Histories of arrival: what may happen to a log on its way to the landing zone, drawn by chance.

A history is a small world of its own, with users, devices and event ids that no other has, so that
many histories fit into one landing zone and one build tests them all. What a history does:

- events are late, too late, from the future, copied, copied with changes, without an id, broken;
- an id is used again for another event, and events share a moment;
- a moment is null or no moment, a property is not in the plan, versions of the app follow another;
- people sign in part-way, share devices, pause for about as long as a session may;
- files are split, land in the wrong order, in old partitions, and again under another name.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, TypeVar

from mart_runs import Mart, app_event

START = datetime(2026, 1, 1, tzinfo=UTC)
DAYS = 50
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
# Pauses around a session's timeout of 30 minutes, to the second.
PAUSES = [timedelta(0), 5 * MINUTE, 30 * MINUTE, 30 * MINUTE + timedelta(seconds=1), 3 * DAY]
# How much later than it occurred an event is received: around the horizon of 30 days, too.
LAGS = [timedelta(seconds=2)] * 8 + [-5 * MINUTE, -DAY, DAY, 12 * DAY, 29 * DAY, 31 * DAY, 40 * DAY]
# The numbers of the versions are not in the order of their texts.
VERSIONS = ["5.2.0", "5.9.1", "5.10.0"]
UNREADABLE_MOMENTS = ["null", '"yesterday"', '"2026-02-30T09:00:00Z"']
COPY_LAGS = [timedelta(0), timedelta(0), MINUTE, DAY, 20 * DAY, 31 * DAY, 33 * DAY]
Item = TypeVar("Item")


@dataclass(frozen=True)
class Arrival:
    """A file, what is in it, and the run before which it appears, from 0."""

    run: int
    file: str
    lines: tuple[str, ...]


@dataclass(frozen=True)
class _Landing:
    """A line and the partition it lands in."""

    partition: str
    line: str


def history(seed: int, world: int, run_count: int) -> list[Arrival]:
    """Draw a history: the same for the same arguments."""
    rng = Random(f"{seed} {world}")
    name = f"w{world:03d}"
    # Drawn apart: how lines arrive does not hang on what is odd about them.
    oddities = Random(f"{seed} {world} oddities")
    events = [_varied(oddities, event) for event in _events(rng, name)]
    landings = [landing for event in events for landing in _copies(rng, event)]
    landings = [_with_odd_moment(oddities, landing) for landing in landings]
    rng.shuffle(landings)
    partitions: dict[str, list[str]] = defaultdict(list)
    for landing in landings:
        partitions[landing.partition].append(landing.line)
    arrivals: list[Arrival] = []
    for place, partition in enumerate(sorted(partitions)):
        lines = partitions[partition]
        cut = rng.randrange(len(lines) + 1)
        for part in (lines[:cut], lines[cut:]):
            in_order = place * run_count // len(partitions)
            run = in_order if rng.random() < 0.6 else rng.randrange(run_count)
            file = f"{name}-{len(arrivals):03d}"
            arrivals.append(Arrival(run, _path(rng, partition, file), tuple(part)))
            if part and rng.random() < 0.12:
                again = rng.choice([partition, rng.choice(sorted(partitions))])
                file = f"{name}-{len(arrivals):03d}"
                run = rng.randrange(run_count)
                arrivals.append(Arrival(run, _path(rng, again, file), tuple(part)))
    return arrivals


def land(mart: Mart, arrivals: Sequence[Arrival]) -> None:
    """Write files into a landing zone."""
    for arrival in arrivals:
        mart.land(arrival.file, list(arrival.lines))


def worlds_in(text: str) -> list[str]:
    """Return the worlds that a text names, most frequent first."""
    names = re.findall(r"w\d{3}(?!\d)", text)
    return sorted(set(names), key=lambda name: (-names.count(name), name))


def shrink(
    items: Sequence[Item], fails: Callable[[Sequence[Item]], bool], attempts: int
) -> list[Item]:
    """Return fewer items for which `fails` still holds.

    Drops ever smaller stretches of them, in at most so many attempts; `fails` holds for `items`.
    """
    left = list(items)
    size = max(len(left) // 2, 1)
    while attempts > 0 and len(left) > 1:
        for start in range(0, len(left), size):
            fewer = left[:start] + left[start + size :]
            if not fewer or attempts == 0:
                continue
            attempts -= 1
            if fails(fewer):
                left = fewer
                break
        else:
            if size == 1:
                break
            size = max(size // 2, 1)
    return left


def _events(rng: Random, name: str) -> list[dict[str, Any]]:
    """Return sound lines of one world, in order of time, with datetimes for moments."""
    users = [f"{name}_u{number}" for number in range(3)]
    devices = [f"{name}_d{number}" for number in range(rng.choice([1, 2, 3]))]
    clock = START + rng.random() * 10 * DAY
    events: list[dict[str, Any]] = []
    for _ in range(rng.randrange(4, 10)):
        clock = min(clock, START + DAYS * DAY)
        device, user = rng.choice(devices), rng.choice(users)
        platform = rng.choice(["ios", "ios", "web", None])
        signed_in = rng.random() < 0.4
        for _ in range(rng.randrange(1, 6)):
            event_name, properties = _doing(rng, name)
            signed_in = signed_in or event_name in ("logged_in", "signup_completed")
            is_server = event_name in ("transfer_completed", "card_application_decided")
            events.append(
                app_event(
                    event_name,
                    properties,
                    eventId=f"{name}_e{len(events)}",
                    userId=user if signed_in or is_server else None,
                    deviceId=None if is_server else device,
                    occurredAt=clock,
                    platform="server" if is_server else platform,
                    userAgent="Googlebot" if rng.random() < 0.03 else "Finapp/5.2.0 (iOS 19.1)",
                )
            )
            clock += rng.choice([timedelta(0), MINUTE, MINUTE, rng.choice(PAUSES)])
        clock += rng.choice([*PAUSES, rng.random() * 9 * DAY])
    return events


def _doing(rng: Random, name: str) -> tuple[str, dict[str, Any]]:
    transfer = {"transferId": f"{name}_t{rng.randrange(3)}", "amount": rng.randrange(5)}
    campaign = rng.choice([None, f"{name}_c1", f"{name}_c2"])
    application = {"applicationId": f"{name}_a1"}
    doings: list[tuple[str, dict[str, Any]]] = [
        ("app_opened", {"launchSource": "icon", "campaignId": campaign}),
        ("app_opened", {"launchSource": rng.choice(["push", "pigeon"])}),
        ("screen_viewed", {"screenName": "home"}),
        ("logged_in", {"method": "pin"}),
        ("signup_started", {}),
        ("signup_identity_verified", {"method": "phone"}),
        ("signup_completed", {"marketingConsent": True}),
        ("transfer_started", {**transfer, "channel": rng.choice(["qr", "contact"])}),
        ("transfer_confirmed", {**transfer, "authMethod": "pin"}),
        ("transfer_completed", {**transfer, "bankCode": "004"}),
        ("card_application_started", {**application, "cardProduct": "check"}),
        ("card_application_submitted", application),
        (
            "card_application_decided",
            {**application, "isApproved": True, "decidedAt": "2026-01-31T00:00:00Z"},
        ),
        ("push_received", {"messageId": f"{name}_m", "campaignId": campaign or "c"}),
        ("push_opened", {"messageId": f"{name}_m", "campaignId": campaign or "c"}),
        ("nobody_planned_this", {}),
    ]
    return rng.choice(doings)


def _varied(rng: Random, event: dict[str, Any]) -> dict[str, Any]:
    version = rng.choice(VERSIONS)
    unplanned = {"theme": rng.choice(["dark", 7])} if rng.random() < 0.1 else {}
    properties = {**event["properties"], **unplanned}
    # Drawn from few, so that a placeholder that counted as somebody would merge what others do.
    ids = {
        name: rng.choice(["null", "undefined", "0"])
        for name in ("userId", "deviceId")
        if rng.random() < 0.03
    }
    return {**event, **ids, "appVersion": version, "properties": properties}


def _with_odd_moment(rng: Random, landing: _Landing) -> _Landing:
    if rng.random() < 0.95:
        return landing
    moment = f'"occurredAt": {rng.choice(UNREADABLE_MOMENTS)}'
    return _Landing(landing.partition, re.sub('"occurredAt": "[^"]*"', moment, landing.line))


def _copies(rng: Random, event: dict[str, Any]) -> list[_Landing]:
    """Return an event as it lands, with the copies of it that land too."""
    received = event["occurredAt"] + rng.choice(LAGS)
    if rng.random() < 0.04:
        event = {**event, "eventId": None}
    landings = [_landing(rng, event, received)]
    while rng.random() < 0.25:
        received = received + rng.choice(COPY_LAGS)
        copy = dict(event)
        if rng.random() < 0.3:
            copy["occurredAt"] = copy["occurredAt"] + rng.choice([MINUTE, DAY, 35 * DAY])
        if rng.random() < 0.2:
            copy["properties"] = {}
        if rng.random() < 0.2:
            copy["userId"] = f"{str(event['deviceId'])[:4]}_u9"
        landings.append(_landing(rng, copy, received))
    return landings


def _landing(rng: Random, event: dict[str, Any], received: datetime) -> _Landing:
    fields = {
        "occurredAt": _moment(event["occurredAt"]),
        "receivedAt": None if rng.random() < 0.03 else _moment(received),
    }
    line = json.dumps({**event, **fields})
    if rng.random() < 0.03:
        line = line[: rng.randrange(len(line))]
    filed = received + rng.choice([timedelta(0)] * 9 + [6 * DAY, -2 * DAY])
    return _Landing(filed.strftime("%Y-%m-%d"), line)


def _moment(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def _path(rng: Random, partition: str, file: str) -> str:
    # A digit of chance, so that files of one partition do not land in the order of their names.
    return f"app/dt={partition}/{rng.randrange(10)}-{file}.{rng.choice(['jsonl', 'jsonl.gz'])}"
