"""Sends messages on loopback, with faults, and tells what became of them.

Of all messages one in ten is refused once, one in fifty is poison until it is mended, one in twenty
is delivered twice, and a few users unsubscribe after their message was put into the queue.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from logmart.errors import CommandError
from operations.messaging.dead_letters import DeadLetters
from operations.messaging.local.poller import drain, messages_left
from operations.messaging.local.provider import ProviderStandIn, provider_stand_in
from operations.messaging.local.stack import LocalStack, local_stack

_CAMPAIGN = _TEMPLATE = "card_after_transfers"
# The rest is as the template sets it; only retries wait shorter.
_PARAMETERS = {"BackoffSeconds": 1, "ProviderRatePerSecond": 100}
_MOST_SECONDS = 600


def main() -> int:
    """Run the demo; return 1 when a message was lost, or sent twice."""
    parser = argparse.ArgumentParser(prog="logmart messages demo")
    parser.add_argument("messages", type=int)
    parser.add_argument("--without-key", action="store_true")
    given = parser.parse_args()
    try:
        return run(given.messages, takes_key=not given.without_key)
    except CommandError as error:
        print(f"logmart: {error}", file=sys.stderr)
        return 1


def run(count: int, *, takes_key: bool) -> int:
    """Send messages of made-up users; return 1 when one was lost, or sent twice."""
    started = time.monotonic()
    parameters = _PARAMETERS if takes_key else {**_PARAMETERS, "ProviderKeyHours": 0}
    with (
        tempfile.TemporaryDirectory() as name,
        provider_stand_in(takes_key=takes_key) as provider,
        local_stack(Path(name), {**parameters, "ProviderUrl": provider.url}) as stack,
    ):
        folder = Path(name)
        trigger = stack.template.trigger
        print(
            f"queue {stack.template.queue_name} on ElasticMQ: {trigger.workers} workers, batches of"
            f" {trigger.batch_size}, hidden for"
            f" {stack.template.properties('Messages')['VisibilityTimeout']} s; tables on moto;"
            f" a provider {'with' if takes_key else 'without'} an idempotency key",
            flush=True,
        )
        _fill(stack, provider, count)
        drain(stack, folder / "worker.log", _MOST_SECONDS)
        _report(stack, provider)
        provider.poison.clear()
        moved = _redrive(stack)
        drain(stack, folder / "worker.log", _MOST_SECONDS)
        print(f"\nredriven after the mend: {moved}")
        outcomes = _report(stack, provider)
    taken = Counter(row.reference for row in provider.log)
    twice = sum(number > 1 for number in taken.values())
    lost = count - len(taken) - outcomes["suppressed"]
    seconds = time.monotonic() - started
    print(f"\n{count} messages in {seconds:.0f} s: {twice} sent twice, {lost} lost")
    return int(bool(twice or lost))


def _fill(stack: LocalStack, provider: ProviderStandIn, count: int) -> None:
    """Put users into the address book and messages into the queue; plan the faults."""
    unsubscribed = range(0, count, 40)
    with stack.table("addresses").batch_writer() as book:
        for number in range(count):
            book.put_item(Item=_user(number, is_unsubscribed=number in unsubscribed))
    for number in range(1, count, 10):
        provider.faults[_message_id(number)] = [429 if number % 20 == 1 else 503]
    provider.poison = {_message_id(number) for number in range(2, count, 50)}
    numbers = [*range(count), *range(3, count, 20)]
    sqs = stack.client("sqs")
    for start in range(0, len(numbers), 10):
        entries = [
            {"Id": str(index), "MessageBody": _body(number)}
            for index, number in enumerate(numbers[start : start + 10])
        ]
        sqs.send_message_batch(QueueUrl=stack.queue_url, Entries=entries)
    print(
        f"{len(numbers)} deliveries of {count} messages; {len(provider.faults)} are refused once,"
        f" {len(provider.poison)} until they are mended; {len(unsubscribed)} users unsubscribed"
        " meanwhile",
        flush=True,
    )


def _report(stack: LocalStack, provider: ProviderStandIn) -> Counter[str]:
    """Print what became of the messages so far; return the outcomes by status."""
    items = stack.table("outcomes").scan()["Items"]
    by_reason = Counter((item["status"], item.get("reason", "")) for item in items)
    for (status, reason), number in sorted(by_reason.items()):
        print(f"  {number:>6} {status} {reason}".rstrip())
    letters = messages_left(stack, stack.dead_letter_url)
    print(f"  {letters:>6} in the dead letters, {len(provider.log)} in the provider's own log")
    return Counter(item["status"] for item in items)


def _redrive(stack: LocalStack) -> int:
    letters = DeadLetters(
        stack.client("sqs"),
        stack.queue_url,
        stack.dead_letter_url,
        stack.table("sends"),
        stack.table("outcomes"),
    )
    found = list(letters.read())
    for letter in found:
        letters.put_back(letter)
    return len(found)


def _user(number: int, *, is_unsubscribed: bool) -> dict[str, Any]:
    return {
        "user_hash": f"{number:032x}",
        "user_id": f"demo_{number}",
        "push_token": f"token-of-user-{number}",
        "has_consent": True,
        "unsubscribed_channels": ["push"] if is_unsubscribed else [],
    }


def _message_id(number: int) -> str:
    return f"demo-{number:05d}"


def _body(number: int) -> str:
    now = datetime.now(UTC)
    return json.dumps(
        {
            "message_id": _message_id(number),
            "campaign_id": _CAMPAIGN,
            "user_hash": f"{number:032x}",
            "channel": "push",
            "template": _TEMPLATE,
            "window": {"start": "00:00", "end": "23:59:59.999", "time_zone": "Asia/Seoul"},
            "not_after": (now + timedelta(days=1)).isoformat(),
            "enqueued_at": now.isoformat(),
        }
    )


if __name__ == "__main__":
    sys.exit(main())
