"""Decides who gets a campaign's message: a query on the published mart, minus exclusions.

Each user of the query has one decision: to be enqueued, to be held out, or the first reason of
REASONS that excludes the user. So the counts always add up to the number of queried users.
"""

from __future__ import annotations

import csv
import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb

from logmart.errors import CommandError
from logmart.landed.identifiers import HASH_LENGTH
from logmart.messaging.campaigns import Campaign
from logmart.messaging.store import Fact, MessageStore
from logmart.settings import PROJECT

# In the order in which they are looked at.
REASONS = (
    "already_decided",
    "unsubscribed",
    "no_consent",
    "capped",
    "no_address",
    "outside_window",
)
HELD_OUT, ENQUEUED = "held_out", "enqueued"
# A closed account has consented to nothing.
CONSENT = "coalesce(has_marketing_consent and user_status <> 'closed', false)"
_CANDIDATES = """
with audience as (
    select distinct user_id
    from (
{query}
    )
),

messages as (
    select
        user_id,
        bool_or(has_unsubscribed) as is_unsubscribed,
        count(*) filter (
            where message_status in ('sent', 'delivered') and last_sent_at > $since
        ) as sent_count,
        list(message_id) filter (where campaign_id = $campaign) as message_ids
    from marts.fct_messages
    where channel = $channel and not is_holdout
    group by user_id
)

select
    audience.user_id,
    {consent} as has_consent,
    coalesce(messages.is_unsubscribed, false) as is_unsubscribed,
    coalesce(messages.sent_count, 0) as sent_count,
    coalesce(messages.message_ids, []) as message_ids
from audience
left join marts.dim_users on audience.user_id = dim_users.user_id
left join messages on audience.user_id = messages.user_id
order by audience.user_id
"""


@dataclass(frozen=True)
class Cap:
    """How many messages of a channel a user may get in some days."""

    max_messages: int
    window_days: int

    def since(self, at: datetime) -> datetime:
        """Return the start of the window that ends at a moment."""
        return at - timedelta(days=self.window_days)


@dataclass(frozen=True)
class Candidate:
    """A user of a campaign's query, and what the mart knows of the user and the channel.
    `message_ids` are the campaign's messages to the user.
    """

    user_hash: str
    has_consent: bool
    is_unsubscribed: bool
    sent_count: int
    message_ids: list[str]


@dataclass(frozen=True)
class Decision:
    """What is decided of a user: `enqueued`, `held_out`, or a reason of REASONS. `time_zone` is the
    user's own where the address book has it, else that of the business.
    """

    user_hash: str
    message_id: str
    outcome: str
    time_zone: str


@dataclass(frozen=True)
class Audience:
    """The decisions of a campaign's wave at a moment."""

    campaign: Campaign
    wave: date
    at: datetime
    time_zone: str
    decisions: tuple[Decision, ...]

    @property
    def not_after(self) -> datetime:
        """When the wave ends: nothing of it is sent later."""
        return self.campaign.wave_ends_at(self.wave, self.time_zone)

    def count(self, outcome: str) -> int:
        """Return of how many users something is decided."""
        return Counter(each.outcome for each in self.decisions)[outcome]

    def of(self, outcome: str) -> list[Decision]:
        """Return the decisions of an outcome."""
        return [each for each in self.decisions if each.outcome == outcome]


def read_caps(project: Path = PROJECT) -> dict[str, Cap]:
    """Return the caps of the seed frequency_caps, by channel."""
    with (project / "seeds/frequency_caps.csv").open(encoding="utf-8", newline="") as file:
        return {
            row["channel"]: Cap(int(row["max_messages"]), int(row["window_days"]))
            for row in csv.DictReader(file)
        }


def find_audience(
    campaign: Campaign, published: Path, store: MessageStore, at: datetime, time_zone: str
) -> Audience:
    """Return the audience of a campaign at a moment.

    In: the published mart; `time_zone`, of the business. Raises CommandError when the campaign has
    no wave then, or when its query fails or finds nobody.
    """
    wave = wave_at(campaign, at, time_zone)
    cap = read_caps().get(campaign.channel)
    candidates = read_candidates(campaign, published, cap.since(at) if cap else at)
    messages = [
        (message_id(campaign.campaign_id, each.user_hash, wave), each.user_hash)
        for each in candidates
    ]
    facts = store.facts(campaign.channel, cap.since(at) if cap else None, messages)
    judge = _Judge(campaign, cap, at, time_zone, campaign.wave_ends_at(wave, time_zone))
    decisions = tuple(
        judge.decide(candidate, fact, message)
        for candidate, fact, (message, _) in zip(candidates, facts, messages, strict=True)
    )
    return Audience(campaign, wave, at, time_zone, decisions)


