"""Reads and writes the queue and the tables of messages, for the commands of `logmart messages`.

Each line of standard input is a JSON object: `do` names one of the functions of JOBS, the rest are
its arguments. Each line of standard output answers one: its result, or {"error": ...,
"is_transient": ...}. The stack that LOGMART_MESSAGES_STACK names says which queue and tables. No
answer holds an address; only `claim_outcomes` answers with ids of users, which land with the
outcomes.

It needs boto3, so it runs in the environment of operations/.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from operations.messaging.address_items import put_addresses, read_users, update_consents
from operations.messaging.alarm_items import mark_alarms_landed, read_alarms
from operations.messaging.aws_stack import Stack, connect, error_answer
from operations.messaging.dead_letter_jobs import (
    list_dead_letters,
    redrive,
    settle_dead_letter,
)
from operations.messaging.erased_items import erase_user, find_user
from operations.messaging.outcome_items import claim_outcomes, hold_out, mark_landed
from operations.messaging.queued_messages import enqueue, read_facts

JOBS: dict[str, Callable[..., dict[str, Any]]] = {
    "enqueue": enqueue,
    "hold_out": hold_out,
    "read_facts": read_facts,
    "put_addresses": put_addresses,
    "read_users": read_users,
    "update_consents": update_consents,
    "claim_outcomes": claim_outcomes,
    "mark_landed": mark_landed,
    "find_user": find_user,
    "erase_user": erase_user,
    "read_alarms": read_alarms,
    "mark_alarms_landed": mark_alarms_landed,
    "list_dead_letters": list_dead_letters,
    "redrive": redrive,
    "settle_dead_letter": settle_dead_letter,
}


def main() -> None:
    """Answer each line with one line."""
    stack: Stack | None = None
    for line in sys.stdin:
        job = json.loads(line)
        answer: dict[str, Any]
        try:
            stack = stack or connect()
            answer = JOBS[job.pop("do")](stack, **job)
        except (BotoCoreError, ClientError, LookupError) as error:
            answer = error_answer(error)
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
