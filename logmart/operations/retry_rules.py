"""How often a task of the pipeline is tried, and how long it waits before it is tried again."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from logmart.errors import CommandError

# The seconds before the second attempt of every task, in place of those of its rule.
WAIT_VARIABLE = "LOGMART_RETRY_SECONDS"


@dataclass(frozen=True)
class RetryRule:
    """A task is attempted `most_attempts` times. Before the second attempt it waits
    `first_wait_seconds`, before each later one `factor` times as long as before the last.
    """

    most_attempts: int
    first_wait_seconds: float
    factor: float = 1.0

    def is_final(self, attempt: int, failure_kind: str) -> bool:
        """Return whether no retry follows a failed attempt: what cannot succeed is not tried again.

        In: the number of the attempt, from 1; `transient` or `permanent`.
        """
        return failure_kind != "transient" or attempt >= self.most_attempts

    def wait_seconds(self, attempt: int) -> float:
        """Return for how long to wait after a failed attempt."""
        return self.first_wait_seconds * self.factor ** (attempt - 1)

    def changed_by(self, environment: Mapping[str, str]) -> RetryRule:
        """Return the rule with the wait that an environment sets.

        Raises CommandError when that is no number of seconds.
        """
        text = environment.get(WAIT_VARIABLE)
        if not text:
            return self
        try:
            seconds = float(text)
        except ValueError as error:
            raise CommandError(f"{WAIT_VARIABLE} is {text!r}: give it a number") from error
        if not 0 <= seconds < math.inf:
            raise CommandError(f"{WAIT_VARIABLE} is {text!r}: give it a number from 0 on")
        return RetryRule(self.most_attempts, seconds, self.factor)
