"""Audience, queue, function, provider, landed outcomes, mart: its figures are the provider's."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from local_stack import LocalStack
from logmart.messaging.address_book import fill
from logmart.messaging.address_file import Address
from logmart.messaging.audience import ENQUEUED, HELD_OUT, Audience
from logmart.messaging.campaigns import Campaign, Window, read_campaign
from logmart.messaging.land import land_outcomes
from logmart.messaging.send import send_campaign
from logmart.messaging.store import MessageStore
from logmart.settings import Settings
from mart_runs import Mart, app_event
from message_mart import ZONE, MartUser, publish

pytest_plugins = ["message_stack"]

# Other tests build with the tests of the data.
MODELS = ("--exclude-resource-type", "unit_test", "--exclude-resource-type", "test")
COUNT = 60
NAMES = [f"user-{number:02}" for number in range(COUNT)]


@dataclass(frozen=True)
class Sent:
    """What a loop did: the audience, the provider's own log, and who was refused how."""

    audience: Audience
    log: list[dict[str, str]]
    retried: list[str]
    dead: list[str]
    suppressed: list[str]


@pytest.fixture
def moment() -> datetime:
    return datetime.now(UTC)


def local_noon(at: datetime) -> str:
    """Return a time zone in which it is about noon, so that every window is open."""
    hours = 12 - at.hour
    return f"Etc/GMT{-hours:+d}" if hours else "Etc/GMT"


def running_campaign(at: datetime) -> Campaign:
    today = at.astimezone(ZoneInfo(ZONE)).date()
    return replace(
        read_campaign("card_after_transfers"),
        waves=(today,),
        ends_on=today + timedelta(days=2),
        window=Window(start="06:00", end="20:00"),  # type: ignore[arg-type]
        holdout_share=0.2,
        query="select user_id from marts.dim_users",
    )


def run_loop(paths: Settings, stack: LocalStack, store: MessageStore, at: datetime) -> Sent:
    """Send a campaign to users of whom some change their mind, and land what became of it."""
    zone = local_noon(at)
    # The last three have no address.
    book = [Address(name, f"token-{name}", None, zone) for name in NAMES[:-3]]
    fill(paths, store, book, at)
    audience = send_campaign(running_campaign(at), paths, store, at, ZONE)
    enqueued = audience.of(ENQUEUED)
    retried = [each.message_id for each in enqueued[:6]]
    dead = [each.message_id for each in enqueued[6:8]]
    suppressed = [each.message_id for each in enqueued[8:11]]
    stack.refuse(503, *retried)
    stack.refuse(400, *dead, is_always=True)
    items = {item["user_hash"]: item for item in stack.items("addresses")}
    for each in enqueued[8:11]:
        stack.put("addresses", {**items[each.user_hash], "has_consent": False})
    drained = stack.drain(paths.landing.parent)
    assert drained["left"] == 0
    land_outcomes(paths.landing, store, datetime.now(UTC), ZONE)
    return Sent(audience, drained["log"], retried, dead, suppressed)


def landed(paths: Settings, pattern: str) -> list[dict[str, Any]]:
    return [
        json.loads(line)
        for path in sorted(paths.landing.glob(pattern))
        for line in path.read_text().splitlines()
    ]


@pytest.mark.deep  # It waits for retries; other tests cover the steps one by one.
def test_what_landed_is_the_providers_own_log(
    stack: LocalStack, store: MessageStore, tmp_path: Path, moment: datetime
) -> None:
    paths = publish(tmp_path, [MartUser(name) for name in NAMES])
    sent = run_loop(paths, stack, store, moment)
    records = landed(paths, "crm/dt=*/sends-*.jsonl")
    took = Counter(each["messageId"] for each in records if each.get("status") == "sent")
    assert took == Counter(line["reference"] for line in sent.log)
    assert set(took.values()) == {1}
    statuses = Counter(each.get("status", "held_out") for each in records)
    enqueued, held = sent.audience.count(ENQUEUED), sent.audience.count(HELD_OUT)
    assert statuses == {"sent": enqueued - 5, "failed": 6, "dead_letter": 2, "held_out": held}
    dead_letters = stack.receive("dead_letters")
    assert len(dead_letters) == 2
    counts = {each["check"]: each["failureCount"] for each in landed(paths, "operations/*/check*")}
    assert counts["suppressed_no_consent"] == 3
    assert counts["audience_no_address"] == 3
    # An id or an address is where it belongs, and nowhere else.
    assert re.search(r"user-\d", str(records))
    elsewhere = [
        *dead_letters,
        *map(str, landed(paths, "operations/*/*")),
        *map(str, stack.items("outcomes")),
        *map(str, stack.items("sends")),
        *map(str, stack.items("caps")),
        *(path.read_text() for path in tmp_path.glob("*.log")),
    ]
    assert len(elsewhere) > COUNT
    assert not re.search(r"token-|user-\d", "\n".join(elsewhere))


