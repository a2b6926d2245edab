"""The function that sends: it is given a batch of the queue, and answers which messages stay there.

Settings come from the environment that the template gives it. Its log and its metrics name messages
by their ids; no address goes into either.
"""

from __future__ import annotations

import os
import random
import traceback
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from typing import Any

import boto3
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.batch import (
    BatchProcessor,
    EventType,
    process_partial_response,
)
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from operations.messaging.handler import outcomes as status
from operations.messaging.handler import provider
from operations.messaging.handler.message import Message, MessageError, read_message
from operations.messaging.handler.outcomes import Outcomes
from operations.messaging.handler.pacing import Pacer
from operations.messaging.handler.provider import Answer, Refused
from operations.messaging.handler.send_records import SendRecords
from operations.messaging.handler.sender import (
    OUTCOME_UNKNOWN,
    Dead,
    Done,
    Later,
    Sender,
)
from operations.messaging.handler.settings import SenderSettings, sender_settings
from operations.messaging.handler.user_tables import AddressBook, CapTable

# Metrics that alarms read, and others that a person does.
METRICS = (
    "Attempts",
    "FailedAttempts",
    "ProviderThrottles",
    "UnknownOutcomes",
    "Sent",
    "Suppressed",
    "Failed",
    "Duplicates",
    "DeadLetters",
    "Postponed",
)
_METRIC_OF = {
    "sent": "Sent",
    "suppressed": "Suppressed",
    "failed": "Failed",
    "duplicate": "Duplicates",
}
_LONGEST_BACKOFF = 900
# SQS hides a message for 12 hours at most, counted from when it was received.
_LONGEST_HIDDEN = 43_000
_REFUSED_TOKEN = frozenset({"refused_401", "refused_403"})


class StaysInQueueError(Exception):
    """A message stays in the queue. This is what the batch processor takes for a failure."""


