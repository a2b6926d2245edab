"""The table of outcomes: what became of each attempt of each message. It holds no address."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

from operations.messaging.handler.message import Message

SENT, FAILED, SUPPRESSED, DEAD_LETTER = "sent", "failed", "suppressed", "dead_letter"


class Outcomes:
    """The table. Writing raises ClientError when AWS refuses."""

    def __init__(self, table: Any) -> None:
        self._table = table

    def put(
        self, message: Message, attempt: int, status: str, decided_at: datetime, reason: str = ""
    ) -> None:
        """Write an outcome. The same one again changes nothing, also after it has landed.

        In: `attempt`, 0 for a message that never got to the provider; `decided_at`, in UTC.
        """
        item = {
            "message_id": message.message_id,
            "attempt": attempt,
            "user_hash": message.user_hash,
            "campaign_id": message.campaign_id,
            "channel": message.channel,
            "status": status,
            "sent_at": decided_at.isoformat(),
        }
        if reason:
            item["reason"] = reason
        try:
            self._table.put_item(
                Item=item,
                ConditionExpression="attribute_not_exists(message_id) or #status <> :status",
                ExpressionAttributeNames={"#status": "status"},
                ExpressionAttributeValues={":status": status},
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise
