"""A stack of messages on a moto server, as tests make and look at it; runs in operations/.venv.

It answers jobs by lines, as operations/messaging/store_script.py does.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any

import boto3

from operations.messaging.aws_stack import connect, to_item

TABLES = {"Addresses": "user_hash", "Sends": "message_id", "Caps": "user_channel"}


def deploy() -> dict[str, Any]:
    """Make the tables and queues that the template of the messages makes."""
    stack_name = os.environ["LOGMART_MESSAGES_STACK"]
    resources: dict[str, Any] = {
        name: {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": f"{stack_name}-{name}"}}
        for name in ("Messages", "DeadLetters")
    }
    keys = {name: [(key, "S", "HASH")] for name, key in TABLES.items()}
    keys["Outcomes"] = [("message_id", "S", "HASH"), ("attempt", "N", "RANGE")]
    for name, columns in keys.items():
        properties = {
            "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [
                {"AttributeName": key, "AttributeType": kind} for key, kind, _ in columns
            ],
            "KeySchema": [{"AttributeName": key, "KeyType": role} for key, _, role in columns],
        }
        resources[name] = {"Type": "AWS::DynamoDB::Table", "Properties": properties}
    outputs: dict[str, Any] = {f"{name}Table": {"Value": {"Ref": name}} for name in keys}
    for name, output in (("Messages", "QueueName"), ("DeadLetters", "DeadLetterQueueName")):
        outputs[output] = {"Value": {"Fn::GetAtt": [name, "QueueName"]}}
    boto3.client("cloudformation").create_stack(
        StackName=stack_name,
        TemplateBody=json.dumps({"Resources": resources, "Outputs": outputs}),
    )
    return {}


def items(table: str) -> dict[str, Any]:
    """Return the items of a table."""
    stack = connect()
    return {"items": list(stack.scan(getattr(stack, table)))}


def put(table: str, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Write items into a table."""
    stack = connect()
    for row in rows:
        stack.dynamodb.put_item(TableName=getattr(stack, table), Item=to_item(row))
    return {}


def delete(table: str, key: dict[str, Any]) -> dict[str, Any]:
    """Delete an item of a table."""
    stack = connect()
    stack.dynamodb.delete_item(TableName=getattr(stack, table), Key=to_item(key))
    return {}


def empty() -> dict[str, Any]:
    """Delete all items and messages."""
    stack = connect()
    for table, key in {**TABLES, "Outcomes": "message_id"}.items():
        name = getattr(stack, table.lower())
        for item in stack.scan(name):
            keys = {key: item[key]}
            if table == "Outcomes":
                keys["attempt"] = item["attempt"]
            stack.dynamodb.delete_item(TableName=name, Key=to_item(keys))
    for name in ("queue", "dead_letters"):
        receive(name)
    return {}


def receive(queue: str) -> dict[str, Any]:
    """Return the bodies of a queue's messages, which are then gone from it."""
    stack = connect()
    bodies: list[str] = []
    while found := stack.sqs.receive_message(
        QueueUrl=getattr(stack, queue), MaxNumberOfMessages=10
    ).get("Messages"):
        for message in found:
            bodies.append(message["Body"])
            stack.sqs.delete_message(
                QueueUrl=getattr(stack, queue), ReceiptHandle=message["ReceiptHandle"]
            )
    return {"bodies": bodies}


def queue(queue: str, bodies: list[str]) -> dict[str, Any]:
    """Put messages into a queue."""
    stack = connect()
    for body in bodies:
        stack.sqs.send_message(QueueUrl=getattr(stack, queue), MessageBody=body)
    return {}


JOBS = {each.__name__: each for each in (deploy, empty, items, put, delete, receive, queue)}


if __name__ == "__main__":
    for line in sys.stdin:
        job = json.loads(line)
        print(json.dumps(JOBS[job.pop("do")](**job)), flush=True)
