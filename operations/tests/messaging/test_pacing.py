"""A worker keeps its share of the provider's rate."""

from __future__ import annotations

from operations.messaging.handler.pacing import Pacer


class Time:
    """A clock that passes only while somebody sleeps."""

    def __init__(self) -> None:
        self.at = 100.0

    def now(self) -> float:
        return self.at

    def sleep(self, seconds: float) -> None:
        self.at += seconds


def starts(pacer: Pacer, time: Time, count: int) -> list[float]:
    """Return when so many requests start, each of which takes no time."""
    found = []
    for _ in range(count):
        pacer.wait()
        pacer.count()
        found.append(round(time.at - 100, 6))
    return found


def test_requests_are_spaced_evenly_and_a_new_worker_waits_first() -> None:
    time = Time()
    pacer = Pacer(4, time.now, time.sleep)
    assert starts(pacer, time, 4) == [0.25, 0.5, 0.75, 1.0]


def test_time_that_nothing_was_sent_in_allows_no_burst() -> None:
    time = Time()
    pacer = Pacer(4, time.now, time.sleep)
    time.sleep(60)
    assert starts(pacer, time, 3) == [60, 60.25, 60.5]


def test_a_pause_that_the_provider_asks_for_is_kept() -> None:
    time = Time()
    pacer = Pacer(4, time.now, time.sleep)
    assert starts(pacer, time, 1) == [0.25]
    pacer.pause(3)
    assert pacer.wait_seconds() == 3
    assert starts(pacer, time, 2) == [3.25, 3.5]


def test_a_short_pause_does_not_shorten_the_interval() -> None:
    time = Time()
    pacer = Pacer(0.1, time.now, time.sleep)
    assert starts(pacer, time, 1) == [10]
    pacer.pause(1)
    assert starts(pacer, time, 1) == [20]