class Worker:
    """What a worker keeps between two batches: clients, the provider's token, its pace."""

    def __init__(self, settings: SenderSettings) -> None:
        self.settings = settings
        self.counts: Counter[str] = Counter()
        self.logger = Logger()
        self._metrics = Metrics()
        self._token = ""
        self._sqs = boto3.client("sqs")
        self._secrets = boto3.client("secretsmanager")
        tables, dynamodb = settings.tables, boto3.resource("dynamodb")
        self._outcomes = Outcomes(dynamodb.Table(tables.outcomes))
        self._sender = Sender(
            settings=settings,
            records=SendRecords(dynamodb.Table(tables.sends)),
            addresses=AddressBook(dynamodb.Table(tables.addresses)),
            caps=CapTable(dynamodb.Table(tables.caps)),
            outcomes=self._outcomes,
            request=self._request,
            pacer=Pacer(settings.provider.rate),
            count=self._count,
        )

    def handle(self, record: SQSRecord, remaining: Callable[[], float]) -> None:
        """Decide one message. Raises StaysInQueueError when it is not to be deleted."""
        receives = int(record.attributes.approximate_receive_count)
        is_last = receives >= self.settings.max_receives
        try:
            message = read_message(record.body)
        except MessageError as error:
            self._hide(record, 0)
            if is_last:
                self._bury(f"of the queue, {record.message_id}, cannot be read: {error}")
            raise StaysInQueueError from None
        enqueued_at = datetime.fromtimestamp(int(record.attributes.sent_timestamp) / 1000, UTC)
        decision = self._sender.decide(message, enqueued_at, remaining)
        if isinstance(decision, Done):
            self._count(_METRIC_OF[decision.result])
            return
        self._keep(record, message, decision, receives)
        raise StaysInQueueError

    def flush_metrics(self) -> None:
        """Write the counts of the batch as metrics, and begin anew."""
        for name, count in self.counts.items():
            self._metrics.add_metric(name, MetricUnit.Count, count)
        if self.counts:
            self._metrics.flush_metrics()
        self.counts.clear()

    def _keep(
        self, record: SQSRecord, message: Message, decision: Later | Dead, receives: int
    ) -> None:
        """Leave a message in the queue, for as long as the decision asks for."""
        is_last = receives >= self.settings.max_receives
        if is_last and decision.attempt is not None:
            # An outcome that nobody knows is written when it is given up.
            if decision.reason != OUTCOME_UNKNOWN:
                now = datetime.now(UTC)
                self._outcomes.put(
                    message, decision.attempt, status.DEAD_LETTER, now, decision.reason
                )
            self._bury(f"{message.message_id} of {message.campaign_id}: {decision.reason}")
        elif isinstance(decision, Later) and decision.is_refused and decision.attempt:
            now = datetime.now(UTC)
            self._outcomes.put(message, decision.attempt, status.FAILED, now, decision.reason)
        if isinstance(decision, Dead) or is_last:
            # The next receives make it a dead letter at once.
            self._hide(record, 0)
            return
        if decision.is_patient:
            self._count("Postponed")
            self._hide(record, decision.wait)
            return
        self._hide(record, max(decision.wait, backoff(self.settings.backoff, receives)))

    def _hide(self, record: SQSRecord, seconds: float) -> None:
        """Hide a message for some seconds from now, rounded up."""
        self._sqs.change_message_visibility(
            QueueUrl=self.settings.queue_url,
            ReceiptHandle=record.receipt_handle,
            VisibilityTimeout=min(_LONGEST_HIDDEN, int(-(-seconds // 1))),
        )

    def _bury(self, what: str) -> None:
        self._count("DeadLetters")
        self.logger.error(f"Dead letter: message {what}. Nothing is sent until somebody mends it")

    def _request(self, request: dict[str, str], key: str) -> Answer:
        if not self._token:
            secret = self._secrets.get_secret_value(SecretId=self.settings.provider.secret)
            self._token = secret["SecretString"]
        answer = provider.send(self.settings.provider, self._token, request, key)
        if isinstance(answer, Refused) and answer.reason in _REFUSED_TOKEN:
            # The token may have been replaced.
            self._token = ""
        return answer

    def _count(self, metric: str) -> None:
        self.counts[metric] += 1


def backoff(first: int, receives: int) -> float:
    """Return the seconds before the next attempt: a random share, half at least, of a time that
    doubles with each receive, up to 15 minutes.
    """
    longest = min(float(_LONGEST_BACKOFF), first * 2.0 ** (receives - 1))
    return longest * random.uniform(0.5, 1.0)


@cache
def worker() -> Worker:
    """Return the worker of this process. Raises KeyError for a setting that is missing."""
    return Worker(sender_settings(os.environ))


def handler(event: dict[str, Any], context: Any) -> Any:
    """Handle a batch; return the messages that stay in the queue."""
    this = worker()

    # The batch processor passes the message by the name `record`: with another name of the
    # parameter, every message fails.
    def handle(record: SQSRecord) -> None:
        this.handle(record, lambda: context.get_remaining_time_in_millis() / 1000)

    processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)
    try:
        return process_partial_response(
            event=event, record_handler=handle, processor=processor, context=context
        )
    finally:
        _tell_errors(this, processor)
        this.flush_metrics()


def _tell_errors(this: Worker, processor: BatchProcessor) -> None:
    """Log errors that the batch processor took for failures of single messages."""
    for kind, _, trace in processor.exceptions:
        if kind is None or issubclass(kind, StaysInQueueError):
            continue
        frames = traceback.extract_tb(trace)
        at = f" at line {frames[-1].lineno} of {frames[-1].name}" if frames else ""
        # The text of an error may hold what it met, so only its kind is written.
        this.logger.error(f"A message met an error of the sender: {kind.__name__}{at}")
        this.counts["Attempts"] += 1
        this.counts["FailedAttempts"] += 1
