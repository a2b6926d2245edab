"""The records by which a message is sent once: table `sends`, one item a message.

| state | meaning | who may claim it next |
|---|---|---|
| claimed | a worker sends it, or was killed while it did | nobody at first, then see `Sender` |
| accepted | the provider took it | nobody |
| released | the provider did not take it, for sure | anybody |
| unknown | nobody knows whether the provider took it | nobody; a person decides |
| suppressed, failed | decided: it is not sent | nobody |

Each claim raises `attempt` by one, so an attempt names one claim, and only its owner can settle it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError

# Longer than a message lives in the queue and in the dead letters together.
KEPT = timedelta(days=30)
CLAIMED, ACCEPTED, RELEASED, UNKNOWN = "claimed", "accepted", "released", "unknown"
SUPPRESSED, FAILED = "suppressed", "failed"


class ClaimLostError(Exception):
    """Another worker has claimed or decided the message meanwhile."""


@dataclass(frozen=True)
class SendRecord:
    """What is known of a message, its moments in UTC.

    `settled_at` is when its state was decided; `is_permanent`: the provider refused it until
    somebody mends something. `unsettled_since` is when the first of the claims
    was made whose outcome nobody knows, where this claim follows such a one. `key` is the
    idempotency key: the id of the message, and another one after something was mended, because a
    provider may answer a key that it refused once with the same refusal.
    """

    state: str
    attempt: int
    claimed_at: datetime | None = None
    unsettled_since: datetime | None = None
    settled_at: datetime | None = None
    reason: str = ""
    is_permanent: bool = False
    key: str = ""


class SendRecords:
    """The table. Its methods raise ClientError when AWS refuses a request."""

    def __init__(self, table: Any) -> None:
        self._table = table

    def read(self, message_id: str) -> SendRecord | None:
        """Return the record of a message, None before the first decision."""
        item = self._table.get_item(Key={"message_id": message_id}, ConsistentRead=True).get("Item")
        if item is None:
            return None
        return SendRecord(
            state=item["state"],
            attempt=int(item["attempt"]),
            claimed_at=_moment(item.get("claimed_at")),
            unsettled_since=_moment(item.get("unsettled_since")),
            settled_at=_moment(item.get("settled_at")),
            reason=item.get("reason", ""),
            is_permanent=bool(item.get("is_permanent")),
            key=item.get("key", ""),
        )

    def claim(self, message_id: str, before: SendRecord | None, now: datetime) -> SendRecord:
        """Claim a message that is still as it was read. Raises ClaimLostError."""
        claim = _next_claim(message_id, before, now)
        fields = {
            "state": CLAIMED,
            "attempt": claim.attempt,
            "claimed_at": now,
            "unsettled_since": claim.unsettled_since or "",
            "key": claim.key,
        }
        self._write(message_id, before, fields)
        return claim

    def suppress(
        self, message_id: str, before: SendRecord | None, reason: str, now: datetime
    ) -> None:
        """Decide that a message is not sent. Raises ClaimLostError."""
        attempt = before.attempt if before else 0
        fields = {"state": SUPPRESSED, "attempt": attempt, "settled_at": now, "reason": reason}
        self._write(message_id, before, fields)

    def settle(
        self,
        message_id: str,
        claim: SendRecord,
        new_state: str,
        now: datetime,
        facts: Mapping[str, object],
    ) -> None:
        """End a claim, and keep facts of how. Raises ClaimLostError when it is no longer ours."""
        self._write(message_id, claim, {"state": new_state, "settled_at": now, **facts})

    def _write(self, message_id: str, before: SendRecord | None, fields: dict[str, Any]) -> None:
        values: dict[str, Any] = {
            f":{key}": value.isoformat() if isinstance(value, datetime) else value
            for key, value in fields.items()
        }
        now: datetime = fields.get("claimed_at") or fields["settled_at"]
        values[":expires_at"] = int((now + KEPT).timestamp())
        names = {f"#{key}": key for key in (*fields, "expires_at")}
        condition = "attribute_not_exists(message_id)"
        if before is not None:
            names |= {"#state": "state", "#attempt": "attempt"}
            values |= {":state_before": before.state, ":attempt_before": before.attempt}
            condition = "#state = :state_before and #attempt = :attempt_before"
            if fields["state"] == ACCEPTED:
                # The worker was slower than its claim, and another has given the outcome up.
                values[":unknown"] = UNKNOWN
                condition = "#state in (:state_before, :unknown) and #attempt = :attempt_before"
        try:
            self._table.update_item(
                Key={"message_id": message_id},
                UpdateExpression="set "
                + ", ".join(f"#{key} = :{key}" for key in (*fields, "expires_at")),
                ConditionExpression=condition,
                ExpressionAttributeNames=names,
                ExpressionAttributeValues=values,
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise
            raise ClaimLostError(message_id) from None


def _next_claim(message_id: str, before: SendRecord | None, now: datetime) -> SendRecord:
    if before is None:
        return SendRecord(CLAIMED, 1, claimed_at=now, key=message_id)
    attempt = before.attempt + 1
    key = f"{message_id}-{attempt}" if before.is_permanent else before.key or message_id
    unsettled_since = None
    if before.state == CLAIMED:
        unsettled_since = before.unsettled_since or before.claimed_at
    return SendRecord(CLAIMED, attempt, claimed_at=now, unsettled_since=unsettled_since, key=key)


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text).astimezone(UTC) if text else None
