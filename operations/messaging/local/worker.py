"""One worker: it runs the function that the template names, an event a line, an answer a line.

What the function prints goes to standard error: its log and its metrics. The process is ended from
outside when an event takes longer than the function's timeout, as AWS does it.
"""

from __future__ import annotations

import importlib
import json
import sys
import time
from dataclasses import dataclass


@dataclass(frozen=True)
class Context:
    """What a function is told of its invocation."""

    ends_at: float
    function_name: str = "local"
    memory_limit_in_mb: int = 256
    invoked_function_arn: str = "arn:aws:lambda:us-east-1:123456789012:function:local"
    aws_request_id: str = "local"

    def get_remaining_time_in_millis(self) -> int:
        """Return how long the invocation may take yet."""
        return max(0, int((self.ends_at - time.monotonic()) * 1000))


def main() -> None:
    """Answer each line with one line. In: the function's path and its timeout in seconds."""
    answers, sys.stdout = sys.stdout, sys.stderr
    module, _, name = sys.argv[1].rpartition(".")
    function = getattr(importlib.import_module(module), name)
    timeout = float(sys.argv[2])
    print(json.dumps("ready"), file=answers, flush=True)
    for line in sys.stdin:
        answer = function(json.loads(line), Context(time.monotonic() + timeout))
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main()
