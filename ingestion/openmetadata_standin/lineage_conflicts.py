"""Detects simultaneous writes of lineage: the index takes one change of a document at a time."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager


class LineageWrites:
    """The lower ends of the edges being written. Safe to use from several threads."""

    def __init__(self) -> None:
        """Start with nothing being written."""
        self._lock = threading.Lock()
        self._ends: Counter[str] = Counter()

    @contextmanager
    def into(self, to_id: str) -> Iterator[bool]:
        """Register the write of an edge into an entity; yield whether another one is running."""
        with self._lock:
            crossed = self._ends[to_id] > 0
            self._ends[to_id] += 1
        try:
            yield crossed
        finally:
            with self._lock:
                self._ends[to_id] -= 1
