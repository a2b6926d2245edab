"""The lines of the app's landing files on their way there, with what is planted in them."""

from dataclasses import dataclass, field
from typing import NamedTuple


@dataclass(frozen=True)
class Plant:
    """A planted defect; its file and line are known once the row has been written."""

    kind: str
    event_id: str | None
    violation: str | None
    detail: dict[str, object] = field(default_factory=dict)


class Row(NamedTuple):
    """A line of the app's landing files and the moment it lands, which decides its partition."""

    landed_ms: int
    line: str
    plant: Plant | None


class RawEvent(NamedTuple):
    """A sound event before it lands; moments in UTC milliseconds."""

    name: str
    line: str
    occurred_ms: int
    received_ms: int
    offset_minutes: int


class Planting(NamedTuple):
    """The rows that a defect leaves, and whether the event itself will be rejected."""

    rows: tuple[Row, ...]
    is_rejected: bool
