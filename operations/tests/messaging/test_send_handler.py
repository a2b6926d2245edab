"""The function that sends, as AWS calls it: a batch in, failed items out, a log and metrics."""

from __future__ import annotations

import json
import re
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from moto import mock_aws

from logmart.environment import changed_environment
from operations.messaging.handler import send
from operations.messaging.handler.settings import sender_settings
from operations.messaging.local.provider import ProviderStandIn, provider_stand_in
from operations.messaging.local.worker import Context
from operations.messaging.template_settings import read_document
from operations.tests.messaging.message_desk import (
    FAKE_ENVIRONMENT,
    address_item,
    create_tables,
    message_body,
    phone,
    push_token,
    sqs_event,
    template,
)

ADDRESS = re.compile(r"planted-token|8210555")


@dataclass
class Function:
    """The function with its tables, its queue and its provider; each request to AWS is noted."""

    tables: dict[str, Any]
    provider: ProviderStandIn
    worker: send.Worker
    hidden: list[tuple[str, int]] = field(default_factory=list)
    requests: set[tuple[str, str, str]] = field(default_factory=set)

    def call(self, *bodies: str, receives: int = 1, seconds: float = 30) -> list[str]:
        """Call it with a batch; return the messages that stay in the queue, by position."""
        # The logger keeps the standard output that it was made with.
        for handler in self.worker.logger.handlers:
            handler.stream = sys.stdout
        sent_at = datetime.now(UTC)
        event = sqs_event({str(n): body for n, body in enumerate(bodies)}, receives, sent_at)
        answer = send.handler(event, Context(time.monotonic() + seconds))
        return [item["itemIdentifier"] for item in answer["batchItemFailures"]]

    def outcomes(self) -> list[tuple[str, int, str, str]]:
        items = self.tables["outcomes"].scan()["Items"]
        return sorted(
            (one["message_id"], int(one["attempt"]), one["status"], one.get("reason", ""))
            for one in items
        )


@contextmanager
def function(**parameters: str) -> Iterator[Function]:
    with mock_aws(), provider_stand_in() as provider:
        tables = create_tables()
        secret = boto3.client("secretsmanager").create_secret(Name="token", SecretString="t")
        environment = {
            **template().environment,
            "PROVIDER_URL": provider.url,
            "PROVIDER_SECRET_ARN": secret["ARN"],
            "PROVIDER_RATE_PER_SECOND": "100000",
            **{f"{name.upper()}_TABLE": table.name for name, table in tables.items()},
            **parameters,
        }
        with changed_environment(environment):
            worker = send.Worker(sender_settings(environment))
            this = Function(tables, provider, worker)
            note_requests(this, worker)
            with pytest.MonkeyPatch.context() as patched:
                patched.setattr(send, "worker", lambda: worker)
                yield this


def note_requests(this: Function, worker: send.Worker) -> None:
    """Note what the worker asks AWS for; a change of visibility is noted and not carried out."""

    def note(model: Any, params: dict[str, Any], **_: Any) -> Any:
        body = params["body"]
        content = json.loads(body) if isinstance(body, str | bytes) and body else {}
        resource = content.get("TableName") or content.get("SecretId") or content.get("QueueUrl")
        service = model.service_model.service_name
        this.requests.add((service, model.name, str(resource)))
        if model.name == "ChangeMessageVisibility":
            name = content["ReceiptHandle"].removeprefix("receipt-")
            this.hidden.append((name, content["VisibilityTimeout"]))
            return type("Answer", (), {"status_code": 200})(), {}
        return None

    clients = [worker._sqs, worker._secrets, worker._outcomes._table.meta.client]
    for client in clients:
        client.meta.events.register("before-call", note)


@pytest.fixture(scope="module")
def sender() -> Iterator[Function]:
    with changed_environment(FAKE_ENVIRONMENT), function() as this:
        yield this


@pytest.fixture
def users(sender: Function) -> Function:
    for number in range(10, 30):
        sender.tables["addresses"].put_item(Item=address_item(number))
    sender.hidden.clear()
    sender.provider.log.clear()
    return sender


def test_only_what_failed_stays_in_the_queue(users: Function) -> None:
    users.provider.faults["m00011"] = [503]
    left = users.call(message_body(10), message_body(11), message_body(12))
    assert left == ["1"]
    assert [row.reference for row in users.provider.log] == ["m00010", "m00012"]
    (hidden,) = users.hidden
    assert hidden[0] == "1"
    assert 8 <= hidden[1] <= 15
    assert ("m00011", 1, "failed", "unavailable") in users.outcomes()
    assert users.call(message_body(11), receives=2) == []
    assert ("m00011", 2, "sent", "") in users.outcomes()


