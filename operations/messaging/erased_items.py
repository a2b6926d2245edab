"""Finds and deletes what the tables and the dead letters hold of one user.

A message that is still in the queue holds a hash and no address. It is not received here, because
that would count as an attempt; the handler finds no address, and the message ends.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from operations.messaging.aws_stack import Item, Stack, to_item

_SECONDS_HELD = 60
_MESSAGES_A_REQUEST = 10
_CHANNELS = ("push", "message")


def find_user(stack: Stack, user_hash: str, message_ids: list[str]) -> Item:
    """Return `count`, how many items and dead letters are of a user.

    In: `message_ids`, all that a campaign could have given the user's messages.
    """
    return {"count": _erase(stack, user_hash, message_ids, is_search=True)}


def erase_user(stack: Stack, user_hash: str, message_ids: list[str]) -> Item:
    """Delete them, the address first, so that nothing queued can be sent; return `count`."""
    return {"count": _erase(stack, user_hash, message_ids, is_search=False)}


def _erase(stack: Stack, user_hash: str, message_ids: list[str], *, is_search: bool) -> int:
    def remove(table: str, key: Item) -> int:
        if is_search:
            item = stack.dynamodb.get_item(TableName=table, Key=to_item(key), ConsistentRead=True)
            return int("Item" in item)
        answer = stack.dynamodb.delete_item(
            TableName=table, Key=to_item(key), ReturnValues="ALL_OLD"
        )
        return int("Attributes" in answer)

    count = remove(stack.addresses, {"user_hash": user_hash})
    outcomes = list(stack.scan(stack.outcomes, "user_hash = :user", {":user": user_hash}))
    ids = sorted({*message_ids, *(item["message_id"] for item in outcomes)})
    count += sum(remove(stack.sends, {"message_id": each}) for each in ids)
    for item in outcomes:
        count += remove(
            stack.outcomes, {"message_id": item["message_id"], "attempt": item["attempt"]}
        )
    for channel in _CHANNELS:
        count += remove(stack.caps, {"user_channel": f"{user_hash}#{channel}"})
    return count + _erase_dead_letters(stack, user_hash, is_search=is_search)


def _erase_dead_letters(stack: Stack, user_hash: str, *, is_search: bool) -> int:
    """Receive all dead letters once, delete the user's, and give the others back."""
    others: list[Item] = []
    count = 0
    for received in _dead_letters(stack):
        is_theirs = _user_of(received["Body"]) == user_hash
        count += is_theirs
        if is_theirs and not is_search:
            stack.sqs.delete_message(
                QueueUrl=stack.dead_letters, ReceiptHandle=received["ReceiptHandle"]
            )
        else:
            others.append(received)
    for message in others:
        stack.sqs.change_message_visibility(
            QueueUrl=stack.dead_letters,
            ReceiptHandle=message["ReceiptHandle"],
            VisibilityTimeout=0,
        )
    return count


def _dead_letters(stack: Stack) -> Iterator[Item]:
    seen: set[str] = set()
    while True:
        answer = stack.sqs.receive_message(
            QueueUrl=stack.dead_letters,
            MaxNumberOfMessages=_MESSAGES_A_REQUEST,
            VisibilityTimeout=_SECONDS_HELD,
            WaitTimeSeconds=1,
        )
        new = [each for each in answer.get("Messages", []) if each["MessageId"] not in seen]
        if not new:
            return
        seen.update(each["MessageId"] for each in new)
        yield from new


def _user_of(body: str) -> object:
    try:
        message = json.loads(body)
    except ValueError:
        return None
    return message.get("user_hash") if isinstance(message, dict) else None
