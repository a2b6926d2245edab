"""Lands what became of messages, each outcome once: `logmart messages land`.

What was sent, failed or was given up lands as records of `crm/sends`, and so does who was held out.
What the handler did not send lands as counts by reason, in the check results of operations; so does
each change of an alarm's state.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4
from zoneinfo import ZoneInfo

import click

from logmart.errors import CommandError, TransientError
from logmart.landed.file_lock import held
from logmart.messaging.alarms import land_alarms
from logmart.messaging.audience_records import TASK, Record, suppressed_results
from logmart.messaging.store import MessageStore, Outcome, message_store
from logmart.operations.landing import land_once, utc_text
from logmart.settings import project_variables, settings

# Beside the build's database.
LOCK_FILE = "messages.lock"
_SUPPRESSED, _HELD_OUT = "suppressed", "held_out"
# The table of outcomes keeps what has landed for so long, for questions.
_DAYS_KEPT = 30


@dataclass(frozen=True)
class Landed:
    """How many outcomes landed as sends, were suppressed, and were of users whom the address book
    does not have any more: those land nowhere.
    """

    sends: int = 0
    suppressed: int = 0
    forgotten: int = 0

    def __add__(self, other: Landed) -> Landed:
        return Landed(
            self.sends + other.sends,
            self.suppressed + other.suppressed,
            self.forgotten + other.forgotten,
        )


@click.command(help=__doc__)
def main() -> int:
    """Land outcomes and alarms. Raises CommandError, or TransientError while another run lands."""
    paths = settings()
    time_zone = project_variables()["business_time_zone"]
    with held(paths.database.parent / LOCK_FILE) as is_ours, message_store() as store:
        if not is_ours:
            raise TransientError("another `logmart messages land` is at work")
        landed = land_outcomes(paths.landing, store, datetime.now(UTC), time_zone)
        alarms = land_alarms(paths.landing, store, datetime.now(UTC))
    print(
        f"landed {landed.sends:,} sends; {landed.suppressed:,} messages were suppressed,"
        f" {landed.forgotten:,} were of users who are not in the address book any more;"
        f" {alarms:,} changes of alarms"
    )
    return 0


def land_outcomes(landing: Path, store: MessageStore, at: datetime, time_zone: str) -> Landed:
    """Land all outcomes that no file holds yet. Only one process at a time may do so.

    Raises CommandError; the next run goes on where this one stopped.
    """
    total = Landed()
    while True:
        # The name never repeats: a loaded file that comes back with other lines stops the build.
        name = f"{at.astimezone(UTC):%Y%m%dT%H%M%S}-{uuid4().hex}"
        outcomes = store.claim_outcomes(f"dt={at.astimezone(UTC).date()}/{TASK}-{name}.jsonl")
        if not outcomes:
            return total
        by_file: defaultdict[str, list[Outcome]] = defaultdict(list)
        for outcome in outcomes:
            by_file[outcome.landing_file].append(outcome)
        for file, each in sorted(by_file.items()):
            try:
                total += _land_file(landing, file, each, time_zone)
            except OSError as error:
                raise CommandError(f"nothing landed in {landing}: {error.strerror}") from error
            store.mark_landed(each, at, at + timedelta(days=_DAYS_KEPT))


def _land_file(landing: Path, file: str, outcomes: Sequence[Outcome], time_zone: str) -> Landed:
    partition, _, name = file.partition("/")
    known = [outcome for outcome in outcomes if outcome.user_id is not None]
    sends = [outcome for outcome in known if outcome.status != _SUPPRESSED]
    suppressed = [outcome for outcome in outcomes if outcome.status == _SUPPRESSED]
    if suppressed:
        counts = Counter((each.campaign_id, each.reason or "unknown") for each in suppressed)
        last = max(map(_moment, suppressed))
        run_date = last.astimezone(ZoneInfo(time_zone)).date()
        results = suppressed_results(counts, run_date, last)
        land_once(landing, f"operations/{partition}/check_results-{name}", results)
    if sends:
        ordered = sorted(sends, key=lambda each: (each.message_id, each.attempt))
        land_once(landing, f"crm/{partition}/sends-{name}", [send_record(each) for each in ordered])
    forgotten = len(outcomes) - len(known) - sum(each.user_id is None for each in suppressed)
    return Landed(len(sends), len(suppressed), forgotten)


def send_record(outcome: Outcome) -> Record:
    """Return an outcome as a record of `crm/sends`."""
    is_holdout = outcome.status == _HELD_OUT
    return {
        "messageId": outcome.message_id,
        "campaignId": outcome.campaign_id,
        "userId": outcome.user_id,
        "channel": outcome.channel,
        "sentAt": utc_text(_moment(outcome)),
        "status": None if is_holdout else outcome.status,
        "attempt": outcome.attempt,
        "unsubscribed": False,
        "isHoldout": is_holdout,
    }


def _moment(outcome: Outcome) -> datetime:
    moment = datetime.fromisoformat(outcome.sent_at)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
