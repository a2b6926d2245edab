"""What the sender is told by its environment, and what is packaged beside it."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from pathlib import Path

MESSAGING = Path(__file__).resolve().parent.parent
_CAPS = MESSAGING.parent.parent / "seeds" / "frequency_caps.csv"

# AWS ends a worker up to a second after its timeout, and two machines' clocks differ a little.
_SLACK = timedelta(seconds=2)


@dataclass(frozen=True)
class Tables:
    """The names of the tables that the sender decides by."""

    addresses: str
    sends: str
    outcomes: str
    caps: str


@dataclass(frozen=True)
class Provider:
    """How the provider is reached.

    `key_time` is for how long it recognises an idempotency key; zero: it takes none. `rate` is in
    requests a second, the share of this worker.
    """

    url: str
    secret: str
    key_time: timedelta
    rate: float
    timeout: float


@dataclass(frozen=True)
class SenderSettings:
    """The settings of one worker. `claim_time` is how long a worker can live."""

    queue_url: str
    tables: Tables
    provider: Provider
    claim_time: timedelta
    max_receives: int
    backoff: int


@dataclass(frozen=True)
class Cap:
    """How many messages a user gets in a channel within a time at most."""

    most: int
    within: timedelta


def sender_settings(environment: Mapping[str, str]) -> SenderSettings:
    """Return the settings. Raises KeyError for a missing variable, ValueError for a wrong one."""
    return SenderSettings(
        queue_url=environment["QUEUE_URL"],
        tables=Tables(
            addresses=environment["ADDRESSES_TABLE"],
            sends=environment["SENDS_TABLE"],
            outcomes=environment["OUTCOMES_TABLE"],
            caps=environment["CAPS_TABLE"],
        ),
        provider=Provider(
            url=environment["PROVIDER_URL"],
            secret=environment["PROVIDER_SECRET_ARN"],
            key_time=timedelta(hours=float(environment["PROVIDER_KEY_HOURS"])),
            rate=float(environment["PROVIDER_RATE_PER_SECOND"]) / int(environment["WORKERS"]),
            timeout=float(environment["PROVIDER_TIMEOUT_SECONDS"]),
        ),
        claim_time=timedelta(seconds=int(environment["FUNCTION_TIMEOUT_SECONDS"])) + _SLACK,
        max_receives=int(environment["MAX_RECEIVES"]),
        backoff=int(environment["BACKOFF_SECONDS"]),
    )


@cache
def frequency_caps() -> Mapping[str, Cap]:
    """Return the caps of the seed frequency_caps, by channel."""
    with _CAPS.open(encoding="utf-8", newline="") as file:
        return {
            row["channel"]: Cap(int(row["max_messages"]), timedelta(days=int(row["window_days"])))
            for row in csv.DictReader(file)
        }


def is_campaign(campaign_id: str) -> bool:
    """Return whether a campaign is defined."""
    return (MESSAGING / "campaigns" / f"{campaign_id}.yml").is_file()


@cache
def template_text(template: str) -> tuple[str, str] | None:
    """Return the title and the body of a template; None for an unknown one."""
    path = MESSAGING / "templates" / f"{template}.txt"
    if not path.is_file():
        return None
    title, _, body = path.read_text(encoding="utf-8").partition("\n")
    return title.strip(), body.strip()
