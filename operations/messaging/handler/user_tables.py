"""What is looked up of a user at the moment of sending: address, consent and frequency caps."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from botocore.exceptions import ClientError

from operations.messaging.handler.settings import Cap

# Attribute of the address book by channel.
_ADDRESS_OF = {"push": "push_token", "message": "phone"}
_TRIES = 3


class CapContentionError(Exception):
    """Other workers write the caps of the same user all the time."""


@dataclass(frozen=True)
class Recipient:
    """A user's entry of the address book for one channel. An address is in no `repr`."""

    address: str = field(repr=False)
    has_consent: bool
    is_unsubscribed: bool
    time_zone: str | None


class AddressBook:
    """The table of addresses. Reading raises ClientError when AWS refuses."""

    def __init__(self, table: Any) -> None:
        self._table = table

    def find(self, user_hash: str, channel: str) -> Recipient | None:
        """Return the recipient as it was last written; None for an unknown user."""
        item = self._table.get_item(Key={"user_hash": user_hash}, ConsistentRead=True).get("Item")
        if item is None:
            return None
        return Recipient(
            address=str(item.get(_ADDRESS_OF[channel]) or ""),
            has_consent=bool(item.get("has_consent")),
            is_unsubscribed=channel in (item.get("unsubscribed_channels") or ()),
            time_zone=_known_zone(item.get("time_zone")),
        )


def _known_zone(name: str | None) -> str | None:
    try:
        return ZoneInfo(name).key if name else None
    except (ZoneInfoNotFoundError, ValueError):
        return None


class CapTable:
    """The messages that each user got in a channel lately: `times`, by id of the message.

    A slot is taken before the request and given back when the provider refuses, so that two workers
    cannot exceed a cap together.
    """

    def __init__(self, table: Any) -> None:
        self._table = table

    def take(self, user_hash: str, channel: str, message_id: str, cap: Cap, now: datetime) -> bool:
        """Take a slot for a message; return False when the cap is reached.

        Taking the slot of the same message again is harmless. Raises CapContentionError, and
        ClientError when AWS refuses.
        """
        key = {"user_channel": f"{user_hash}#{channel}"}
        for _ in range(_TRIES):
            item = self._table.get_item(Key=key, ConsistentRead=True).get("Item", {})
            times = {
                known: text
                for known, text in item.get("times", {}).items()
                if datetime.fromisoformat(text) > now - cap.within
            }
            if message_id in times:
                return True
            if len(times) >= cap.most:
                return False
            times[message_id] = now.isoformat()
            if self._replace(key, item.get("version"), times, now, cap):
                return True
        raise CapContentionError

    def give_back(self, user_hash: str, channel: str, message_id: str) -> None:
        """Give back the slot of a message. Raises ClientError when AWS refuses."""
        self._table.update_item(
            Key={"user_channel": f"{user_hash}#{channel}"},
            UpdateExpression="remove times.#id add version :one",
            ConditionExpression="attribute_exists(times)",
            ExpressionAttributeNames={"#id": message_id},
            ExpressionAttributeValues={":one": 1},
        )

    def _replace(
        self, key: dict[str, str], version: Any, times: dict[str, str], now: datetime, cap: Cap
    ) -> bool:
        values: dict[str, Any] = {
            ":times": times,
            ":next": (version or 0) + 1,
            ":expires_at": int((now + cap.within).timestamp()),
        }
        condition = "attribute_not_exists(version)"
        if version is not None:
            condition, values[":version"] = "version = :version", version
        try:
            self._table.update_item(
                Key=key,
                UpdateExpression="set times = :times, version = :next, expires_at = :expires_at",
                ConditionExpression=condition,
                ExpressionAttributeValues=values,
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise
            return False
        return True
