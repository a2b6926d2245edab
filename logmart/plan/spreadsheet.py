"""The tracking plan as a spreadsheet: `logmart plan export [FILE]`, `logmart plan import FILE`.

One row an event, its `property` empty, followed by one row a property. An import writes the entries
that differ, leaves everything else in the YAML files as it is, and scaffolds events that are new;
what is in the plan and not in the file is kept, and said. A column that the file has not is left as
the plan has it.
"""

from __future__ import annotations

import csv
import io
import re
import sys
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import click

from logmart.errors import CommandError
from logmart.options import PROJECT_FOLDER
from logmart.plan.entries import (
    TYPES,
    Deprecation,
    PlannedEvent,
    PlannedProperty,
    Scalar,
    Versions,
    entry_text,
    raw_entries,
    read_plan,
    with_entries,
)
from logmart.plan.scaffold import new_event_files

COLUMNS = (
    "source",
    "event",
    "property",
    "column",
    "type",
    "required",
    "allowed",
    "min",
    "max",
    "pattern",
    "description",
    "owner",
    "since",
    "until",
    "deprecated",
    "personal_data",
    "is_activity",
    "is_steady",
)
# The source of a new event whose row names none.
APP = "app"
_YES = frozenset({"true", "yes", "y", "x", "1"})
_NO = frozenset({"false", "no", "n", "0"})


@dataclass(frozen=True)
class Cells:
    """A row of the file: its cells by column, and where it is."""

    place: str
    values: Mapping[str, str]

    def text(self, column: str, default: str) -> str:
        """Return a cell without spaces around it; the default where the file lacks the column."""
        return self.values[column].strip() if column in self.values else default

    def flag(self, column: str, *, default: bool, empty: bool) -> bool:
        """Return a cell that says yes or no.

        The default where the file lacks the column; what `empty` says where the cell is empty.
        """
        if column not in self.values:
            return default
        word = self.values[column].strip().lower() or ("yes" if empty else "no")
        if word not in _YES | _NO:
            raise CommandError(f"{self.place}: {column} '{word}' is neither true nor false")
        return word in _YES


@click.command()
@click.argument("file", type=click.Path(path_type=Path), required=False)
@PROJECT_FOLDER
def export_plan(file: Path | None, project: Path) -> int:
    """Write the tracking plan to a file, or to the terminal.

    One row an event, its `property` empty, followed by one row a property.
    """
    text = to_csv(read_plan(project))
    if file is None:
        sys.stdout.write(text)
    else:
        file.write_text(text, encoding="utf-8", newline="")
        print(f"Wrote {file}")
    return 0


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@PROJECT_FOLDER
def import_plan(file: Path, project: Path) -> int:
    """Bring the tracking plan in step with a file.

    Events that are new are scaffolded; what the file does not name is kept, and said.
    """
    return import_file(project, file)


def import_file(project: Path, file: Path) -> int:
    """Write what a file says of the plan.

    Raises CommandError, with nothing written, for a row that cannot be read.
    """
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"{file} cannot be read as UTF-8: {error}") from error
    present = read_plan(project)
    known = {(event.source, event.name): event for event in present}
    planned = from_csv(text, present, str(file))
    new = [event for event in planned if (event.source, event.name) not in known]
    changed = [event for event in planned if known.get((event.source, event.name), event) != event]
    files: dict[Path, str] = {}
    for event in changed:
        path = project / known[event.source, event.name].file
        text = files.get(path) or path.read_text(encoding="utf-8")
        before = raw_entries(text).get(event.model_name)
        files[path] = with_entries(text, {event.model_name: entry_text(event, before)})
    if new:
        files |= new_event_files(project, new, files)
    for path, text in files.items():
        path.write_text(text, encoding="utf-8")
    named = {(event.source, event.name) for event in planned}
    for word, events in (
        ("new", new),
        ("changed", changed),
        ("kept, though not in the file", [e for e in present if (e.source, e.name) not in named]),
    ):
        for event in events:
            print(f"  {word}: {event.source}.{event.name}")
    print(f"{len(planned)} events read: {len(new)} new, {len(changed)} changed")
    print("Now: logmart plan check")
    return 0


