"""A section of the gate's report. Data."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Section:
    """A section of the report: its details, or the reason why it is `missing`.

    `lines` are (depth, text) pairs; `data` is the same content for report.json. `language` is set
    when the lines are code, whose spaces must be kept.
    """

    title: str
    summary: str = ""
    lines: tuple[tuple[int, str], ...] = ()
    missing: str = ""
    language: str = ""
    data: Any = field(default=None, compare=False)
