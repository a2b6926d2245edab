"""A section of the gate's report. Data."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Section:
    """A part of the report: details for who wants them, or why it could not be made.

    `lines` are (depth, text) pairs; `data` is the same for machines; `language` that of lines that
    are code, to be shown with their spaces.
    """

    title: str
    summary: str = ""
    lines: tuple[tuple[int, str], ...] = ()
    missing: str = ""
    language: str = ""
    data: Any = field(default=None, compare=False)
