"""What tests on servers share: a stack, a provider, messages in the queue, and what came out."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

from operations.messaging.dead_letters import DeadLetters
from operations.messaging.local.poller import Runs, drain, messages_left
from operations.messaging.local.provider import ProviderStandIn, provider_stand_in
from operations.messaging.local.stack import LocalStack, deploy
from operations.tests.messaging.message_desk import address_item, message_body

# The template's settings, with fewer workers, shorter waits, a higher rate, and times that a busy
# machine keeps too.
SHORT = {
    "Workers": 2,
    "BackoffSeconds": 1,
    "ProviderRatePerSecond": 2000,
    "ProviderTimeoutSeconds": 10,
    "FunctionTimeoutSeconds": 120,
    "VisibilitySeconds": 720,
}
# For workers that are killed: their messages return sooner.
SHORT_LIVED = {"FunctionTimeoutSeconds": 30, "VisibilitySeconds": 33, "ProviderTimeoutSeconds": 5}
# For a provider that answers too late.
IMPATIENT = {"FunctionTimeoutSeconds": 8, "VisibilitySeconds": 12, "ProviderTimeoutSeconds": 0.5}
ADDRESS = re.compile(r"planted-token|8210555")
_NUMBERS = count(1)


@dataclass
class Queue:
    """A stack of its own with a provider of its own."""

    stack: LocalStack
    provider: ProviderStandIn
    folder: Path

    def enqueue(self, numbers: Iterable[int], **changes: Any) -> None:
        """Put the messages of users into the queue."""
        bodies = [message_body(number, **changes) for number in numbers]
        sqs = self.stack.client("sqs")
        for start in range(0, len(bodies), 10):
            entries = [
                {"Id": str(index), "MessageBody": body}
                for index, body in enumerate(bodies[start : start + 10])
            ]
            sqs.send_message_batch(QueueUrl=self.stack.queue_url, Entries=entries)

    def add_users(self, numbers: Iterable[int], **changes: Any) -> None:
        """Put users into the address book."""
        with self.stack.table("addresses").batch_writer() as batch:
            for number in numbers:
                batch.put_item(Item=address_item(number, **changes))

    def drain(self, seconds: float = 60, command: Sequence[str] | None = None) -> Runs:
        """Let workers handle the queue until it is empty."""
        options = {} if command is None else {"command": command}
        return drain(self.stack, self.folder / "worker.log", seconds, **options)

    @property
    def left(self) -> tuple[int, int]:
        """Return how many messages are in the queue, and how many are dead letters."""
        urls = (self.stack.queue_url, self.stack.dead_letter_url)
        queued, dead = (messages_left(self.stack, url) for url in urls)
        return queued, dead

    def taken(self) -> Counter[str]:
        """Return how often the provider took each message, by its own log."""
        return Counter(row.reference for row in self.provider.log)

    def outcomes(self) -> Counter[tuple[str, str]]:
        """Return the outcomes by status and reason."""
        items = self.scan("outcomes")
        return Counter((item["status"], item.get("reason", "")) for item in items)

    def scan(self, table: str) -> list[dict[str, Any]]:
        """Return a table's items."""
        found: list[dict[str, Any]] = []
        start: dict[str, Any] = {}
        while True:
            page = self.stack.table(table).scan(**start)
            found += page["Items"]
            if "LastEvaluatedKey" not in page:
                return found
            start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}

    @property
    def dead_letters(self) -> DeadLetters:
        """Return the stack's dead letters."""
        return DeadLetters(
            self.stack.client("sqs"),
            self.stack.queue_url,
            self.stack.dead_letter_url,
            self.stack.table("sends"),
            self.stack.table("outcomes"),
        )

    def places_with_an_address(self) -> list[str]:
        """Return the logs, tables and letters in which an address can be found; the address book
        is left out.
        """
        texts = {path.name: path.read_text(errors="replace") for path in self.folder.glob("*.log")}
        for table in ("sends", "outcomes", "caps", "alarms"):
            texts[table] = repr(self.scan(table))
        letters = list(self.dead_letters.read())
        texts["dead letters"] = repr(letters)
        for letter in letters:
            self.dead_letters.show_again(letter)
        texts["the provider's log"] = repr(self.provider.log)
        return [name for name, text in texts.items() if ADDRESS.search(text)]


@contextmanager
def queue(
    servers: Mapping[str, str], folder: Path, parameters: Mapping[str, object], **provider: Any
) -> Iterator[Queue]:
    """Deploy a stack of its own on servers that run."""
    number = next(_NUMBERS)
    given: dict[str, object] = {
        **SHORT,
        "ProviderKeyHours": 24 if provider.get("takes_key", True) else 0,
    }
    with provider_stand_in(**provider) as stand_in:
        given |= {"Prefix": f"test{number}", "ProviderUrl": stand_in.url, **parameters}
        yield Queue(deploy(servers, given, f"test-{number}"), stand_in, folder)
