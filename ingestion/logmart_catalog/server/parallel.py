"""The same work on many things, a few at a time."""

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

    Raises what the first item in order that failed raised. No work begins after a failure; work
    that had begun is finished before the error is raised.
    """
    waiting = list(items)
    if workers == 1 or len(waiting) < 2:  # noqa: PLR2004
        return [work(item) for item in waiting]
    # The worker that fails says so itself: the caller may wake long after other workers went on.
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
        # Items begin in order, so a cancelled one stands behind the one that failed.
        futures = [pool.submit(begin, item) for item in waiting]
    return [future.result() for future in futures]
