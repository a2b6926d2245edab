"""The function that alarms call: it keeps each change of state as the record of a check result.

`logmart messages alarms` lands the records, and the watch tells people of them. So an alarm of AWS
is an incident like any other.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import boto3

KEPT = timedelta(days=30)
_STATUSES = {"ALARM": "failed", "OK": "passed"}


@dataclass(frozen=True)
class Subject:
    """What an alarm is about, and how grave it is. `kind` and `name` are those of check results."""

    kind: str
    name: str
    severity: str
    expected: str


# By the name of the alarm, without the prefix of the stack.
ALARMS = {
    "oldest-message": Subject(
        "queue", "messages", "critical", "messages are received before they are too old"
    ),
    "dead-letters": Subject("queue", "messages-dead", "critical", "there are no dead letters"),
    "failed-attempts": Subject(
        "queue", "messages", "critical", "the provider takes nearly all messages"
    ),
    "function-errors": Subject("queue", "messages", "critical", "the sender does not crash"),
    "throttles": Subject("queue", "messages", "warning", "AWS starts the sender when it is due"),
    "provider-throttles": Subject(
        "queue", "messages", "warning", "the provider's rate is not exceeded"
    ),
    "sends-below-audience": Subject(
        "queue", "messages", "critical", "most of the audience is sent"
    ),
}


def check_result(event: dict[str, Any], prefix: str) -> dict[str, str] | None:
    """Return the record of `check_results` that a change of an alarm's state makes.

    In: the event that CloudWatch gives a function as an alarm's action; `prefix`, the stack's.
    Returns None for a state that says nothing. Raises KeyError for an alarm that is not of the
    template.
    """
    data = event["alarmData"]
    alarm = str(data["alarmName"]).removeprefix(f"{prefix}-")
    subject = ALARMS[alarm]
    state = data["state"]
    status = _STATUSES.get(state["value"])
    if status is None:
        return None
    at = _moment(state["timestamp"])
    record = {
        "runId": f"alarm-{alarm}-{at:%Y%m%dT%H%M%SZ}",
        "runDate": at.date().isoformat(),
        "task": "messages",
        "stage": "anomaly",
        "platform": "alarm",
        "check": alarm.replace("-", "_"),
        "checkKind": "alarm",
        "subjectKind": subject.kind,
        "subject": subject.name,
        "status": status,
        "severity": subject.severity if status == "failed" else "info",
        "owner": "crm",
        "checkedAt": at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
    }
    if status == "failed":
        record["message"] = f"expected that {subject.expected}"
    return record


def handler(event: dict[str, Any], context: Any) -> None:
    """Keep the record of a change of an alarm's state. The same change again changes nothing."""
    del context
    record = check_result(event, os.environ["PREFIX"])
    if record is None:
        return
    _table().put_item(
        Item={
            "alarm_id": record["runId"],
            "record": json.dumps(record),
            "expires_at": int((datetime.now(UTC) + KEPT).timestamp()),
        }
    )


def _moment(text: str) -> datetime:
    """Return a moment that CloudWatch writes, such as 2026-03-01T05:00:00.000+0000."""
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%f%z").astimezone(UTC)


@cache
def _table() -> Any:
    return boto3.resource("dynamodb").Table(os.environ["ALARMS_TABLE"])
