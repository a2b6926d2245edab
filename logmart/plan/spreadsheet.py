"""The tracking plan as a spreadsheet: `logmart plan export [FILE]`, `logmart plan import FILE`.

An event is one row with an empty `property`, followed by one row for each property. An import
writes the entries that differ, scaffolds new events, and changes nothing else in the YAML files.
Events that the file lacks stay in the plan and are listed. Where the file lacks a column, the plan
keeps its values.
"""

from __future__ import annotations

import sys
from pathlib import Path

import click

from logmart.errors import CommandError
from logmart.options import PROJECT_FOLDER
from logmart.plan.entries import raw_entries, read_plan
from logmart.plan.entry_text import entry_text, with_entries
from logmart.plan.rows import from_csv, to_csv
from logmart.plan.scaffold import new_event_files


@click.command()
@click.argument("file", type=click.Path(path_type=Path), required=False)
@PROJECT_FOLDER
def export_plan(file: Path | None, project: Path) -> int:
    """Write the tracking plan to a file, or to the terminal.

    An event is one row with an empty `property`, followed by one row for each property.
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
    """Update the tracking plan from a file.

    New events are scaffolded. Events that the file does not name are kept and listed.
    """
    return import_file(project, file)


def import_file(project: Path, file: Path) -> int:
    """Write the entries of a file to the plan.

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
        before = {entry["name"]: entry for entry in raw_entries(text)}
        written = entry_text(event, before.get(event.model_name))
        files[path] = with_entries(text, {event.model_name: written})
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
