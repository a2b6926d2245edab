"""The lines of the app's landing files before they are written, with their planted defects."""

from dataclasses import dataclass, field
from typing import NamedTuple


@dataclass(frozen=True)
class Plant:
    """A planted defect. Its file and line are known only after the row has been written."""

    kind: str
    event_id: str | None
    violation: str | None
    detail: dict[str, object] = field(default_factory=dict)


class Row(NamedTuple):
    """A line of the app's landing files, and its landing time, which decides the partition."""

    landed_ms: int
    line: str
    plant: Plant | None


class RawEvent(NamedTuple):
    """A valid event before it lands; times in UTC milliseconds."""

    name: str
    line: str
    occurred_ms: int
    received_ms: int
    offset_minutes: int


class Planting(NamedTuple):
    """The rows that replace an event with a defect, and whether the event will be rejected."""

    rows: tuple[Row, ...]
    is_rejected: bool
