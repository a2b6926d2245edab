"""Works on the parts of a table with several readers of one snapshot, each in a thread."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from queue import SimpleQueue
from typing import TypeVar

from operations.migration.sources.base import Reader, Snapshot
from operations.migration.targets.base import Session, Target

Part = TypeVar("Part")
Result = TypeVar("Result")


@dataclass(frozen=True)
class Pair:
    """A connection to each side."""

    reader: Reader
    session: Session


class Workers:
    """Pairs of connections. `first` is for the caller's own thread."""

    def __init__(self, first: Pair, others: list[Pair]) -> None:
        self.first = first
        self._others = others

    def each(self, parts: Iterator[Part], work: Callable[[Pair, Part], Result]) -> Iterator[Result]:
        """Return the result of each part as it is done, in any order.

        Only a few parts are taken ahead. Raises what the work raises, after the others in work
        have ended.
        """
        if not self._others:
            yield from (work(self.first, part) for part in parts)
            return
        free: SimpleQueue[Pair] = SimpleQueue()
        for pair in self._others:
            free.put(pair)

        def work_on(part: Part) -> Result:
            pair = free.get()
            try:
                return work(pair, part)
            finally:
                free.put(pair)

        pool = ThreadPoolExecutor(len(self._others))
        pending: set[Future[Result]] = set()
        try:
            for part in parts:
                pending.add(pool.submit(work_on, part))
                if len(pending) > len(self._others):
                    done, pending = wait(pending, return_when=FIRST_COMPLETED)
                    yield from (future.result() for future in done)
            while pending:
                done, pending = wait(pending, return_when=FIRST_COMPLETED)
                yield from (future.result() for future in done)
        finally:
            pool.shutdown(cancel_futures=True)


@contextmanager
def workers(snapshot: Snapshot, target: Target, count: int) -> Iterator[Workers]:
    """Open the connections of `count` workers; one works in the caller's thread alone."""
    with ExitStack() as stack:

        def pair() -> Pair:
            return Pair(
                stack.enter_context(snapshot.reader()), stack.enter_context(target.session())
            )

        first = pair()
        yield Workers(first, [pair() for _ in range(count)] if count > 1 else [])
