"""Records the calls, so that tests and benchmarks can count them by kind."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import dataclass
from typing import Any

_WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE"})


@dataclass(frozen=True)
class RecordedCall:
    """One call: method, template of its route (the path if there is no route), status (0 when the
    connection was broken), and milliseconds until the answer, including an injected delay.
    """

    method: str
    route: str
    status: int
    ms: float


class CallLog:
    """Records all API calls since its creation or `clear`. Safe to use from several threads."""

    def __init__(self) -> None:
        """Start with an empty record."""
        self._lock = threading.Lock()
        self._calls: list[RecordedCall] = []

    def add(self, call: RecordedCall) -> None:
        """Record a call."""
        with self._lock:
            self._calls.append(call)

    def clear(self) -> None:
        """Forget all calls."""
        with self._lock:
            self._calls.clear()

    def summary(self) -> dict[str, Any]:
        """Return the total, writes, counts by route and by status, total milliseconds, and the
        calls in order.
        """
        with self._lock:
            calls = list(self._calls)
        return {
            "total": len(calls),
            "writes": sum(call.method in _WRITES for call in calls),
            "ms": round(sum(call.ms for call in calls), 3),
            "by_route": dict(sorted(Counter(f"{c.method} {c.route}" for c in calls).items())),
            "by_status": dict(sorted(Counter(str(c.status) for c in calls).items())),
            "calls": [
                {"method": c.method, "route": c.route, "status": c.status, "ms": round(c.ms, 3)}
                for c in calls
            ],
        }
