"""Puts a campaign's messages into the queue: `logmart messages send CAMPAIGN`, or `--due` for every
campaign that has a wave today.

A message's id follows from campaign, user and wave, so the same command can be repeated: who has
the message of a wave does not get it again. Consents of the mart go into the address book first,
because they are checked again at the moment of sending. A message waits in the queue until the
campaign's window opens, by the user's own clock where it is known.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4
from zoneinfo import ZoneInfo

import click

from logmart.errors import CommandError, TransientError
from logmart.messaging.address_book import refresh
from logmart.messaging.audience import (
    ENQUEUED,
    HELD_OUT,
    Audience,
    Decision,
    find_audience,
    wave_at,
)
from logmart.messaging.audience_command import audience_lines
from logmart.messaging.audience_records import (
    TASK,
    Record,
    audience_results,
    campaign_record,
    failed_result,
)
from logmart.messaging.book_note import write_note
from logmart.messaging.campaigns import Campaign, read_campaign, read_campaigns
from logmart.messaging.store import MessageStore, message_store
from logmart.operations.landing import land, land_once, utc_text
from logmart.settings import Settings, project_variables, settings


@click.command(help=__doc__)
@click.argument("campaign", required=False)
@click.option("--due", is_flag=True, help="Every campaign that has a wave today.")
def main(campaign: str | None, due: bool) -> int:
    """Send. Raises CommandError, or TransientError when another try may succeed."""
    if (campaign is None) is not due:
        raise click.UsageError("name a campaign, or give --due")
    time_zone = project_variables()["business_time_zone"]
    paths = settings()
    at = datetime.now(UTC)
    if campaign:
        campaigns = [read_campaign(campaign)]
        wave_at(campaigns[0], at, time_zone)
    else:
        today = at.astimezone(ZoneInfo(time_zone)).date()
        campaigns = [each for each in read_campaigns() if each.wave(today)]
        if not campaigns:
            print(f"no campaign has a wave on {today}")
            return 0
    with message_store() as store:
        write_note(paths.landing)
        changed = refresh(paths, store, at)
        print(f"the consent of {changed:,} users changed", flush=True)
        send_all(campaigns, lambda each: send_campaign(each, paths, store, at, time_zone))
    return 0


def send_all(campaigns: list[Campaign], send: Callable[[Campaign], Audience]) -> None:
    """Send campaigns, each even where another fails, and print what was done.

    Raises the error of the one that fails, and for several one CommandError; a transient one only
    where no other fails for good.
    """
    errors: list[CommandError] = []
    for campaign in campaigns:
        try:
            print("\n".join(audience_lines(send(campaign))), flush=True)
        except CommandError as error:
            errors.append(error)
    if not errors:
        return
    is_transient = all(isinstance(error, TransientError) for error in errors)
    kind = TransientError if is_transient else CommandError
    raise kind("; ".join(map(str, errors)))


def send_campaign(
    campaign: Campaign, paths: Settings, store: MessageStore, at: datetime, time_zone: str
) -> Audience:
    """Hold users out, put messages into the queue, and land the counts; return the audience.

    Raises CommandError when the audience is not found, and lands that too; TransientError when the
    queue did not take everything.
    """
    run_date = at.astimezone(ZoneInfo(time_zone)).date()
    try:
        audience = find_audience(campaign, paths.published, store, at, time_zone)
    except TransientError:
        raise
    except CommandError as error:
        _land(paths.landing, [failed_result(campaign, run_date, at, str(error))], campaign, at)
        raise
    _land_campaign(paths.landing, campaign, at, time_zone)
    store.hold_out([_held_out(audience, each) for each in audience.of(HELD_OUT)])
    messages = [message_body(audience, each) for each in audience.of(ENQUEUED)]
    enqueued = store.enqueue(messages)
    _land(paths.landing, audience_results(audience, enqueued), campaign, at)
    if enqueued < len(messages):
        raise TransientError(
            f"{campaign.campaign_id}: the queue took {enqueued} of {len(messages)} messages: the"
            " same command sends the rest"
        )
    return audience


def message_body(audience: Audience, decision: Decision) -> dict[str, object]:
    """Return the body of a message in the queue: it holds no address and no id of the bank."""
    campaign = audience.campaign
    window = campaign.window
    return {
        "message_id": decision.message_id,
        "campaign_id": campaign.campaign_id,
        "user_hash": decision.user_hash,
        "channel": campaign.channel,
        "template": campaign.template,
        "window": {
            "start": f"{window.start:%H:%M}",
            "end": f"{window.end:%H:%M}",
            "time_zone": audience.time_zone,
        },
        "not_after": utc_text(audience.not_after),
        "enqueued_at": utc_text(audience.at),
    }


def _held_out(audience: Audience, decision: Decision) -> dict[str, object]:
    return {
        "message_id": decision.message_id,
        "user_hash": decision.user_hash,
        "campaign_id": audience.campaign.campaign_id,
        "channel": audience.campaign.channel,
        "sent_at": utc_text(audience.at),
    }


def _land(landing: Path, records: list[Record], campaign: Campaign, at: datetime) -> None:
    try:
        name = campaign.campaign_id
        land(landing, "check_results", records, writer=TASK, name=name, at=at)
    except OSError as error:
        raise CommandError(f"nothing landed in {landing}: {error.strerror}") from error


def _land_campaign(landing: Path, campaign: Campaign, at: datetime, time_zone: str) -> None:
    """Land the campaign, so that the mart knows it before its messages."""
    day = at.astimezone(UTC).date()
    file = f"crm/dt={day}/campaigns-{TASK}-{campaign.campaign_id}-{uuid4().hex}.jsonl"
    try:
        land_once(landing, file, [campaign_record(campaign, time_zone)])
    except OSError as error:
        raise CommandError(f"nothing is sent, because {landing}: {error.strerror}") from error