def to_csv(events: Iterable[PlannedEvent]) -> str:
    """Return the plan as the text of a CSV file."""
    file = io.StringIO(newline="")
    writer = csv.DictWriter(file, COLUMNS, lineterminator="\n", restval="")
    writer.writeheader()
    for event in events:
        name = {"source": event.source, "event": event.name}
        writer.writerow(
            {
                **name,
                "description": event.description,
                "owner": event.owner,
                **_lifetime_cells(event),
                "is_activity": _flag_cell(event.is_activity),
                "is_steady": _flag_cell(event.is_steady),
            }
        )
        for each in event.properties:
            writer.writerow(
                {
                    **name,
                    "property": each.name,
                    "column": each.column,
                    "type": each.data_type,
                    "required": _flag_cell(each.required),
                    "allowed": _list_cell(each.allowed),
                    "min": _bound_cell(each.minimum),
                    "max": _bound_cell(each.maximum),
                    "pattern": each.pattern,
                    "description": each.description,
                    **_lifetime_cells(each),
                    "personal_data": each.personal_data,
                }
            )
    return file.getvalue()


def from_csv(text: str, present: Iterable[PlannedEvent], file: str) -> list[PlannedEvent]:
    """Return the events of a CSV file's text, in its order.

    `present` is the plan as it is: it says what the file lacks a column for. Raises CommandError
    that names the file, the line and the remedy.
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
    """Return the source of an event whose row names none: the one that has the event, else the app.

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
        what = f"no column is called '{unknown[0]}'" if unknown else "the columns are wrong"
        raise CommandError(f"{file}:1: {what}: event and property, and of {', '.join(COLUMNS[3:])}")
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
    """Return what separates the cells: where a comma is decimal, spreadsheets write a semicolon."""
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
    event = replace(
        before,
        owner=owners.pop()
        if owners
        else ("" if own and "owner" in own[0].values else before.owner),
        properties=_properties(rows, before),
    )
    if not own:
        return event
    cells = own[0]
    return replace(
        event,
        description=cells.text("description", before.description),
        since=_versions(cells, "since", before.since),
        until=_versions(cells, "until", before.until),
        deprecated=_deprecation(cells, before.deprecated),
        is_activity=cells.flag("is_activity", default=before.is_activity, empty=True),
        is_steady=cells.flag("is_steady", default=before.is_steady, empty=True),
    )


def _properties(rows: list[Cells], before: PlannedEvent) -> tuple[PlannedProperty, ...]:
    known = {each.name: each for each in before.properties}
    found: dict[str, PlannedProperty] = {}
    for cells in rows:
        name = cells.text("property", "")
        if not name:
            continue
        if name in found:
            raise CommandError(f"{cells.place}: {before.name} has the property '{name}' already")
        found[name] = _property(cells, known.get(name, PlannedProperty(_column_of(name), name, "")))
    return tuple(found.values())


def _property(cells: Cells, before: PlannedProperty) -> PlannedProperty:
    data_type = cells.text("type", before.data_type).lower()
    if data_type not in TYPES:
        raise CommandError(
            f"{cells.place}: type '{data_type}' of {before.name} is none of {', '.join(TYPES)}"
        )
    return PlannedProperty(
        column=cells.text("column", before.column) or before.column,
        name=before.name,
        data_type=data_type,
        description=cells.text("description", before.description),
        required=cells.flag("required", default=before.required, empty=False),
        allowed=_allowed(cells, data_type, before.allowed),
        minimum=_bound(cells, "min", data_type, before.minimum),
        maximum=_bound(cells, "max", data_type, before.maximum),
        pattern=cells.values.get("pattern", before.pattern),
        personal_data=cells.text("personal_data", before.personal_data),
        since=_versions(cells, "since", before.since),
        until=_versions(cells, "until", before.until),
        deprecated=_deprecation(cells, before.deprecated),
    )


