"""A stack of messages on loopback, as tests start and look at it; runs in operations/.venv.

It answers jobs by lines, as operations/messaging/store_script.py does.
"""

from __future__ import annotations

import json
import os
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from operations.messaging.aws_stack import connect, to_item
from operations.messaging.local import poller, stack
from operations.messaging.local.provider import ProviderStandIn

KEYS = {
    "addresses": ("user_hash",),
    "sends": ("message_id",),
    "outcomes": ("message_id", "attempt"),
    "caps": ("user_channel",),
    "alarms": ("alarm_id",),
}
provider = ProviderStandIn()
started = ExitStack()
running: list[stack.LocalStack] = []


def start(folder: str) -> dict[str, Any]:
    """Start servers, with ElasticMQ for the queues, and a provider; deploy the template on them."""
    provider.go_up()
    parameters = {
        "ProviderUrl": provider.url,
        "ProviderRatePerSecond": 1000,
        "ProviderTimeoutSeconds": 10,
        "BackoffSeconds": 1,
        "Workers": 2,
    }
    made = started.enter_context(stack.local_stack(Path(folder), parameters))
    os.environ.update(made.environment)
    running.append(made)
    return {"environment": dict(made.environment)}


def refuse(status: int, references: list[str], *, is_always: bool) -> dict[str, Any]:
    """Let the provider refuse the next request of messages, or all of them as wrong."""
    if is_always:
        provider.poison.update(references)
    else:
        provider.faults.update({reference: [status] for reference in references})
    return {}


def drain(folder: str, seconds: float) -> dict[str, Any]:
    """Let workers handle what is queued; return the provider's own log, and what is `left`."""
    poller.drain(running[0], Path(folder) / "workers.log", seconds)
    return {
        "log": [
            {"reference": each.reference, "accepted_at": each.accepted_at.isoformat()}
            for each in provider.log
        ],
        "left": poller.messages_left(running[0], running[0].queue_url),
    }


def items(table: str) -> dict[str, Any]:
    """Return the items of a table."""
    made = connect()
    return {"items": list(made.scan(getattr(made, table)))}


def put(table: str, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Write items into a table."""
    made = connect()
    for row in rows:
        made.dynamodb.put_item(TableName=getattr(made, table), Item=to_item(row))
    return {}


def delete(table: str, key: dict[str, Any]) -> dict[str, Any]:
    """Delete an item of a table."""
    made = connect()
    made.dynamodb.delete_item(TableName=getattr(made, table), Key=to_item(key))
    return {}


def empty() -> dict[str, Any]:
    """Delete all items and messages, and what the provider knows."""
    made = connect()
    for table, keys in KEYS.items():
        name = getattr(made, table)
        for item in made.scan(name):
            made.dynamodb.delete_item(TableName=name, Key=to_item({key: item[key] for key in keys}))
    for url in (made.queue, made.dead_letters):
        made.sqs.purge_queue(QueueUrl=url)
    for known in (provider.log, provider.answers, provider.faults, provider.poison):
        known.clear()
    return {}


def receive(queue: str) -> dict[str, Any]:
    """Return the bodies of a queue's messages, which are then gone from it."""
    made = connect()
    bodies: list[str] = []
    while found := made.sqs.receive_message(
        QueueUrl=getattr(made, queue), MaxNumberOfMessages=10, WaitTimeSeconds=0
    ).get("Messages"):
        for message in found:
            bodies.append(message["Body"])
            made.sqs.delete_message(
                QueueUrl=getattr(made, queue), ReceiptHandle=message["ReceiptHandle"]
            )
    return {"bodies": bodies}


def queue(queue: str, bodies: list[str]) -> dict[str, Any]:
    """Put messages into a queue."""
    made = connect()
    for body in bodies:
        made.sqs.send_message(QueueUrl=getattr(made, queue), MessageBody=body)
    return {}


JOBS = {
    each.__name__: each
    for each in (start, drain, empty, items, put, delete, receive, refuse, queue)
}


if __name__ == "__main__":
    # What servers print must not come between the answers.
    answers, sys.stdout = sys.stdout, sys.stderr
    with started:
        for line in sys.stdin:
            job = json.loads(line)
            print(json.dumps(JOBS[job.pop("do")](**job)), file=answers, flush=True)
