"""A section of the gate's report. Data."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any


@dataclass(frozen=True)
class Section:
    """A section of the report: its details, or the reason why it is `missing`.

    A section on nothing has neither summary nor lines. `lines` are (depth, text) pairs; `data` is
    the same content for report.json. `language` is set when the lines are code, whose spaces must
    be kept.
    """

    title: str
    summary: str = ""
    lines: tuple[tuple[int, str], ...] = ()
    missing: str = ""
    language: str = ""
    data: Any = field(default=None, compare=False)


def worth_reading(sections: Iterable[Section]) -> list[Section]:
    """Return sections without those on nothing, and one for all that are missing by one reason."""
    found: dict[str, Section] = {}
    for section in sections:
        if not section.missing and not section.summary:
            continue
        other = found.get(section.missing) if section.missing else None
        title = f"{other.title}, {section.title}" if other else section.title
        key = section.missing or f"section {len(found)}"
        found[key] = replace(section, title=title)
    return list(found.values())
