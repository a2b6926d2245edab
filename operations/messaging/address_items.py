"""The address book: a table by the hash of a user, which alone holds ids and addresses."""

from __future__ import annotations

from typing import Any

from operations.messaging.aws_stack import Item, Stack, all_at_once, from_item, to_item

CHANNELS = ("push_token", "phone")
_USERS_A_PAGE = 5_000


def put_addresses(stack: Stack, rows: list[Item], at: str) -> Item:
    """Write users; return how many.

    In: rows of `user_hash`, `user_id`, `has_consent`, `unsubscribed_channels`, and maybe
    `push_token`, `phone`, `time_zone`; `at`, a UTC moment. An address that a row does not have is
    removed. A channel that somebody unsubscribed from stays so, whatever the row says.
    """

    def put(row: Item) -> None:
        given = {"user_id": row["user_id"], "has_consent": row["has_consent"], "updated_at": at}
        given |= {key: row[key] for key in (*CHANNELS, "time_zone") if row.get(key)}
        absent = [key for key in (*CHANNELS, "time_zone") if key not in given]
        expression = "SET " + ", ".join(f"{key} = :{key}" for key in given)
        expression += " REMOVE " + ", ".join(absent) if absent else ""
        values: Item = {f":{key}": value for key, value in given.items()}
        if row["unsubscribed_channels"]:
            expression += " ADD unsubscribed_channels :unsubscribed"
            values[":unsubscribed"] = set(row["unsubscribed_channels"])
        stack.dynamodb.update_item(
            TableName=stack.addresses,
            Key=to_item({"user_hash": row["user_hash"]}),
            UpdateExpression=expression,
            ExpressionAttributeValues=to_item(values),
        )

    return {"count": len(all_at_once(put, rows))}


def read_users(stack: Stack, after: str | None) -> Item:
    """Return the next users of the book: `users`, of `user_hash`, `has_consent` and
    `unsubscribed_channels`; and `after` to go on from, None at the end.
    """
    options: dict[str, Any] = (
        {} if after is None else {"ExclusiveStartKey": to_item({"user_hash": after})}
    )
    page = stack.dynamodb.scan(
        TableName=stack.addresses,
        ProjectionExpression="user_hash, has_consent, unsubscribed_channels",
        ConsistentRead=True,
        Limit=_USERS_A_PAGE,
        **options,
    )
    last = page.get("LastEvaluatedKey")
    return {
        "users": [
            {"has_consent": None, "unsubscribed_channels": [], **from_item(item)}
            for item in page["Items"]
        ],
        "after": from_item(last)["user_hash"] if last else None,
    }


def update_consents(stack: Stack, rows: list[Item], at: str) -> Item:
    """Write the consent of users who are in the book; return how many had another state.

    In: rows of `user_hash`, `has_consent` and `unsubscribed_channels`; `at`, a UTC moment.
    """

    def update(row: Item) -> bool:
        channels = row["unsubscribed_channels"]
        differs = ["has_consent <> :consent"]
        differs += [f"NOT contains(unsubscribed_channels, :c{n})" for n in range(len(channels))]
        values: Item = {f"c{number}": channel for number, channel in enumerate(channels)}
        expression = "SET has_consent = :consent, updated_at = :at"
        if channels:
            expression += " ADD unsubscribed_channels :channels"
            values["channels"] = set(channels)
        return stack.update(
            stack.addresses,
            {"user_hash": row["user_hash"]},
            expression,
            f"attribute_exists(user_hash) AND ({' OR '.join(differs)})",
            consent=row["has_consent"],
            at=at,
            **values,
        )

    return {"count": sum(all_at_once(update, rows))}
