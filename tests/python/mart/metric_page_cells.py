"""Reads the figures of the pages back out of their HTML."""

from __future__ import annotations

from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path


@dataclass(frozen=True)
class Cell:
    """A figure of a page: which metric's, of what date and value of a dimension."""

    metric: str
    dimension: str
    dimension_value: str
    date: str
    value: float


class _Cells(HTMLParser):
    """Collects the first figure of each row of metrics, and the headlines."""

    def __init__(self) -> None:
        super().__init__()
        self.cells: list[Cell] = []
        self._metric = self._dimension = self._value = self._date = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag in ("table", "li", "div") and "data-metric" in given:
            self._metric = given["data-metric"]
            self._dimension = given.get("data-dimension", "all")
        elif tag == "table":
            self._metric = ""
        if "data-date" in given:
            self._date = given["data-date"]
            self._value = given.get("data-value", "all")
        elif tag == "td" and given.get("class") in ("part", "before"):
            # A value that is not there has no element: what follows it is another figure.
            self._date = ""
        elif tag == "data" and self._metric and self._date:
            cell = Cell(
                self._metric, self._dimension, self._value, self._date, float(given["value"])
            )
            self.cells.append(cell)
            self._date = ""


def cells(file: Path) -> list[Cell]:
    """Return the figures of metrics on a page."""
    parser = _Cells()
    parser.feed(file.read_text(encoding="utf-8"))
    return parser.cells
