"""What tests of the sender share: messages, tables in memory, a clock, and a provider in memory."""

from __future__ import annotations

import itertools
import json
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import boto3

from operations.messaging.handler.message import Message, read_message
from operations.messaging.handler.outcomes import Outcomes
from operations.messaging.handler.pacing import Pacer
from operations.messaging.handler.provider import Accepted, Answer, Unknown
from operations.messaging.handler.send_records import SendRecords
from operations.messaging.handler.sender import Decision, Sender
from operations.messaging.handler.settings import SenderSettings, sender_settings
from operations.messaging.handler.user_tables import AddressBook, CapTable
from operations.messaging.template_settings import Template, read_template

CAMPAIGN, TEMPLATE = "card_after_transfers", "card_after_transfers"
# Noon in Seoul.
NOON = datetime(2026, 3, 2, 3, 0, tzinfo=UTC)
_NUMBERS = itertools.count()
FAKE_ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_DEFAULT_REGION": "us-east-1",
}


def user_hash(number: int) -> str:
    """Return the hash of a user."""
    return f"{number:032x}"


def push_token(number: int) -> str:
    """Return the address of a user: a text that is searched for where no address may be."""
    return f"planted-token-{number}-of-user"


def phone(number: int) -> str:
    """Return the phone number of a user, planted like the token."""
    return f"+82105550{number:04d}"


def message_body(number: int, **changes: Any) -> str:
    """Return the body of a message that may be sent at any hour, to the user of its number."""
    fields = {
        "message_id": f"m{number:05d}",
        "campaign_id": CAMPAIGN,
        "user_hash": user_hash(number),
        "channel": "push",
        "template": TEMPLATE,
        "window": {"start": "00:00", "end": "23:59:59.999", "time_zone": "Asia/Seoul"},
        "not_after": "2100-01-01T00:00:00+00:00",
        "enqueued_at": "2026-03-02T03:00:00+00:00",
    }
    return json.dumps(fields | changes)


def address_item(number: int, **changes: Any) -> dict[str, Any]:
    """Return a user's entry of the address book."""
    item = {
        "user_hash": user_hash(number),
        "user_id": f"u_{number}",
        "push_token": push_token(number),
        "phone": phone(number),
        "has_consent": True,
        "unsubscribed_channels": [],
    }
    return item | changes


@cache
def dynamodb() -> Any:
    """Return the client of the tables in memory; making one takes longer than a test."""
    return boto3.resource("dynamodb")


@cache
def template() -> Template:
    """Return the template; reading it takes longer than a test."""
    return read_template()


def create_tables() -> dict[str, Any]:
    """Make the template's tables under new names, and return them by their usual names."""
    number = next(_NUMBERS)
    tables = {}
    for properties in template().of_type("AWS::DynamoDB::Table").values():
        keys = ("TableName", "BillingMode", "AttributeDefinitions", "KeySchema")
        given = {key: properties[key] for key in keys}
        given["TableName"] += f"-{number}"
        table = dynamodb().create_table(**given)
        tables[properties["TableName"]] = table
    return {name: tables[full] for name, full in template().table_names.items()}


@dataclass
class Clock:
    """A clock that tests set."""

    at: datetime = NOON

    def now(self) -> datetime:
        """Return its time."""
        return self.at

    def pass_time(self, **times: float) -> None:
        """Let time pass, as in `timedelta`."""
        self.at += timedelta(**times)


class Killed(BaseException):
    """The worker is killed."""


@dataclass
class MemoryProvider:
    """A provider that takes a key or none; `answers` are given before it takes messages again."""

    takes_key: bool = True
    answers: list[Answer] = field(default_factory=list)
    requests: list[dict[str, str]] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    taken: Counter[str] = field(default_factory=Counter)

    def request(self, request: dict[str, str], key: str) -> Answer:
        """Answer a request. An outcome that is unknown was taken all the same."""
        self.requests.append(request)
        self.keys.append(key)
        answer = self.answers.pop(0) if self.answers else Accepted("p1")
        is_taken = isinstance(answer, Accepted | Unknown)
        if is_taken and not (self.takes_key and self.taken[key]):
            self.taken[key] += 1
        return answer


