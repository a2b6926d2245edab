"""Changes of alarms' states, as the alarm's function keeps them, until they have landed."""

from __future__ import annotations

import json

from operations.messaging.aws_stack import Item, Stack, all_at_once


def read_alarms(stack: Stack) -> Item:
    """Return the changes that have not landed: rows of `alarm_id` and `record`, a check result."""
    waiting = stack.scan(stack.alarms, "attribute_not_exists(landed_at)")
    rows = [
        {"alarm_id": item["alarm_id"], "record": json.loads(item["record"])} for item in waiting
    ]
    return {"alarms": sorted(rows, key=lambda row: str(row["alarm_id"]))}


def mark_alarms_landed(stack: Stack, alarm_ids: list[str], at: str) -> Item:
    """Mark changes as landed."""

    def mark(alarm_id: str) -> bool:
        return stack.update(
            stack.alarms,
            {"alarm_id": alarm_id},
            "SET landed_at = :at",
            "attribute_exists(alarm_id)",
            at=at,
        )

    return {"count": sum(all_at_once(mark, alarm_ids))}
