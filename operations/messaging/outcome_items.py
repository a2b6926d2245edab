"""Outcomes of messages, and how each is landed once.

An outcome is claimed for a file before that file is written, and marked when it has been. Whoever
was interrupted in between writes the same file again, with the same outcomes, or finds it written.
"""

from __future__ import annotations

import itertools

from operations.messaging.aws_stack import Item, Stack, all_at_once, to_item

_COLUMNS = (
    *("message_id", "attempt", "user_hash", "campaign_id", "channel", "status", "reason"),
    *("sent_at", "landing_file"),
)


def hold_out(stack: Stack, rows: list[Item]) -> Item:
    """Write users that a campaign holds out, once each; return how many were not written before.

    In: rows of `message_id`, `user_hash`, `campaign_id`, `channel` and `sent_at`.
    """

    def put(row: Item) -> bool:
        try:
            stack.dynamodb.put_item(
                TableName=stack.outcomes,
                Item=to_item({**row, "attempt": 0, "status": "held_out"}),
                ConditionExpression="attribute_not_exists(message_id)",
            )
        except stack.dynamodb.exceptions.ConditionalCheckFailedException:
            return False
        return True

    return {"count": sum(all_at_once(put, rows))}


def claim_outcomes(stack: Stack, file: str, limit: int) -> Item:
    """Return the outcomes that are claimed and not landed; where there are none, claim others for
    a file, at most `limit`, and return these.

    Out: `outcomes`, of the columns above and `user_id`, which is None where the address book does
    not have the user.
    """
    claimed = list(
        stack.scan(
            stack.outcomes, "attribute_exists(landing_file) AND attribute_not_exists(landed_at)"
        )
    )
    if not claimed:
        waiting = stack.scan(stack.outcomes, "attribute_not_exists(landing_file)")
        taken = list(itertools.islice(waiting, limit))
        is_ours = all_at_once(lambda item: _claim(stack, item, file), taken)
        claimed = [
            {**item, "landing_file": file}
            for item, ours in zip(taken, is_ours, strict=True)
            if ours
        ]
    users = {
        item["user_hash"]: item["user_id"]
        for item in stack.read_items(
            stack.addresses,
            [{"user_hash": item["user_hash"]} for item in claimed],
            ("user_hash", "user_id"),
        )
    }
    return {
        "outcomes": [
            {column: item.get(column) for column in _COLUMNS}
            | {"user_id": users.get(item["user_hash"])}
            for item in claimed
        ]
    }


def _claim(stack: Stack, item: Item, file: str) -> bool:
    """Claim an outcome; return False for one that was replaced since it was read."""
    return stack.update(
        stack.outcomes,
        _key(item),
        "SET landing_file = :file",
        "sent_at = :sent_at AND attribute_not_exists(landing_file)",
        file=file,
        sent_at=item["sent_at"],
    )


def mark_landed(
    stack: Stack, keys: list[Item], forgotten: list[Item], at: str, expires_at: int
) -> Item:
    """Mark outcomes as landed; the table forgets them at `expires_at`, in seconds since 1970.

    In: `forgotten`, the keys of those whose user the address book does not have: nothing of such a
    user is kept, so they are deleted.
    """

    def mark(key: Item) -> bool:
        return stack.update(
            stack.outcomes,
            _key(key),
            "SET landed_at = :at, expires_at = :expires",
            # An outcome that was replaced meanwhile has no file, and lands again.
            "landing_file = :file",
            at=at,
            expires=expires_at,
            file=key["landing_file"],
        )

    def forget(key: Item) -> None:
        stack.dynamodb.delete_item(TableName=stack.outcomes, Key=to_item(_key(key)))

    all_at_once(forget, forgotten)
    return {"count": sum(all_at_once(mark, keys))}


def _key(item: Item) -> Item:
    return {"message_id": item["message_id"], "attempt": item["attempt"]}
