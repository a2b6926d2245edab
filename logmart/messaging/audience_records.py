"""Makes the records of an audience: check results with counts, and the campaign itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from logmart.messaging.audience import ENQUEUED, HELD_OUT, REASONS, Audience
from logmart.messaging.campaigns import Campaign
from logmart.operations.landing import utc_text

Record = dict[str, Any]
TASK = "messages"
_OWNER = "crm"


@dataclass(frozen=True)
class _Count:
    """A check, how many users it found of how many, and the line that says why it failed."""

    check: str
    count: int
    queried: int | None = None
    failed: str = ""


def audience_results(audience: Audience, enqueued: int) -> list[Record]:
    """Return a result for each decision, of how many users it was taken, and one of the whole.

    In: `enqueued`, how many messages the queue took. The result of the whole fails when
    the counts do not add up to the queried users.
    """
    queried = len(audience.decisions)
    campaign_id, at = audience.campaign.campaign_id, audience.at
    counts = {outcome: audience.count(outcome) for outcome in (*REASONS, HELD_OUT)}
    counts[ENQUEUED] = enqueued
    missing = queried - sum(counts.values())
    run_date = at.astimezone(ZoneInfo(audience.time_zone)).date()
    wrong = f"the queue did not take {missing} of {queried} messages" if missing else ""
    counted = [_Count("audience", missing, queried, wrong)]
    counted += [_Count(f"audience_{outcome}", count, queried) for outcome, count in counts.items()]
    return [_result(campaign_id, run_date, at, each) for each in counted]


def failed_result(campaign: Campaign, run_date: date, at: datetime, failed: str) -> Record:
    """Return the result of an audience that was not found: one line says why."""
    return _result(campaign.campaign_id, run_date, at, _Count("audience", 0, 0, failed))


def suppressed_results(
    counts: Mapping[tuple[str, str], int], run_date: date, at: datetime
) -> list[Record]:
    """Return a result for each campaign and reason for which the handler sent nothing."""
    return [
        _result(campaign_id, run_date, at, _Count(f"suppressed_{reason}", count))
        for (campaign_id, reason), count in sorted(counts.items())
    ]


def campaign_record(campaign: Campaign, time_zone: str) -> Record:
    """Return the campaign as a record of `crm/campaigns`."""
    return {
        "campaignId": campaign.campaign_id,
        "name": campaign.name,
        "channel": campaign.channel,
        "startsAt": campaign.starts_at(time_zone),
        "endsAt": campaign.ends_at(time_zone),
        "holdoutShare": campaign.holdout_share,
    }


def _result(campaign_id: str, run_date: date, at: datetime, each: _Count) -> Record:
    return {
        "runId": f"messages__{campaign_id}__{utc_text(at)}",
        "runDate": run_date,
        "task": TASK,
        "stage": "mart",
        "platform": "logmart",
        "check": each.check,
        "checkKind": "audience",
        "subjectKind": "queue",
        "subject": campaign_id,
        "status": "failed" if each.failed else "passed",
        "severity": "warning" if each.failed else "info",
        "owner": _OWNER,
        "failureCount": each.count,
        "checkedCount": each.queried,
        "message": each.failed or None,
        "checkedAt": at,
    }
