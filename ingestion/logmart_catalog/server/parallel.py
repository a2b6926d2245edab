"""Runs the same work on many items in parallel."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import CancelledError, ThreadPoolExecutor
from threading import Lock
from typing import TypeVar

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")


def in_parallel(
    work: Callable[[_Item], _Result], items: Iterable[_Item], workers: int
) -> list[_Result]:
    """Do the work on every item, at most `workers` at a time; return the results in order.

    After a failure no further work begins. Once the running work has ended, the error of the first
    failed item, in order, is raised.
    """
    waiting = list(items)
    if workers == 1 or len(waiting) < 2:  # noqa: PLR2004
        return [work(item) for item in waiting]
    # The failing worker sets the flag itself: the caller may wake after other workers have begun.
    lock, failed = Lock(), False

    def begin(item: _Item) -> _Result:
        nonlocal failed
        with lock:
            if failed:
                raise CancelledError
        succeeded = False
        try:
            result = work(item)
            succeeded = True
        finally:
            if not succeeded:
                with lock:
                    failed = True
        return result

    with ThreadPoolExecutor(workers) as pool:
        # Items begin in order, so a cancelled item comes after the failed one.
        futures = [pool.submit(begin, item) for item in waiting]
    return [future.result() for future in futures]
