"""A published mart with the tables that an audience reads, and a campaign on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb

from logmart.landed.identifiers import IdKey
from logmart.messaging.campaigns import Campaign, Window
from logmart.settings import Settings

KEY = "the key of the tests, long enough"
ZONE = "Asia/Seoul"
# 10:00 in Seoul.
AT = datetime(2026, 3, 3, 1, 0, tzinfo=UTC)
CAMPAIGN = Campaign(
    campaign_id="spring",
    name="weekend_coupons_1",
    channel="push",
    template="spring",
    waves=(date(2026, 3, 2), date(2026, 3, 9)),
    ends_on=date(2026, 3, 10),
    window=Window(start="09:00", end="20:00"),  # type: ignore[arg-type]
    holdout_share=0.0,
    query="select user_id from marts.dim_users",
)
_TABLES = """
create schema marts;
create table marts.dim_users (
    user_id varchar, has_marketing_consent boolean, user_status varchar
);
create table marts.fct_messages (
    message_id varchar, campaign_id varchar, user_id varchar, channel varchar,
    message_status varchar, is_holdout boolean, has_unsubscribed boolean, last_sent_at timestamp
);
"""


@dataclass(frozen=True)
class MartUser:
    """A user of the bank, as the mart has the user."""

    user_id: str
    has_consent: bool | None = True
    status: str | None = "active"

    @property
    def hash(self) -> str:
        return hashed(self.user_id)


def hashed(user_id: str) -> str:
    return IdKey(KEY.encode()).hash(user_id)


def message(user_id: str, at: datetime, **fields: Any) -> dict[str, Any]:
    """Return a row of fct_messages: a delivered push of another campaign."""
    return {
        "message_id": f"{user_id}-{at}",
        "campaign_id": "other",
        "user_id": hashed(user_id),
        "channel": "push",
        "message_status": "delivered",
        "is_holdout": False,
        "has_unsubscribed": False,
        "last_sent_at": at.astimezone(UTC).replace(tzinfo=None),
        **fields,
    }


def publish(
    folder: Path, users: Sequence[MartUser], messages: Sequence[dict[str, Any]] = ()
) -> Settings:
    """Write a published mart; return the paths."""
    paths = Settings(folder / "landing", folder / "build/logmart.duckdb", folder / "mart.duckdb")
    paths.published.unlink(missing_ok=True)
    with duckdb.connect(str(paths.published)) as connection:
        connection.execute(_TABLES)
        for user in users:
            connection.execute(
                "insert into marts.dim_users values (?, ?, ?)",
                [user.hash, user.has_consent, user.status],
            )
        for each in messages:
            places = ", ".join("?" * len(each))
            connection.execute(
                f"insert into marts.fct_messages values ({places})", list(each.values())
            )
    return paths