@dataclass
class KillSwitch:
    """Kills the worker at its n-th step: before the step, or after it."""

    step: int = 0
    is_before: bool = False
    done: int = 0
    names: list[str] = field(default_factory=list)

    def around(self, name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        """Return a call that counts as a step."""

        def stepped(*values: Any, **named: Any) -> Any:
            self.done += 1
            self.names.append(name)
            if self.is_before and self.done == self.step:
                raise Killed
            result = call(*values, **named)
            if self.done == self.step:
                raise Killed
            return result

        return stepped


class SteppedTable:
    """A table each of whose requests is a step of a kill switch."""

    def __init__(self, table: Any, name: str, switch: KillSwitch) -> None:
        self._table, self._name, self._switch = table, name, switch

    def __getattr__(self, method: str) -> Any:
        return self._switch.around(f"{self._name}.{method}", getattr(self._table, method))


@dataclass
class SenderDesk:
    """A sender on tables in memory."""

    tables: dict[str, Any]
    clock: Clock
    provider: MemoryProvider
    settings: SenderSettings
    counts: Counter[str] = field(default_factory=Counter)

    def sender(self, switch: KillSwitch | None = None) -> Sender:
        """Return a new worker's sender."""
        tables = self.tables
        request = self.provider.request
        if switch is not None:
            tables = {name: SteppedTable(one, name, switch) for name, one in tables.items()}
            request = switch.around("provider", request)
        return Sender(
            settings=self.settings,
            records=SendRecords(tables["sends"]),
            addresses=AddressBook(tables["addresses"]),
            caps=CapTable(tables["caps"]),
            outcomes=Outcomes(tables["outcomes"]),
            request=request,
            pacer=Pacer(self.settings.provider.rate, sleep=lambda _: None),
            count=lambda name: self.counts.update([name]),
            now=self.clock.now,
        )

    def decide(
        self,
        body: str,
        switch: KillSwitch | None = None,
        remaining: float = 30,
        enqueued_at: datetime | None = None,
    ) -> Decision:
        """Return what a worker decides."""
        return self.sender(switch).decide(
            read_message(body), enqueued_at or self.clock.at, lambda: remaining
        )

    def outcomes(self) -> list[tuple[str, int, str, str]]:
        """Return the outcomes: message, attempt, status, reason."""
        items = self.tables["outcomes"].scan()["Items"]
        return sorted(
            (one["message_id"], int(one["attempt"]), one["status"], one.get("reason", ""))
            for one in items
        )

    def state(self, number: int) -> str:
        """Return the state of a message."""
        key = {"message_id": f"m{number:05d}"}
        return str(self.tables["sends"].get_item(Key=key)["Item"]["state"])


def desk_settings(*, takes_key: bool) -> SenderSettings:
    """Return the template's settings, with a provider that takes a key or none."""
    environment = {**template().environment, "PROVIDER_URL": "http://127.0.0.1:1/"}
    settings = sender_settings(environment)
    key_time = settings.provider.key_time if takes_key else timedelta()
    return replace(settings, provider=replace(settings.provider, key_time=key_time, rate=1e9))


def open_desk(*, takes_key: bool = True) -> SenderDesk:
    """Return a desk with new tables; needs moto."""
    return SenderDesk(
        create_tables(),
        Clock(),
        MemoryProvider(takes_key),
        desk_settings(takes_key=takes_key),
    )


def sqs_event(bodies: Mapping[str, str], receives: int, sent_at: datetime) -> dict[str, Any]:
    """Return the event of a batch: bodies by the queue's id of the message."""
    return {
        "Records": [
            {
                "messageId": name,
                "receiptHandle": f"receipt-{name}",
                "body": body,
                "attributes": {
                    "ApproximateReceiveCount": str(receives),
                    "SentTimestamp": str(int(sent_at.timestamp() * 1000)),
                },
                "messageAttributes": {},
                "md5OfBody": "",
                "eventSource": "aws:sqs",
                "eventSourceARN": "arn:aws:sqs:us-east-1:123456789012:logmart-messages",
                "awsRegion": "us-east-1",
            }
            for name, body in bodies.items()
        ]
    }


def read(number: int, **changes: Any) -> Message:
    """Return a message."""
    return read_message(message_body(number, **changes))