def test_a_dead_letter_is_one_clear_line_without_an_address(
    users: Function, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = [
        message_body(13, template="no_such"),
        message_body(14, campaign_id="no_such"),
        "no json " + push_token(15),
        message_body(16, user_hash=phone(16)),
    ]
    for receives in range(1, 9):
        assert users.call(*wrong, receives=receives) == ["0", "1", "2", "3"]
    assert {seconds for _, seconds in users.hidden} == {0}
    printed = capsys.readouterr().out
    lines = [json.loads(line) for line in printed.splitlines() if "_aws" not in line]
    said = [line["message"] for line in lines]
    assert said == [
        f"Dead letter: message {what}. Nothing is sent until somebody mends it"
        for what in (
            "m00013 of card_after_transfers: unknown_template",
            "m00014 of no_such: unknown_campaign",
            "of the queue, 2, cannot be read: the body is no JSON",
            "of the queue, 3, cannot be read: it has no valid user_hash",
        )
    ]
    assert not ADDRESS.search(printed)
    assert not users.provider.log
    assert ("m00013", 0, "dead_letter", "unknown_template") in users.outcomes()


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("[]", "a value has the wrong form (TypeError)"),
        ("{}", "it has no valid window"),
        (message_body(1, message_id="a/../b"), "it has no valid message_id"),
        (
            message_body(1, window={"start": "08:00", "end": "08:00", "time_zone": "UTC"}),
            "its window is empty",
        ),
        (message_body(1, channel="fax"), "its channel is unknown, or not_after has no time zone"),
        (message_body(1, not_after="2026-03-02T00:00:00"), "its channel is unknown, or not_after"),
        (message_body(1, not_after="soon"), "a value has the wrong form (ValueError)"),
        (
            message_body(1, window={"start": "8", "end": "9", "time_zone": "Asia/Atlantis"}),
            "a value has the wrong form",
        ),
        (
            message_body(
                1, window={"start": "08:00", "end": "09:00", "time_zone": "Asia/Atlantis"}
            ),
            "it has no valid time_zone",
        ),
    ],
)
def test_a_body_that_cannot_be_read_says_why(
    users: Function, capsys: pytest.CaptureFixture[str], body: str, why: str
) -> None:
    assert users.call(body, receives=8) == ["0"]
    assert why in capsys.readouterr().out


def test_a_message_waits_for_its_window_at_most_twelve_hours_at_a_time(users: Function) -> None:
    # It opens in 23 hours; no window of these tests is open now.
    opens = datetime.now(UTC) + timedelta(hours=23)
    window = {
        "start": f"{opens:%H:%M}",
        "end": f"{opens + timedelta(minutes=30):%H:%M}",
        "time_zone": "UTC",
    }
    assert users.call(message_body(17, window=window)) == ["0"]
    assert users.hidden == [("0", 43_000)]
    assert not users.provider.log


def test_backoff_doubles_up_to_a_quarter_of_an_hour_and_outlasts_one() -> None:
    for receives, longest in enumerate((15, 30, 60, 120, 240, 480, 900), 1):
        waits = [send.backoff(15, receives) for _ in range(50)]
        assert longest / 2 <= min(waits) < max(waits) <= longest
    receives = int(template().environment["MAX_RECEIVES"])
    assert sum(min(900, 15 * 2**n) / 2 for n in range(receives - 1)) > 15 * 60


def test_a_batch_that_has_no_time_left_is_given_back_at_once(users: Function) -> None:
    assert users.call(message_body(18), message_body(19), seconds=1) == ["0", "1"]
    assert not users.provider.log


def test_an_error_of_the_sender_is_said_by_its_kind_alone(
    users: Function, capsys: pytest.CaptureFixture[str]
) -> None:
    users.tables["addresses"].put_item(Item=address_item(20, unsubscribed_channels=7))
    assert users.call(message_body(20)) == ["0"]
    printed = capsys.readouterr().out
    assert "A message met an error of the sender: TypeError at line" in printed
    assert '"FailedAttempts":[1.0]' in printed
    assert not ADDRESS.search(printed)


def test_metrics_are_those_of_the_list_and_say_what_happened(
    users: Function, capsys: pytest.CaptureFixture[str]
) -> None:
    users.tables["addresses"].put_item(Item=address_item(22, has_consent=False))
    users.call(message_body(21), message_body(21), message_body(22))
    (line,) = capsys.readouterr().out.splitlines()
    metrics = json.loads(line)
    (described,) = metrics["_aws"]["CloudWatchMetrics"]
    names = {one["Name"] for one in described["Metrics"]}
    assert described["Namespace"] == "logmart/Messaging"
    assert names == {"Attempts", "Sent", "Duplicates", "Suppressed"}
    assert names <= set(send.METRICS)
    assert [metrics[name] for name in sorted(names)] == [[1.0], [1.0], [1.0], [1.0]]


def test_a_token_that_was_replaced_is_read_again(users: Function) -> None:
    users.provider.faults["m00023"] = [401]
    users.requests.clear()
    assert users.call(message_body(23)) == ["0"]
    assert users.call(message_body(24)) == []
    assert "GetSecretValue" in {operation for _, operation, _ in users.requests}


def test_the_sender_asks_for_what_its_role_allows_and_for_all_of_it(sender: Function) -> None:
    """The tests above have taken every way through the function."""
    asked = {f"{service}:{operation}" for service, operation, _ in sender.requests}
    statements = read_document()["Resources"]["SenderRole"]["Properties"]["Policies"][0][
        "PolicyDocument"
    ]["Statement"]
    allowed = set()
    for statement in statements:
        actions = statement["Action"]
        allowed |= {actions} if isinstance(actions, str) else set(actions)
    # The trigger polls with the role too, and Lambda writes the log.
    of_lambda = {
        *("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"),
        *("logs:CreateLogStream", "logs:PutLogEvents"),
    }
    assert asked == allowed - of_lambda
    tables = {resource: operation for _, operation, resource in sender.requests}
    by_table = {
        name: {op for _, op, resource in sender.requests if resource == sender.tables[name].name}
        for name in ("addresses", "sends", "outcomes", "caps", "alarms")
    }
    assert tables
    assert by_table == {
        "addresses": {"GetItem"},
        "sends": {"GetItem", "UpdateItem"},
        "caps": {"GetItem", "UpdateItem"},
        "outcomes": {"PutItem"},
        "alarms": set(),
    }
