"""The queue and the tables of the stack that LOGMART_MESSAGES_STACK names, and what they raise."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import boto3
from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from botocore.config import Config
from botocore.exceptions import (
    ClientError,
    ConnectionError,
    HTTPClientError,
    NoCredentialsError,
    NoRegionError,
)

STACK_VARIABLE = "LOGMART_MESSAGES_STACK"
_OUTPUTS = {
    "queue": "QueueName",
    "dead_letters": "DeadLetterQueueName",
    "addresses": "AddressesTable",
    "sends": "SendsTable",
    "outcomes": "OutcomesTable",
    "caps": "CapsTable",
    "alarms": "AlarmsTable",
}
_AT_A_TIME = 8
_KEYS_A_READ = 100
_TRANSIENT_CODES = frozenset(
    {
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "ThrottlingException",
        "Throttling",
        "TransactionInProgressException",
    }
)
_SERVER_ERROR = 500
Item = dict[str, Any]
_read, _write = TypeDeserializer(), TypeSerializer()


class StackError(LookupError):
    """A stack that is not as the commands need it; the message says what is wrong."""


@dataclass(frozen=True)
class Stack:
    """The clients, the addresses of the queues, and the names of the tables."""

    queue: str
    dead_letters: str
    addresses: str
    sends: str
    outcomes: str
    caps: str
    alarms: str
    sqs: Any = field(repr=False)
    dynamodb: Any = field(repr=False)

    def read_items(self, table: str, keys: Iterable[Item], columns: Sequence[str]) -> list[Item]:
        """Return the items of a table that are there; each has the columns that it has.

        Raises ClientError or BotoCoreError.
        """
        distinct = [dict(key) for key in {tuple(sorted(key.items())) for key in keys}]
        parts = [
            distinct[start : start + _KEYS_A_READ]
            for start in range(0, len(distinct), _KEYS_A_READ)
        ]
        with ThreadPoolExecutor(_AT_A_TIME) as pool:
            found = pool.map(lambda part: self._read_part(table, part, columns), parts)
            return [item for part in found for item in part]

    def scan(
        self, table: str, condition: str = "", values: Item | None = None, **options: Any
    ) -> Iterator[Item]:
        """Yield the items of a whole table that meet a condition, as they were last written."""
        if condition:
            options["FilterExpression"] = condition
        if values:
            options["ExpressionAttributeValues"] = to_item(values)
        pages = self.dynamodb.get_paginator("scan")
        for page in pages.paginate(TableName=table, ConsistentRead=True, **options):
            yield from map(from_item, page["Items"])

    def update(self, table: str, key: Item, expression: str, condition: str, **values: Any) -> bool:
        """Update an item; return whether the condition held. Values are named `:<name>`."""
        try:
            self.dynamodb.update_item(
                TableName=table,
                Key=to_item(key),
                UpdateExpression=expression,
                ConditionExpression=condition,
                ExpressionAttributeValues=to_item(
                    {f":{name}": value for name, value in values.items()}
                ),
            )
        except self.dynamodb.exceptions.ConditionalCheckFailedException:
            return False
        return True

    def _read_part(self, table: str, keys: list[Item], columns: Sequence[str]) -> list[Item]:
        names = {f"#c{number}": column for number, column in enumerate(columns)}
        wanted = {
            table: {
                "Keys": [to_item(key) for key in keys],
                "ConsistentRead": True,
                "ProjectionExpression": ", ".join(names),
                "ExpressionAttributeNames": names,
            }
        }
        items: list[Item] = []
        while wanted:
            answer = self.dynamodb.batch_get_item(RequestItems=wanted)
            items += map(from_item, answer["Responses"].get(table, []))
            wanted = answer["UnprocessedKeys"]
        return items


def connect() -> Stack:
    """Return the stack of the environment. Raises StackError, ClientError or BotoCoreError."""
    name = os.environ.get(STACK_VARIABLE, "")
    if not name:
        raise StackError(f"{STACK_VARIABLE} is not set: name the stack of the messages")
    config = Config(
        connect_timeout=5,
        read_timeout=20,
        retries={"mode": "standard", "max_attempts": 5},
        max_pool_connections=_AT_A_TIME,
    )
    stacks = boto3.client("cloudformation", config=config).describe_stacks(StackName=name)
    given = {
        output["OutputKey"]: output["OutputValue"]
        for output in stacks["Stacks"][0].get("Outputs", [])
    }
    missing = [output for output in _OUTPUTS.values() if output not in given]
    if missing:
        raise StackError(
            f"the stack {name} has no output {missing[0]}: deploy operations/messaging/template.yml"
        )
    names = {key: given[output] for key, output in _OUTPUTS.items()}
    sqs = boto3.client("sqs", config=config)
    for key in ("queue", "dead_letters"):
        names[key] = sqs.get_queue_url(QueueName=names[key])["QueueUrl"]
    return Stack(**names, sqs=sqs, dynamodb=boto3.client("dynamodb", config=config))


def all_at_once(function: Any, items: Iterable[Any]) -> list[Any]:
    """Return a function's results for items, some at a time. Raises what the function raises."""
    with ThreadPoolExecutor(_AT_A_TIME) as pool:
        return list(pool.map(function, items))


def to_item(values: Item) -> Item:
    """Return values as DynamoDB writes them."""
    return {key: _write.serialize(value) for key, value in values.items()}


def from_item(item: Item) -> Item:
    """Return an item's values; a number is whole, a set becomes a sorted list."""
    return {key: _plain(_read.deserialize(value)) for key, value in item.items()}


def error_answer(error: Exception) -> Item:
    """Return the answer to a job that failed: one line, without the text of a request."""
    if isinstance(error, StackError):
        return {"error": str(error), "is_transient": False}
    if isinstance(error, NoCredentialsError):
        return {
            "error": "there are no AWS credentials: set AWS_ACCESS_KEY_ID and"
            " AWS_SECRET_ACCESS_KEY, or AWS_PROFILE; for a server on loopback AWS_ENDPOINT_URL too",
            "is_transient": False,
        }
    if isinstance(error, NoRegionError):
        return {"error": "there is no AWS region: set AWS_DEFAULT_REGION", "is_transient": False}
    if isinstance(error, ClientError):
        return _client_error(error)
    is_transient = isinstance(error, ConnectionError | HTTPClientError)
    text = "AWS cannot be reached" if is_transient else "AWS's client stopped"
    where = getattr(error, "kwargs", {}).get("endpoint_url")
    at = f" at {where}" if where else ""
    return {"error": f"{text}{at} ({type(error).__name__})", "is_transient": is_transient}


def _client_error(error: ClientError) -> Item:
    code = error.response["Error"]["Code"]
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    if error.operation_name == "DescribeStacks" and code == "ValidationError":
        return {
            "error": f"there is no stack {os.environ[STACK_VARIABLE]} ({STACK_VARIABLE}): deploy"
            " operations/messaging/template.yml, or name another",
            "is_transient": False,
        }
    return {
        "error": f"AWS refused {error.operation_name} ({code})",
        "is_transient": code in _TRANSIENT_CODES or status >= _SERVER_ERROR,
    }


def _plain(value: Any) -> Any:
    if isinstance(value, set):
        return sorted(value)
    if isinstance(value, list):
        return [_plain(one) for one in value]
    return int(value) if type(value).__name__ == "Decimal" else value