def _column_of(name: str) -> str:
    words = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", name)
    return re.sub(r"[^a-z0-9]+", "_", words.lower()).strip("_")


def _value(cells: Cells, text: str, data_type: str) -> Scalar:
    try:
        if data_type == "bigint":
            return int(text)
        if data_type == "double":
            number = float(text)
            return int(text) if re.fullmatch(r"-?\d+", text) else number
    except ValueError as error:
        raise CommandError(f"{cells.place}: '{text}' is no {data_type}") from error
    if data_type == "boolean":
        if text.lower() not in ("true", "false"):
            raise CommandError(f"{cells.place}: '{text}' is neither true nor false")
        return text.lower() == "true"
    return text


def _allowed(cells: Cells, data_type: str, before: tuple[Scalar, ...]) -> tuple[Scalar, ...]:
    if "allowed" not in cells.values:
        return before
    cell = cells.values["allowed"]
    if not cell.strip():
        return ()
    parts = next(csv.reader(io.StringIO(cell, newline=""), delimiter="|", strict=True))
    return tuple(_value(cells, part, data_type) for part in parts)


def _bound(cells: Cells, column: str, data_type: str, before: Scalar | None) -> Scalar | None:
    if column not in cells.values:
        return before
    text = cells.text(column, "")
    return _value(cells, text, data_type) if text else None


def _versions(cells: Cells, column: str, before: Versions) -> Versions:
    return _versions_of(cells.text(column, "")) if column in cells.values else before


def _versions_of(text: str) -> Versions:
    if "=" not in text:
        return text
    pairs = (pair.partition("=") for pair in text.split(";"))
    return tuple((platform.strip(), version.strip()) for platform, _, version in pairs)


def _deprecation(cells: Cells, before: Deprecation | None) -> Deprecation | None:
    if "deprecated" not in cells.values:
        return before
    text = cells.text("deprecated", "")
    if not text:
        return None
    parts = re.fullmatch(r"(?:since (?P<since>.*?) )?(?:on (?P<date>\S+) )?use (?P<use>.+)", text)
    if parts is None:
        raise CommandError(
            f"{cells.place}: deprecated '{text}' is not like `since 5.4.0 use transfer_sent` or"
            " `on 2026-05-01 use transfer_sent`"
        )
    return Deprecation(
        use=parts["use"].strip(),
        since=_versions_of(parts["since"] or ""),
        date=parts["date"] or "",
    )


def _lifetime_cells(entry: PlannedEvent | PlannedProperty) -> dict[str, str]:
    deprecated = ""
    if entry.deprecated:
        given = entry.deprecated
        deprecated += f"since {_versions_cell(given.since)} " if given.since else ""
        deprecated += f"on {given.date} " if given.date else ""
        deprecated += f"use {given.use}"
    return {
        "since": _versions_cell(entry.since),
        "until": _versions_cell(entry.until),
        "deprecated": deprecated,
    }


def _versions_cell(versions: Versions) -> str:
    if isinstance(versions, str):
        return versions
    return ";".join(f"{platform}={version}" for platform, version in versions)


def _flag_cell(flag: bool) -> str:
    return "true" if flag else "false"


def _bound_cell(value: Scalar | None) -> str:
    return "" if value is None else _scalar_cell(value)


def _list_cell(values: tuple[Scalar, ...]) -> str:
    if not values:
        return ""
    file = io.StringIO(newline="")
    cells = [_scalar_cell(value) for value in values]
    # Spaces, line feeds and nothing at all show between quotes alone.
    if all(re.fullmatch(r"\S(.*\S)?", cell) for cell in cells):
        writer = csv.writer(file, delimiter="|", lineterminator="")
    else:
        writer = csv.writer(file, delimiter="|", lineterminator="", quoting=csv.QUOTE_ALL)
    writer.writerow(cells)
    return file.getvalue()


def _scalar_cell(value: Scalar) -> str:
    return _flag_cell(value) if isinstance(value, bool) else str(value)
