"""Converts the tracking plan to the text of a CSV file and back. Pure functions.

An event is one row with an empty `property`, followed by one row for each property.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from logmart.errors import CommandError
from logmart.plan.grammar import (
    COLUMNS,
    EVENT_KEYS,
    PROPERTY_KEYS,
    Planned,
    PlannedEvent,
    PlannedProperty,
)
from logmart.plan.key_types import TYPES, Key

# The source of a new event whose row names none.
APP = "app"
Values = dict[str, Any]


@dataclass(frozen=True)
class Cells:
    """A row of the file: its cells by column, and its place (`file:line`)."""

    place: str
    values: Mapping[str, str]

    def text(self, column: str, default: str) -> str:
        """Return a cell without outer spaces; the default if the file lacks the column."""
        return self.values[column].strip() if column in self.values else default

    def values_of(self, planned: Planned, keys: Mapping[str, Key], data_type: str = "") -> Values:
        """Return the values of keys, by field; the entry's value where the file lacks a column.

        Raises CommandError for a cell that cannot be read.
        """
        try:
            return {
                field: key.from_cell(self.values[key.name], data_type)
                if key.name in self.values
                else getattr(planned, field)
                for field, key in keys.items()
                if field != "name"
            }
        except ValueError as error:
            raise CommandError(f"{self.place}: {error}") from error


def to_csv(events: Iterable[PlannedEvent]) -> str:
    """Return the plan as the text of a CSV file."""
    file = io.StringIO(newline="")
    writer = csv.DictWriter(file, COLUMNS, lineterminator="\n", restval="")
    writer.writeheader()
    for event in events:
        own = {"source": event.source, "description": event.description, "owner": event.owner}
        writer.writerow(own | _cells(event, EVENT_KEYS))
        for each in event.properties:
            identity = {"source": event.source, "event": event.name, "column": each.column}
            content = {"type": each.data_type, "description": each.description}
            writer.writerow(identity | content | _cells(each, PROPERTY_KEYS))
    return file.getvalue()


def _cells(planned: Planned, keys: Mapping[str, Key]) -> dict[str, str]:
    return {key.name: key.to_cell(getattr(planned, field)) for field, key in keys.items()}


def from_csv(text: str, present: Iterable[PlannedEvent], file: str) -> list[PlannedEvent]:
    """Return the events of a CSV file's text, in its order.

    `present` is the current plan, which supplies the values of columns that the file lacks. Raises
    CommandError that names the file, the line and the remedy.
    """
    known = {(event.source, event.name): event for event in present}
    groups: dict[tuple[str, str], list[Cells]] = {}
    for cells in _rows(text, file):
        name = cells.text("event", "")
        if not name:
            raise CommandError(f"{cells.place}: the row names no event")
        source = cells.text("source", "") or _source_of(name, known, cells.place)
        groups.setdefault((source, name), []).append(cells)
    return [
        _event(source, name, rows, known.get((source, name), PlannedEvent(source, name)))
        for (source, name), rows in groups.items()
    ]


def _source_of(name: str, known: Collection[tuple[str, str]], place: str) -> str:
    """Return the source of an event whose row names none: the source that has it, else `app`.

    Raises CommandError.
    """
    sources = [source for source, event in known if event == name]
    if len(sources) > 1:
        raise CommandError(
            f"{place}: the row names no source, and {', '.join(sources)} have an event {name}: fill"
            " in the column source"
        )
    if not sources and known and APP not in {source for source, _ in known}:
        raise CommandError(
            f"{place}: the row names no source, and none has an event {name} yet: fill in the"
            " column source"
        )
    return sources[0] if sources else APP


def _rows(text: str, file: str) -> Iterable[Cells]:
    reader = csv.DictReader(
        io.StringIO(text, newline=""), delimiter=_delimiter(text, file), strict=True
    )
    header = [name.strip().lower() for name in reader.fieldnames or ()]
    unknown = [name for name in header if name not in COLUMNS]
    if unknown or not {"event", "property"} <= set(header):
        fault = f"no column is called '{unknown[0]}'" if unknown else "the columns are wrong"
        raise CommandError(
            f"{file}:1: {fault}: event and property, and of {', '.join(COLUMNS[3:])}"
        )
    reader.fieldnames = header
    try:
        for row in reader:
            place = f"{file}:{reader.line_num}"
            if None in row or None in row.values():
                raise CommandError(f"{place}: the row has not as many cells as the header")
            if any(value.strip() for value in row.values()):
                yield Cells(place, row)
    except csv.Error as error:
        raise CommandError(f"{file}:{reader.line_num}: no row of a CSV file: {error}") from error


def _delimiter(text: str, file: str) -> str:
    """Return the separator of the cells: comma, tab, or semicolon, which spreadsheets write where
    the comma is the decimal sign.
    """
    header = text.partition("\n")[0]
    return max(",;\t", key=header.count)


def _event(source: str, name: str, rows: list[Cells], before: PlannedEvent) -> PlannedEvent:
    own = [cells for cells in rows if not cells.text("property", "")]
    if len(own) > 1:
        raise CommandError(f"{own[1].place}: {name} has a row of its own already (no property)")
    owners = {cells.text("owner", "") for cells in rows} - {""}
    if len(owners) > 1:
        raise CommandError(
            f"{rows[0].place}: {name} has two owners, {' and '.join(sorted(owners))}: name one"
        )
    event = replace(before, properties=_properties(rows, before))
    for cells in own:
        event = replace(
            event,
            description=cells.text("description", before.description),
            owner=cells.text("owner", before.owner),
            **cells.values_of(before, EVENT_KEYS),
        )
    return replace(event, owner=owners.pop()) if owners else event


def _properties(rows: list[Cells], before: PlannedEvent) -> tuple[PlannedProperty, ...]:
    known = {each.name: each for each in before.properties}
    found: dict[str, PlannedProperty] = {}
    for cells in rows:
        name = cells.text("property", "")
        if name in found:
            raise CommandError(f"{cells.place}: {before.name} has the property '{name}' already")
        if name:
            new = PlannedProperty(_column_of(name), name, "")
            found[name] = _property(cells, known.get(name, new))
    return tuple(found.values())


def _property(cells: Cells, before: PlannedProperty) -> PlannedProperty:
    data_type = cells.text("type", before.data_type).lower()
    if data_type not in TYPES:
        raise CommandError(
            f"{cells.place}: type '{data_type}' of {before.name} is none of {', '.join(TYPES)}"
        )
    return replace(
        before,
        column=cells.text("column", before.column) or before.column,
        data_type=data_type,
        description=cells.text("description", before.description),
        **cells.values_of(before, PROPERTY_KEYS, data_type),
    )


def _column_of(name: str) -> str:
    words = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", name)
    return re.sub(r"[^a-z0-9]+", "_", words.lower()).strip("_")