def wave_at(campaign: Campaign, at: datetime, time_zone: str) -> date:
    """Return the wave that is sent at a moment. Raises CommandError when there is none."""
    today = at.astimezone(ZoneInfo(time_zone)).date()
    wave = campaign.wave(today)
    if wave is None:
        raise CommandError(
            f"{campaign.campaign_id} is sent from {min(campaign.waves)} to {campaign.ends_on}, not"
            f" on {today}: change waves and ends_on of its file"
        )
    return wave


def read_candidates(campaign: Campaign, published: Path, since: datetime) -> list[Candidate]:
    """Return the users of a campaign's query, each once.

    In: `since`, the UTC moment from which messages count for the cap. Raises CommandError.
    """
    name = f"the query of {campaign.campaign_id}"
    if not published.exists():
        raise CommandError(f"{published} is not there: build first with `make build`")
    # A query reads the mart and no file, and cannot change that.
    config: dict[str, Any] = {"enable_external_access": "false", "lock_configuration": "true"}
    try:
        with duckdb.connect(str(published), read_only=True, config=config) as connection:
            columns = connection.execute(
                f"select column_name from (describe\n{campaign.query}\n)"
            ).fetchall()
            if columns != [("user_id",)]:
                given = ", ".join(column for (column,) in columns)
                raise CommandError(f"{name} gives {given}: select user_id, and nothing else")
            rows = connection.execute(
                _CANDIDATES.format(query=campaign.query, consent=CONSENT),
                {
                    "channel": campaign.channel,
                    "campaign": campaign.campaign_id,
                    "since": since.astimezone(UTC).replace(tzinfo=None),
                },
            ).fetchall()
    except duckdb.Error as error:
        raise CommandError(f"{name} fails: {str(error).splitlines()[0]}") from error
    if not rows:
        raise CommandError(f"{name} finds nobody: nothing is sent")
    if any(not _is_hash(user) for user, *_ in rows):
        raise CommandError(f"{name} gives a user_id that is none of the mart: nothing is sent")
    return [Candidate(*row) for row in rows]


def message_id(campaign_id: str, user_hash: str, wave: date) -> str:
    """Return the id of a message: the same for the same campaign, user and wave."""
    return hashlib.sha256(f"{campaign_id}\n{user_hash}\n{wave}".encode()).hexdigest()[:32]


def message_ids(campaigns: Sequence[Campaign], user_hash: str) -> list[str]:
    """Return all ids that messages of campaigns to a user can have."""
    return [
        message_id(campaign.campaign_id, user_hash, wave)
        for campaign in campaigns
        for wave in campaign.waves
    ]


def is_held_out(campaign: Campaign, user_hash: str) -> bool:
    """Return whether a campaign holds a user out: always the same answer for the two of them."""
    digest = hashlib.sha256(f"holdout\n{campaign.campaign_id}\n{user_hash}".encode()).digest()
    return int.from_bytes(digest[:8], "big") < campaign.holdout_share * 2**64


@dataclass(frozen=True)
class _Judge:
    """Decides on the users of a campaign at a moment; its wave ends at `ends_at`."""

    campaign: Campaign
    cap: Cap | None
    at: datetime
    time_zone: str
    ends_at: datetime

    def decide(self, candidate: Candidate, fact: Fact, message: str) -> Decision:
        """Return the decision on a user."""
        zone = fact.time_zone or self.time_zone
        # The mart has what landed, the table what was sent lately: the larger count holds.
        sent_count = max(candidate.sent_count, fact.sent_count)
        excluded = {
            "already_decided": fact.is_decided or message in candidate.message_ids,
            "unsubscribed": candidate.is_unsubscribed or fact.is_unsubscribed,
            "no_consent": not candidate.has_consent or fact.has_consent is False,
            "capped": self.cap is not None and sent_count >= self.cap.max_messages,
            "no_address": not fact.has_address,
            "outside_window": self.campaign.window.opens_at(self.at, zone) >= self.ends_at,
        }
        outcome = next((reason for reason in REASONS if excluded[reason]), None)
        if outcome is None:
            is_held = is_held_out(self.campaign, candidate.user_hash)
            outcome = HELD_OUT if is_held else ENQUEUED
        return Decision(candidate.user_hash, message, outcome, zone)


def _is_hash(value: object) -> bool:
    return (
        isinstance(value, str)
        and len(value) == HASH_LENGTH
        and set(value) <= set("0123456789abcdef")
    )
