"""Searches quarantined files for the lines of users who will be erased.

No table holds these lines, so they are found by their text: a line whose fields name the user, a
line of an event without a user on a device that was the user's alone, and a line that mentions the
id.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb

from logmart.dbt.base_events import read_events
from logmart.dbt.project_macros import ProjectMacros
from logmart.errors import CommandError
from logmart.landed.identifiers import IdKey, erased_line
from logmart.landed.quarantine import quarantined_files
from logmart.landed.removed_lines import Changes, lines_in, lines_with
from logmart.settings import PROJECT


@dataclass(frozen=True)
class Wanted:
    """Who is erased: hashes of users and of devices that were theirs alone, each with the time of
    its last event; and the id as it landed, where it is known.
    """

    key: IdKey
    users: frozenset[str]
    devices: Mapping[str, datetime | None] = field(default_factory=dict)
    user: str = ""

    def is_named_in(self, fields: Mapping[str, Any]) -> bool:
        """Return whether a field of a line is the id of a user."""
        return any(
            isinstance(value, str) and self.key.hash(value) in self.users
            for value in fields.values()
        )

    def has_device(self, device: str, occurred_at: datetime | None) -> bool:
        """Return whether an event without a user was on a device of a user."""
        device_hash = self.key.hash(device)
        if device_hash not in self.devices:
            return False
        until = self.devices[device_hash]
        return until is None or occurred_at is None or occurred_at <= until


def find_quarantined(landing: Path, wanted: Wanted, marks: Sequence[str]) -> dict[str, Changes]:
    """Return the changes of quarantined files, by path below the landing zone.

    In: `marks` of lines that are erased already. Raises CommandError when a file cannot be read at
    all: it may hold lines of the user.
    """
    found = {}
    for file in quarantined_files(landing):
        try:
            changes = _changes(file.path, file.source, wanted, marks)
        except (OSError, duckdb.Error) as error:
            raise CommandError(
                f"{file.path} is in quarantine and cannot be read, so it may hold lines of the"
                " user: replace it with `logmart quality release`, or remove it"
            ) from error
        if changes.erased or changes.masked:
            found[str(file.path.relative_to(landing))] = changes
    return found


def json_object(line: bytes) -> dict[str, Any] | None:
    """Return the JSON object of a line; None where it is none."""
    try:
        parsed = json.loads(line)
    except ValueError:
        return None
    return parsed if isinstance(parsed, dict) else None


def _changes(path: Path, source: str, wanted: Wanted, marks: Sequence[str]) -> Changes:
    erased = {erased_line(mark).encode() for mark in marks}
    lines = {
        number: line for number, line in enumerate(lines_in(path), 1) if line and line not in erased
    }
    objects = {number: json_object(line) for number, line in lines.items()}
    gone = {
        number for number, fields in objects.items() if fields and wanted.is_named_in(fields)
    } | _on_devices(source, lines, wanted)
    changes = Changes(frozenset(gone & lines.keys()))
    if not wanted.user:
        return changes
    for number, _, spans in lines_with(path, wanted.user):
        if number in changes.erased:
            continue
        if objects.get(number) is None:
            changes = replace(changes, erased=changes.erased | {number})
        else:
            changes = replace(changes, masked={**changes.masked, number: spans})
    return changes


def _on_devices(source: str, lines: Mapping[int, bytes], wanted: Wanted) -> set[int]:
    """Return the lines of events without a user on the users' devices."""
    model = PROJECT / f"models/staging/{source}/base_{source}__events.sql"
    if not wanted.devices or not lines or not model.exists():
        return set()
    with duckdb.connect() as connection:
        connection.execute(
            "create table landed_lines as select '' as landing_file,"
            " unnest($numbers::bigint[]) as line_number, unnest($lines::varchar[]) as line",
            {
                "numbers": list(lines),
                "lines": [line.decode("utf-8", "replace") for line in lines.values()],
            },
        )
        read_events(connection, ProjectMacros(PROJECT), PROJECT, source)
        rows = connection.execute(
            "select line_number, device_id, occurred_at from read_rows"
            " where is_readable and user_id is null and device_id is not null"
        ).fetchall()
    return {number for number, device, moment in rows if wanted.has_device(device, moment)}
