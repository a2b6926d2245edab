"""Keeps a worker's share of the provider's rate."""

from __future__ import annotations

import time
from collections.abc import Callable


class Pacer:
    """Spaces requests evenly, so that no burst exceeds the rate.

    A new worker waits for one interval first: it may replace one that has just sent.
    """

    def __init__(
        self,
        rate: float,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._interval = 1.0 / rate
        self._clock, self._sleep = clock, sleep
        self._next = clock() + self._interval

    def wait_seconds(self) -> float:
        """Return how long it is until the next request may start."""
        return max(0.0, self._next - self._clock())

    def wait(self) -> None:
        """Wait until the next request may start."""
        self._sleep(self.wait_seconds())

    def count(self) -> None:
        """Count a request that starts now."""
        self._next = max(self._next, self._clock() + self._interval)

    def pause(self, seconds: float) -> None:
        """Start no request for some seconds, as the provider asked."""
        self._next = max(self._next, self._clock() + seconds)
