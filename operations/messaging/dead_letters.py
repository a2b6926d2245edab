"""Lists dead letters with their reasons, and puts them back into the queue.

A letter is put into the queue before it is taken out of the dead letters. Killed in between, it is
in both; that is harmless, because a message is sent once.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from boto3.dynamodb.conditions import Key
from botocore.exceptions import ClientError

from operations.messaging.handler.message import MessageError, read_message
from operations.messaging.handler.send_records import ACCEPTED, RELEASED, UNKNOWN
from operations.messaging.handler.sender import OUTCOME_UNKNOWN

UNREADABLE, NOT_RECORDED, SETTLED = "unreadable", "not_recorded", "settled_by_a_person"
# Letters that were seen stay hidden until all were seen.
_HIDDEN_SECONDS = 120
_AT_A_TIME = 10


class NotUnknownError(Exception):
    """A message whose outcome is known cannot be settled by a person."""


@dataclass(frozen=True)
class DeadLetter:
    """A dead letter: the message that it holds, why it is one, and the queue's handle of it."""

    message_id: str
    campaign_id: str
    reason: str
    body: str
    receipt: str


@dataclass(frozen=True)
class DeadLetters:
    """The queues and tables that dead letters concern. All methods raise ClientError."""

    sqs: Any
    queue_url: str
    dead_letter_url: str
    sends: Any
    outcomes: Any

    def read(self) -> Iterator[DeadLetter]:
        """Yield all letters. They stay hidden for two minutes, unless `show_again` is called."""
        while True:
            found = self.sqs.receive_message(
                QueueUrl=self.dead_letter_url,
                MaxNumberOfMessages=_AT_A_TIME,
                VisibilityTimeout=_HIDDEN_SECONDS,
                WaitTimeSeconds=1,
            ).get("Messages", [])
            if not found:
                return
            for message in found:
                yield self._letter(message["Body"], message["ReceiptHandle"])

    def show_again(self, letter: DeadLetter) -> None:
        """End the time for which a letter that was read is hidden."""
        self.sqs.change_message_visibility(
            QueueUrl=self.dead_letter_url, ReceiptHandle=letter.receipt, VisibilityTimeout=0
        )

    def put_back(self, letter: DeadLetter) -> None:
        """Move a letter into the queue."""
        self.sqs.send_message(QueueUrl=self.queue_url, MessageBody=letter.body)
        self.sqs.delete_message(QueueUrl=self.dead_letter_url, ReceiptHandle=letter.receipt)

    def settle(self, message_id: str, *, was_sent: bool) -> None:
        """Write down what a person found out about an outcome that nobody knew.

        Put back into the queue, a message that was sent is deleted there, another one is sent.
        Raises NotUnknownError when the outcome of the message is known.
        """
        now = datetime.now(UTC).isoformat()
        try:
            self.sends.update_item(
                Key={"message_id": message_id},
                UpdateExpression="set #state = :state, settled_at = :now, reason = :reason",
                ConditionExpression="#state = :unknown",
                ExpressionAttributeNames={"#state": "state"},
                ExpressionAttributeValues={
                    ":state": ACCEPTED if was_sent else RELEASED,
                    ":unknown": UNKNOWN,
                    ":now": now,
                    ":reason": SETTLED,
                },
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise
            raise NotUnknownError(message_id) from None

    def _letter(self, body: str, receipt: str) -> DeadLetter:
        try:
            message = read_message(body)
        except MessageError:
            return DeadLetter("", "", UNREADABLE, body, receipt)
        found = self.outcomes.query(
            KeyConditionExpression=Key("message_id").eq(message.message_id), ConsistentRead=True
        )["Items"]
        reasons = [one.get("reason", "") for one in found if one["status"] == "dead_letter"]
        reason = reasons[-1] if reasons else NOT_RECORDED
        record = self.sends.get_item(Key={"message_id": message.message_id}, ConsistentRead=True)
        if record.get("Item", {}).get("reason") == SETTLED:
            reason = SETTLED
        return DeadLetter(message.message_id, message.campaign_id, reason, body, receipt)


def listed(letter: DeadLetter) -> dict[str, str]:
    """Return what is said of a letter; not its body, because an unreadable one holds anything."""
    return {
        "message_id": letter.message_id,
        "campaign_id": letter.campaign_id,
        "reason": letter.reason,
    }


def is_of_no_use(letter: DeadLetter) -> bool:
    """Return whether putting a letter back changes nothing, unless somebody settles it first, or
    the sender learns to read it.
    """
    return letter.reason in (OUTCOME_UNKNOWN, UNREADABLE)
