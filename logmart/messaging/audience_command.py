"""Shows who would get a campaign's message now, and how many are left out for which reason:
`logmart messages audience CAMPAIGN`. It sends nothing, and writes nothing.
"""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import click

from logmart.messaging.audience import ENQUEUED, HELD_OUT, REASONS, Audience, find_audience
from logmart.messaging.campaigns import read_campaign
from logmart.messaging.store import message_store
from logmart.options import moment
from logmart.settings import project_variables, settings


@click.command(help=__doc__)
@click.argument("campaign")
@click.option("--at", callback=moment, metavar="UTC", help="The moment of sending; default: now.")
def main(campaign: str, at: datetime | None) -> int:
    """Print the counts. Raises CommandError."""
    found = read_campaign(campaign)
    time_zone = project_variables()["business_time_zone"]
    with message_store() as store:
        audience = find_audience(
            found, settings().published, store, at or datetime.now(UTC), time_zone
        )
    print("\n".join(audience_lines(audience)))
    return 0


def audience_lines(audience: Audience) -> list[str]:
    """Return the counts of an audience, one line each; they add up to the queried users."""
    campaign = audience.campaign
    local = audience.at.astimezone(ZoneInfo(audience.time_zone))
    counts = [("queried", len(audience.decisions))]
    counts += [(f"  {reason.replace('_', ' ')}", audience.count(reason)) for reason in REASONS]
    counts += [("  held out", audience.count(HELD_OUT)), ("to send", audience.count(ENQUEUED))]
    return [
        f"{campaign.campaign_id}, wave of {audience.wave}, on {local:%Y-%m-%d %H:%M}"
        f" {audience.time_zone}",
        *(f"  {label:<18}{count:>9,}" for label, count in counts),
    ]
