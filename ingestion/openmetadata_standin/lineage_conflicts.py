"""Writes of lineage at the same time: the search index takes one change of a document at a time."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager


class LineageWrites:
    """The ends of the edges being written. Safe to use from several threads."""

    def __init__(self) -> None:
        """Start with nothing being written."""
        self._lock = threading.Lock()
        self._ends: Counter[str] = Counter()

    @contextmanager
    def of(self, from_id: str, to_id: str) -> Iterator[bool]:
        """Write an edge; yield whether another write that shares an end has begun before."""
        ends = {from_id, to_id}
        with self._lock:
            crossed = any(self._ends[end] for end in ends)
            self._ends.update(ends)
        try:
            yield crossed
        finally:
            with self._lock:
                self._ends.subtract(ends)
