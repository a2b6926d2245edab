"""Tells people what is due to be told, between two builds of the mart: `logmart operations watch`.

It builds the mart notices_due in a database of its own from the landed operations files, sends each
notice, and lands a record of it. LOGMART_SLACK_WEBHOOK names Slack's incoming webhook, else
LOGMART_NOTICES_FILE a file, else the notices are printed.
"""

from __future__ import annotations

import hashlib
import os
import time
from datetime import UTC, datetime
from pathlib import Path

import click

from logmart.errors import TRANSIENT, CommandError
from logmart.operations.broken_files import set_aside_broken
from logmart.operations.file_actions import Actions
from logmart.operations.landing import land
from logmart.operations.notice_text import Notice
from logmart.operations.notify import Channel, SendError, channel_of, say_unsent
from logmart.operations.watch_database import WatchDatabase, watch_database
from logmart.options import moment
from logmart.policies.results import start_run
from logmart.settings import project_variables, settings

_WRITER = "watch"
_SECONDS_A_MINUTE = 60


def _past_moment(
    context: click.Context, option: click.Parameter, text: str | None
) -> datetime | None:
    given = moment(context, option, text)
    if given and given > datetime.now(UTC):
        raise click.BadParameter(f"{text} is in the future: nothing has happened by then")
    return given


@click.command(help=__doc__)
@click.option(
    "--at", callback=_past_moment, metavar="UTC", help="The clock to judge by; default: now."
)
@click.option(
    "--every",
    type=click.IntRange(min=1),
    metavar="MINUTES",
    help="Watch again and again; default: once.",
)
def main(at: datetime | None, every: int | None) -> int:
    """Watch once, or for ever; return 75 when a notice could not be sent."""
    if every and at:
        raise click.UsageError("--at names one moment: leave out --every")
    paths = settings()
    database = watch_database(paths.database)
    channel = channel_of(os.environ)
    if every:
        _watch_for_ever(paths.landing, database, channel, every)
    unsent = watch(paths.landing, database, channel, at or datetime.now(UTC))
    return TRANSIENT if unsent else 0


def watch(landing: Path, database: WatchDatabase, channel: Channel, at: datetime) -> int:
    """Send what is due at a moment and land what was sent; return how many were not sent.

    When another watch is at work, it says so and sends nothing. Raises CommandError.
    """
    moment = at.replace(microsecond=0)
    with database.locked() as is_ours:
        if not is_ours:
            print("Another watch is at work: nothing to do here", flush=True)
            return 0
        started = time.monotonic()
        _set_aside_broken(landing, database.folder.parent)
        database.build(moment)
        notices = database.notices_due()
        unsent = sum(not _tell(landing, channel, notice, moment) for notice in notices)
        seconds = time.monotonic() - started
        until = moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")
        print(f"Watched until {until} UTC in {seconds:.1f} s: {len(notices) - unsent} notices sent")
    return unsent


def _watch_for_ever(landing: Path, database: WatchDatabase, channel: Channel, every: int) -> None:
    while True:
        started = time.monotonic()
        try:
            watch(landing, database, channel, datetime.now(UTC))
        except CommandError as error:
            # The next round may succeed, and until then nobody else tells anything.
            click.echo(f"logmart: {error}", err=True)
        time.sleep(max(0.0, every * _SECONDS_A_MINUTE - (time.monotonic() - started)))


def _set_aside_broken(landing: Path, build_folder: Path) -> None:
    """Move files of operations that cannot be read out of the way of the build."""
    actions = Actions(landing, start_run("", None, project_variables()), "logmart operations watch")
    try:
        for name in set_aside_broken(actions, build_folder):
            print(f"{name} is cut: it is in quarantine", flush=True)
    except OSError as error:
        raise CommandError(f"a broken file of operations cannot be moved: {error}") from error


def _tell(landing: Path, channel: Channel, notice: Notice, at: datetime) -> bool:
    """Send a notice and land its record; return whether it was sent."""
    try:
        channel.send(notice)
    except SendError as error:
        say_unsent(notice, error)
        outcome = "failed"
    else:
        outcome = "sent"
    records: dict[str, dict[str, object]] = {
        "notices": _notice_record(notice, channel, outcome, at)
    }
    if notice.escalation_level and outcome == "sent":
        records["actions"] = _escalation_record(notice, at)
    try:
        for entity, record in records.items():
            name = f"{notice.incident_id}-{notice.escalation_level}"
            land(landing, entity, [record], writer=_WRITER, name=name, at=at)
    except OSError as error:
        raise CommandError(
            f"the record of a notice that was {outcome} cannot be landed in {landing}"
            f" ({error.strerror}): the next watch sends it again"
        ) from error
    return outcome == "sent"


def _notice_record(
    notice: Notice, channel: Channel, outcome: str, at: datetime
) -> dict[str, object]:
    return {
        # A notice that failed and is sent later has another id.
        "noticeId": _id(notice, at, outcome),
        "incidentId": notice.incident_id,
        "level": notice.escalation_level,
        "recipient": notice.recipient,
        "channel": channel.name,
        "outcome": outcome,
        "occurredAt": at,
    }


def _escalation_record(notice: Notice, at: datetime) -> dict[str, object]:
    return {
        "actionId": _id(notice, at, "escalate"),
        "action": "escalate",
        "incidentId": notice.incident_id,
        "subjectKind": notice.subject_kind,
        "subject": notice.subject,
        "outcome": "succeeded",
        "actor": _WRITER,
        "reason": f"level {notice.escalation_level}: {notice.recipient}",
        "occurredAt": at,
    }


def _id(notice: Notice, at: datetime, what: str) -> str:
    parts = (notice.incident_id, notice.escalation_level, notice.recipient, at, what)
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:32]
