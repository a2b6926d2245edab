"""The same work on many things, a few at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")


def in_parallel(
    work: Callable[[_Item], _Result], items: Iterable[_Item], workers: int
) -> list[_Result]:
    """Do the work on every item, at most `workers` at a time; return the results in order.

    Raises what the first item in order that failed raised. No work is begun after a failure; what
    had begun is finished before the error is raised.
    """
    waiting = list(items)
    if workers == 1 or len(waiting) < 2:  # noqa: PLR2004
        return [work(item) for item in waiting]
    with ThreadPoolExecutor(workers) as pool:
        futures = [pool.submit(work, item) for item in waiting]
        try:
            return [future.result() for future in futures]
        finally:
            for future in futures:
                future.cancel()
