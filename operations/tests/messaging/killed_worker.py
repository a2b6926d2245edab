"""A worker that is killed once for each message of a list, after the provider took the message.

It stands in for `operations.messaging.local.worker`. KILLS names a file with the ids of the
messages, and KILLED a folder in which each kill leaves a file.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Mapping
from pathlib import Path

from operations.messaging.handler import provider as provider_module
from operations.messaging.handler.provider import Answer
from operations.messaging.handler.settings import Provider
from operations.messaging.local.worker import main

MESSAGES = frozenset(Path(os.environ["KILLS"]).read_text(encoding="utf-8").split())
KILLED = Path(os.environ["KILLED"])
send = provider_module.send


def send_and_be_killed(
    provider: Provider, token: str, request: Mapping[str, str], key: str
) -> Answer:
    """Send a message; then end this process as a machine that goes down would."""
    answer = send(provider, token, request, key)
    mark = KILLED / request["reference"]
    if request["reference"] in MESSAGES and not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return answer


provider_module.send = send_and_be_killed
main()
