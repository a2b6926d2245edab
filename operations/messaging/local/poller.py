"""Gives a queue's messages to the function, as AWS's trigger of a queue does.

Batch size, number of workers, timeout, and whether single messages can fail come from the template.
A worker that exceeds the timeout is killed; its messages return when their visibility timeout ends.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

from logmart.settings import PROJECT
from operations.messaging.local.stack import LocalStack

_COUNTS = (
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible",
    "ApproximateNumberOfMessagesDelayed",
)
_WORKER = (sys.executable, "-m", "operations.messaging.local.worker")


@dataclass
class Runs:
    """What happened: invocations, those that ended without an answer, messages received."""

    invocations: int = 0
    unanswered: int = 0
    received: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, received: int, *, is_answered: bool) -> None:
        """Count an invocation."""
        with self.lock:
            self.invocations += 1
            self.received += received
            self.unanswered += not is_answered


class WorkerProcess:
    """A process that runs the function. It is started again after it ended."""

    def __init__(self, stack: LocalStack, command: Sequence[str], log: TextIO) -> None:
        self._stack, self._command, self._log = stack, command, log
        self._process: subprocess.Popen[str] | None = None

    def invoke(self, event: dict[str, Any]) -> dict[str, Any] | None:
        """Return the function's answer; None when it ended, or was killed for its timeout."""
        process = self._process or self.start()
        assert process.stdin is not None
        assert process.stdout is not None
        timer = threading.Timer(self._stack.template.function_timeout, process.kill)
        timer.start()
        try:
            process.stdin.write(json.dumps(event) + "\n")
            process.stdin.flush()
            line = process.stdout.readline()
        except BrokenPipeError:
            line = ""
        finally:
            timer.cancel()
        if not line:
            self.end()
            return None
        answer: dict[str, Any] = json.loads(line)
        return answer

    def start(self) -> subprocess.Popen[str]:
        """Start the process, and wait until it has loaded the function."""
        template = self._stack.template
        handler = template.properties("Sender")["Handler"]
        process = subprocess.Popen(
            [*self._command, handler, str(template.function_timeout)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
            cwd=PROJECT,
            env={**os.environ, **self._stack.function_environment, "PYTHONPATH": str(PROJECT)},
        )
        assert process.stdout is not None
        process.stdout.readline()
        self._process = process
        return process

    def end(self) -> None:
        """End the process."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None


def drain(
    stack: LocalStack,
    log: Path,
    seconds: float,
    command: Sequence[str] = _WORKER,
) -> Runs:
    """Give the queue's messages to workers until none is left, or the time is over.

    In: `log`, the file that workers append what they print to; `command`, what starts a worker.
    A message that is hidden counts as left.
    """
    runs, is_over = Runs(), threading.Event()
    with log.open("a", encoding="utf-8") as output:
        workers = [
            WorkerProcess(stack, command, output) for _ in range(stack.template.trigger.workers)
        ]
        threads = [
            threading.Thread(target=_poll, args=(stack, worker, runs, is_over))
            for worker in workers
        ]
        for thread in threads:
            thread.start()
        _wait_until_empty(stack, time.monotonic() + seconds)
        is_over.set()
        for thread in threads:
            thread.join()
    return runs


def messages_left(stack: LocalStack, queue_url: str) -> int:
    """Return how many messages a queue holds, hidden ones too."""
    facts = stack.client("sqs").get_queue_attributes(
        QueueUrl=queue_url, AttributeNames=list(_COUNTS)
    )["Attributes"]
    return sum(int(facts[name]) for name in _COUNTS)


def _wait_until_empty(stack: LocalStack, until: float) -> None:
    while time.monotonic() < until and messages_left(stack, stack.queue_url):
        time.sleep(0.1)


def _poll(stack: LocalStack, worker: WorkerProcess, runs: Runs, is_over: threading.Event) -> None:
    sqs = stack.client("sqs")
    try:
        worker.start()
        while not is_over.is_set():
            _handle_batch(sqs, stack, worker, runs, is_over)
    finally:
        worker.end()


def _handle_batch(
    sqs: Any, stack: LocalStack, worker: WorkerProcess, runs: Runs, is_over: threading.Event
) -> None:
    trigger = stack.template.trigger
    messages = sqs.receive_message(
        QueueUrl=stack.queue_url,
        MaxNumberOfMessages=trigger.batch_size,
        WaitTimeSeconds=0,
        AttributeNames=["All"],
    ).get("Messages", [])
    if not messages:
        is_over.wait(0.05)
        return
    answer = worker.invoke({"Records": [_record(message) for message in messages]})
    runs.add(len(messages), is_answered=answer is not None)
    if answer is None:
        return
    failed = {item["itemIdentifier"] for item in answer["batchItemFailures"]}
    if not trigger.reports_failed_items:
        failed = set()
    for message in messages:
        if message["MessageId"] not in failed:
            sqs.delete_message(QueueUrl=stack.queue_url, ReceiptHandle=message["ReceiptHandle"])


def _record(message: dict[str, Any]) -> dict[str, Any]:
    """Return a message as a function is given it."""
    return {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": message["Attributes"],
        "messageAttributes": {},
        "md5OfBody": message["MD5OfBody"],
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:us-east-1:123456789012:local",
        "awsRegion": "us-east-1",
    }
