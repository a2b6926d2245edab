"""The CRM's records: campaigns and the sends to customers, and the push events they cause."""

import json
from dataclasses import dataclass, replace
from random import Random

from logmart.sample.clock import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS, iso, utc_date_text
from logmart.sample.ids import make_id
from logmart.sample.journal import Fate, Journal, device_context
from logmart.sample.people import Person, push_device
from logmart.sample.world import Campaign, World

_UNKNOWN_CAMPAIGN_SHARE = 0.02
_UNREPORTED_SHARE = 0.006
_UNSUBSCRIBE_SHARE = 0.006
_PUSH_OPEN_SHARE = 0.11
_MESSAGE_CLICK_SHARE = 0.05
_RETRY_MS = 30 * MINUTE_MS
_LAST_ATTEMPT = 3


@dataclass(frozen=True)
class Send:
    """One attempt to send a campaign's message, or the decision not to send it (holdout)."""

    message_id: str
    campaign_id: str
    user_id: str
    channel: str
    sent_ms: int
    status: str | None = None
    attempt: int = 0
    unsubscribed: bool = False
    is_holdout: bool = False


@dataclass(frozen=True)
class Visit:
    """A session that a campaign causes."""

    at_ms: int
    campaign_id: str
    message_id: str
    launch_source: str


@dataclass(frozen=True)
class Outreach:
    """The effect of campaigns on a customer: visits, and the time of unsubscribing, if any."""

    visits: tuple[Visit, ...]
    unsubscribed_ms: int | None


def campaign_records(world: World) -> dict[str, list[str]]:
    """Return the lines of the campaign files, by name: a campaign lands on the day it starts."""
    records: dict[str, list[str]] = {}
    for campaign in world.campaigns:
        fields = {
            "campaignId": campaign.campaign_id,
            "name": campaign.name,
            "channel": campaign.channel,
            "startsAt": iso(campaign.starts_ms),
            "endsAt": iso(campaign.ends_ms),
            "holdoutShare": campaign.holdout_share,
        }
        file = f"crm/dt={utc_date_text(campaign.starts_ms)}/campaigns"
        records.setdefault(file, []).append(json.dumps(fields, separators=(",", ":")))
    return records


def reach_out(journal: Journal, person: Person) -> Outreach:
    """Send the campaigns to a customer who consents; write the sends and `push_received` events."""
    rng = journal.rng
    visits: list[Visit] = []
    for campaign in journal.world.campaigns if person.marketing_consent else ():
        send = _plan_send(rng, person, campaign)
        is_customer = person.joins_ms < send.sent_ms < person.leaves_ms + 20 * DAY_MS
        if not is_customer or rng.random() >= campaign.audience:
            continue
        if rng.random() < campaign.holdout_share:
            _record_send(journal, replace(send, is_holdout=True))
            continue
        send = _attempt(journal, send)
        visits += _receive(journal, person, send) if send.status == "delivered" else []
        if send.unsubscribed:
            return Outreach(tuple(visits), send.sent_ms + MINUTE_MS)
    return Outreach(tuple(visits), None)


def _plan_send(rng: Random, person: Person, campaign: Campaign) -> Send:
    sent_ms = campaign.starts_ms + rng.randrange(3) * DAY_MS + rng.randrange(9 * HOUR_MS)
    message_id = make_id(rng, "m")
    return Send(message_id, campaign.campaign_id, person.user_id, campaign.channel, sent_ms)


def _attempt(journal: Journal, send: Send) -> Send:
    """Write one to three attempts and return the last; later attempts fail more often."""
    rng = journal.rng
    if send.channel == "message" and journal.plants(_UNKNOWN_CAMPAIGN_SHARE):
        send = replace(send, campaign_id=f"c_9{rng.randrange(1_000):03d}")
        journal.mismatch(
            "crm", "send_without_campaign", send.message_id, campaign_id=send.campaign_id
        )
    send = replace(send, attempt=1)
    while rng.random() < 0.04 * send.attempt**2:
        if send.attempt == _LAST_ATTEMPT:
            return _record_send(journal, replace(send, status="dead_letter"))
        _record_send(journal, replace(send, status="failed"))
        send = replace(send, attempt=send.attempt + 1, sent_ms=send.sent_ms + _RETRY_MS)
    if rng.random() < 0.03:
        return _record_send(journal, replace(send, status="sent"))
    unsubscribed = rng.random() < _UNSUBSCRIBE_SHARE
    return _record_send(journal, replace(send, status="delivered", unsubscribed=unsubscribed))


def _record_send(journal: Journal, send: Send) -> Send:
    fields: dict[str, object] = {
        "messageId": send.message_id,
        "campaignId": send.campaign_id,
        "userId": send.user_id,
        "channel": send.channel,
        "sentAt": iso(send.sent_ms),
        "status": send.status,
        "attempt": send.attempt,
        "unsubscribed": send.unsubscribed,
        "isHoldout": send.is_holdout,
    }
    journal.record("crm", "sends", send.sent_ms, fields)
    return send


def _receive(journal: Journal, person: Person, send: Send) -> list[Visit]:
    """Write the event of a delivered push; return the visit that a delivered send leads to."""
    rng = journal.rng
    if send.channel == "message":
        if rng.random() >= _MESSAGE_CLICK_SHARE:
            return []
        at_ms = send.sent_ms + rng.randint(MINUTE_MS, 5 * HOUR_MS)
        return [Visit(at_ms, send.campaign_id, send.message_id, "deeplink")]
    if journal.plants(_UNREPORTED_SHARE):
        journal.mismatch("crm", "delivered_without_received", send.message_id, reason="never_sent")
        return []
    received_ms = send.sent_ms + rng.randint(SECOND_MS, 5 * MINUTE_MS)
    context = device_context(journal.world, person, push_device(person), received_ms)
    properties = f'"messageId":"{send.message_id}","campaignId":"{send.campaign_id}"'
    fate = journal.emit("push_received", received_ms, context, f'"{person.user_id}"', properties)
    if fate is Fate.REJECTED:
        journal.mismatch(
            "crm", "delivered_without_received", send.message_id, reason="event_rejected"
        )
    if rng.random() >= _PUSH_OPEN_SHARE:
        return []
    at_ms = received_ms + rng.randint(5 * SECOND_MS, 6 * HOUR_MS)
    return [Visit(at_ms, send.campaign_id, send.message_id, "push")]
