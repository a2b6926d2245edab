"""What is known of users at the moment of sending, and the messages in the queue."""

from __future__ import annotations

import json
import time
from datetime import datetime

from operations.messaging.address_items import CHANNELS
from operations.messaging.aws_stack import Item, Stack, all_at_once

# SQS takes at most ten messages a request.
_MESSAGES_A_REQUEST = 10
_ATTEMPTS = 3
_SECONDS_BETWEEN_ATTEMPTS = 0.2
_ADDRESSES = dict(zip(("push", "message"), CHANNELS, strict=True))


def read_facts(stack: Stack, channel: str, since: str | None, messages: list[Item]) -> Item:
    """Return a fact for each message, in their order.

    In: messages of `message_id` and `user_hash`; `since`, the UTC moment from which the channel's
    cap counts, None where it has no cap. Out: `facts` of `is_decided` (the message is being
    sent, or is decided), `has_address`, `has_consent` (None for a user who is not in the book),
    `is_unsubscribed`, `time_zone` and `sent_count` (accepted messages since then).
    """
    address = _ADDRESSES[channel]
    hashes = [message["user_hash"] for message in messages]
    columns = ("user_hash", address, "has_consent", "unsubscribed_channels", "time_zone")
    users = {
        item["user_hash"]: item
        for item in stack.read_items(
            stack.addresses, [{"user_hash": each} for each in hashes], columns
        )
    }
    decided_ids = {
        item["message_id"]
        for item in stack.read_items(
            stack.sends,
            [{"message_id": message["message_id"]} for message in messages],
            ("message_id",),
        )
    }
    counts = _sent_counts(stack, channel, since, hashes) if since else {}
    facts = []
    for message in messages:
        user_hash = message["user_hash"]
        user = users.get(user_hash, {})
        facts.append(
            {
                "is_decided": message["message_id"] in decided_ids,
                "has_address": bool(user.get(address)),
                "has_consent": user.get("has_consent"),
                "is_unsubscribed": channel in user.get("unsubscribed_channels", []),
                "time_zone": user.get("time_zone"),
                "sent_count": counts.get(user_hash, 0),
            }
        )
    return {"facts": facts}


def _sent_counts(stack: Stack, channel: str, since: str, hashes: list[str]) -> dict[str, int]:
    first = datetime.fromisoformat(since)
    keys = [{"user_channel": f"{user_hash}#{channel}"} for user_hash in hashes]
    return {
        item["user_channel"].partition("#")[0]: sum(
            datetime.fromisoformat(moment) > first for moment in item.get("times", {}).values()
        )
        for item in stack.read_items(stack.caps, keys, ("user_channel", "times"))
    }


def enqueue(stack: Stack, messages: list[Item]) -> Item:
    """Put messages into the queue; return `enqueued`, how many it took.

    What it does not take is tried again, at most three times in all.
    """
    parts = [
        messages[start : start + _MESSAGES_A_REQUEST]
        for start in range(0, len(messages), _MESSAGES_A_REQUEST)
    ]
    return {"enqueued": sum(all_at_once(lambda part: _enqueue_part(stack, part), parts))}


def _enqueue_part(stack: Stack, messages: list[Item]) -> int:
    left = {str(number): json.dumps(message) for number, message in enumerate(messages)}
    for attempt in range(_ATTEMPTS):
        if attempt:
            time.sleep(_SECONDS_BETWEEN_ATTEMPTS * 2**attempt)
        answer = stack.sqs.send_message_batch(
            QueueUrl=stack.queue,
            Entries=[{"Id": key, "MessageBody": body} for key, body in left.items()],
        )
        left = {each["Id"]: left[each["Id"]] for each in answer.get("Failed", [])}
        if not left:
            break
    return len(messages) - len(left)