def land_zone(mart: Mart, at: datetime) -> None:
    """Land users of the bank, an event of each, and the sends of an earlier campaign."""
    days = [(at - timedelta(days=number)).date() for number in (3, 2, 1)]
    for number, day in enumerate(days):
        noon = f"{day}T03:00:00.000Z"
        events = [
            app_event(
                "app_opened",
                {"launchSource": "icon"},
                eventId=f"e{number}-{name}",
                userId=name,
                deviceId=f"d-{name}",
                occurredAt=noon,
                receivedAt=noon,
            )
            for name in NAMES
        ]
        mart.land(f"app/dt={day}/events.jsonl", [*events])
    state = {"createdAt": f"{days[0]}T00:00:00Z", "updatedAt": f"{days[0]}T00:00:00Z"}
    users = [
        {"userId": name, **state, "status": "active", "marketingConsent": number % 10 > 0}
        for number, name in enumerate(NAMES)
    ]
    mart.land(f"bank/dt={days[0]}/users.jsonl", [*users])
    earlier = {
        "messageId": "m-earlier",
        "campaignId": "c_0001",
        "userId": NAMES[1],
        "channel": "push",
        "sentAt": f"{days[2]}T03:00:00Z",
        "status": "delivered",
        "attempt": 1,
        "unsubscribed": False,
        "isHoldout": False,
    }
    mart.land(f"crm/dt={days[2]}/sends.jsonl", [earlier])


def disagreements(
    mart: Mart, log: Sequence[Mapping[str, str]], campaign_id: str, held_out: int
) -> list[str]:
    """Compare the marts with the provider's own log; return what differs."""
    took = Counter(line["reference"] for line in log)
    sent = mart.query(
        "select message_id from marts.fct_messages where message_status = 'sent'"
        f" and campaign_id = '{campaign_id}'"
    )
    found = []
    if Counter(message for (message,) in sent) != took:
        found.append(
            f"fct_messages has {len(sent)} messages, the provider took {took.total()}:"
            f" {took - Counter(message for (message,) in sent)}"
        )
    ((performed, dead, held),) = mart.query(
        "select sent_count, dead_letter_count, held_out_count from marts.campaign_performance"
        f" where campaign_id = '{campaign_id}'"
    )
    if performed - dead != took.total() or held != held_out:
        found.append(f"campaign_performance has {performed - dead} sent and {held} held out")
    by_date: Counter[date] = Counter(
        datetime.fromisoformat(line["accepted_at"]).astimezone(ZoneInfo(ZONE)).date()
        for line in log
    )
    daily = mart.query(
        "select metric_date, sum(case metric when 'messages_sent' then value else -value end)"
        " from marts.metrics_daily"
        " where metric in ('messages_sent', 'message_dead_letters')"
        f" and dimension = 'campaign' and dimension_value = '{campaign_id}'"
        " group by metric_date having sum(value) > 0"
    )
    if {day: int(value) for day, value in daily} != dict(by_date):
        found.append(f"metrics_daily has {daily}, the provider {dict(by_date)}")
    return found


@pytest.mark.deep  # It builds most of the mart twice.
def test_the_marts_equal_the_providers_own_log(
    stack: LocalStack, store: MessageStore, tmp_path: Path, moment: datetime
) -> None:
    mart = Mart(tmp_path / "zone", record_sources=("bank", "crm"))
    land_zone(mart, moment)
    mart.build(*MODELS, "--select", "+dim_users", "+fct_messages")
    paths = Settings(mart.landing, mart.database, mart.database)
    sent = run_loop(paths, stack, store, moment)
    assert sent.audience.count("no_consent") == 6
    assert sent.audience.count("capped") == 1
    mart.build(*MODELS, "--select", "+campaign_performance", "+dim_campaigns", "+metrics_daily")
    campaign_id, held = "card_after_transfers", sent.audience.count(HELD_OUT)
    assert disagreements(mart, sent.log, campaign_id, held) == []
    # A line more or less in the provider's log is found in each mart.
    assert len(disagreements(mart, sent.log[1:], campaign_id, held)) == 3
    assert len(disagreements(mart, [*sent.log, sent.log[0]], campaign_id, held)) == 3
    ((name, is_known),) = mart.query(
        "select campaign_name, is_known from marts.dim_campaigns"
        f" where campaign_id = '{campaign_id}'"
    )
    assert (name, is_known) == ("card_launch_9", True)
