"""Asks for what the queue and the tables of messages hold, by a process of operations/.venv."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from logmart.errors import CommandError, TransientError
from logmart.operations.landing import utc_text
from logmart.operations_script import (
    PYTHON,
    REMEDY,
    OperationsScript,
    ScriptEndedError,
    operations_script,
)
from logmart.settings import PROJECT

STACK_VARIABLE = "LOGMART_MESSAGES_STACK"
SCRIPT = PROJECT / "operations/messaging/store_script.py"
_ENVIRONMENT = {"PYTHONPATH": str(PROJECT)}
# So many rows go to the process in one line.
_ROWS_A_JOB = 1_000
_OUTCOMES_A_FILE = 10_000
Row = Mapping[str, object]
_Any = TypeVar("_Any")


@dataclass(frozen=True)
class Fact:
    """What the tables say of a user and a message: whether the message is being sent, or is
    decided; what the address book has; and how many messages of the channel were accepted in the
    cap's window. `has_consent` is None for a user who is not in the book.
    """

    is_decided: bool
    has_address: bool
    has_consent: bool | None
    is_unsubscribed: bool
    time_zone: str | None
    sent_count: int


@dataclass(frozen=True)
class Outcome:
    """What became of an attempt to send a message, and the file that it lands in. `user_id` is
    None where the address book does not have the user any more.
    """

    message_id: str
    attempt: int
    user_hash: str
    campaign_id: str
    channel: str
    status: str
    reason: str | None
    sent_at: str
    landing_file: str
    user_id: str | None


class MessageStore:
    """The queue and the tables of a stack. Each method raises CommandError, or TransientError when
    another try may succeed.
    """

    def __init__(self, script: OperationsScript) -> None:
        self._script = script

    def facts(
        self, channel: str, since: datetime | None, messages: Sequence[tuple[str, str]]
    ) -> list[Fact]:
        """Return a fact for each pair of a message's id and a user's hash.

        In: `since`, from when the channel's cap counts; None where it has no cap.
        """
        moment = utc_text(since) if since else None
        facts: list[Fact] = []
        for part in _parts(messages):
            rows = [{"message_id": message, "user_hash": user} for message, user in part]
            answer = self._ask("read_facts", channel=channel, since=moment, messages=rows)
            facts += [Fact(**each) for each in answer["facts"]]
        return facts

    def enqueue(self, messages: Sequence[Row]) -> int:
        """Put messages into the queue; return how many it took."""
        return sum(
            int(self._ask("enqueue", messages=part)["enqueued"]) for part in _parts(messages)
        )

    def hold_out(self, rows: Sequence[Row]) -> None:
        """Record users that are held out, once each."""
        for part in _parts(rows):
            self._ask("hold_out", rows=part)

    def put_addresses(self, rows: Sequence[Row], at: datetime) -> None:
        """Write users into the address book."""
        for part in _parts(rows):
            self._ask("put_addresses", rows=part, at=utc_text(at))

    def users(self) -> Iterator[list[dict[str, Any]]]:
        """Yield the users in the address book, some thousands at a time: `user_hash`, `has_consent`
        and `unsubscribed_channels`.
        """
        after = None
        while True:
            answer = self._ask("read_users", after=after)
            yield answer["users"]
            after = answer["after"]
            if after is None:
                return

    def update_consents(self, rows: Sequence[Row], at: datetime) -> int:
        """Write consents of users who are in the book; return how many changed."""
        return sum(
            int(self._ask("update_consents", rows=part, at=utc_text(at))["count"])
            for part in _parts(rows)
        )

    def claim_outcomes(self, file: str) -> list[Outcome]:
        """Return outcomes that an interrupted run claimed; where there are none, claim others for a
        file. Empty: there are none left.
        """
        answer = self._ask("claim_outcomes", file=file, limit=_OUTCOMES_A_FILE)
        return [Outcome(**each) for each in answer["outcomes"]]

    def mark_landed(self, outcomes: Sequence[Outcome], at: datetime, expires: datetime) -> None:
        """Mark outcomes as landed, or delete them where the book does not have the user."""
        for part in _parts(outcomes):
            keys: dict[bool, list[Row]] = {True: [], False: []}
            for each in part:
                key = {
                    "message_id": each.message_id,
                    "attempt": each.attempt,
                    "landing_file": each.landing_file,
                }
                keys[each.user_id is not None].append(key)
            self._ask(
                "mark_landed",
                keys=keys[True],
                forgotten=keys[False],
                at=utc_text(at),
                expires_at=int(expires.timestamp()),
            )

    def find_user(self, user_hash: str, message_ids: Sequence[str]) -> int:
        """Return how many items and dead letters are of a user."""
        answer = self._ask("find_user", user_hash=user_hash, message_ids=message_ids)
        return int(answer["count"])

    def erase_user(self, user_hash: str, message_ids: Sequence[str]) -> int:
        """Delete them; return how many."""
        answer = self._ask("erase_user", user_hash=user_hash, message_ids=message_ids)
        return int(answer["count"])

    def alarms(self) -> list[dict[str, Any]]:
        """Return the changes of alarms' states that have not landed: `alarm_id` and `record`."""
        alarms: list[dict[str, Any]] = self._ask("read_alarms")["alarms"]
        return alarms

    def mark_alarms_landed(self, alarm_ids: Sequence[str], at: datetime) -> None:
        """Mark changes of alarms' states as landed."""
        self._ask("mark_alarms_landed", alarm_ids=list(alarm_ids), at=utc_text(at))

    def dead_letters(self) -> list[dict[str, str]]:
        """Return the dead letters: `message_id`, `campaign_id` and `reason`."""
        letters: list[dict[str, str]] = self._ask("list_dead_letters")["letters"]
        return letters

    def redrive(self, reasons: Sequence[str]) -> tuple[Counter[str], Counter[str]]:
        """Put dead letters back into the queue; return the reasons of those, and of those left.

        In: `reasons`, of letters to put back; empty: all of which that is of use.
        """
        answer = self._ask("redrive", reasons=list(reasons))
        return Counter(answer["put_back"]), Counter(answer["left"])

    def settle_dead_letter(self, message_id: str, *, was_sent: bool) -> bool:
        """Write down whether a message was sent; return False when that is known already."""
        answer = self._ask("settle_dead_letter", message_id=message_id, was_sent=was_sent)
        return bool(answer["is_settled"])

    def _ask(self, do: str, **arguments: object) -> dict[str, Any]:
        try:
            answer = self._script.ask({"do": do, **arguments})
        except ScriptEndedError as error:
            raise CommandError(_reason(str(error))) from error
        if "error" in answer:
            kind = TransientError if answer["is_transient"] else CommandError
            raise kind(answer["error"])
        return answer


@contextmanager
def message_store() -> Iterator[MessageStore]:
    """Start the process that reads and writes the stack of LOGMART_MESSAGES_STACK, and end it.

    Raises CommandError when the variable is not set, or the environment is not installed.
    """
    if not os.environ.get(STACK_VARIABLE):
        raise CommandError(
            f"{STACK_VARIABLE} is not set: name the stack of the messages (docs/messaging.md)"
        )
    with operations_script(PYTHON, SCRIPT, "sends messages", _ENVIRONMENT) as script:
        yield MessageStore(script)


def _parts(rows: Sequence[_Any]) -> Iterator[Sequence[_Any]]:
    for start in range(0, len(rows), _ROWS_A_JOB):
        yield rows[start : start + _ROWS_A_JOB]


def _reason(last_error: str) -> str:
    """Return why the process ended, without the text of its error, which may hold an address."""
    if "No module named 'boto" in last_error:
        return f"{PYTHON} has no boto3: {REMEDY}"
    name = last_error.partition(":")[0]
    kind = name if name.replace(".", "").isidentifier() else "no reason is known"
    return f"the process that talks to AWS stopped ({kind})"
