"""Reads the entries of the tracking plan from the YAML of the event models."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from logmart.errors import CommandError
from logmart.plan.grammar import (
    EVENT_KEYS,
    OTHERS_KEYS,
    PROPERTY_KEYS,
    PlannedEvent,
    PlannedProperty,
    PlannedRecord,
)
from logmart.plan.key_types import Key

Entry = Mapping[str, Any]


def plan_file(source: str) -> Path:
    """Return the path of a source's plan file, relative to the project."""
    return Path(f"models/staging/{source}/_{source}__events.yml")


def read_plan(project: Path) -> list[PlannedEvent]:
    """Return the planned events of every source, in the order of files and entries.

    Raises CommandError when a file is no YAML.
    """
    files = sorted((project / "models/staging").rglob("*.yml"))
    return [event for path in files for event in _read_file(project, path)]


def read_records(project: Path) -> list[PlannedRecord]:
    """Return the planned entities of every system of records, in the order of files and entries.

    Raises CommandError when a file is no YAML.
    """
    files = sorted((project / "models/staging").rglob("*.yml"))
    return [
        record_of(entry)
        for path in files
        for entry in _entries_of(path, path.read_text(encoding="utf-8"))
        if "record" in meta_of(entry)
    ]


def _read_file(project: Path, path: Path) -> Iterator[PlannedEvent]:
    text = path.read_text(encoding="utf-8")
    lines = text.splitlines()
    for entry in _entries_of(path, text):
        if "event" in meta_of(entry):
            mark = f"- name: {entry['name']}"
            line = next((n for n, each in enumerate(lines, 1) if each.strip() == mark), 0)
            yield event_of(entry, file=path.relative_to(project), line=line)


def _entries_of(path: Path, text: str) -> list[Entry]:
    try:
        return raw_entries(text)
    except yaml.YAMLError as error:
        raise CommandError(f"{path} is no YAML: {error}") from error


def raw_entries(text: str) -> list[Entry]:
    """Return the entries under `models:` in a YAML file's text, unchanged."""
    content = yaml.safe_load(text) or {}
    return list(content.get("models") or [])


def event_of(entry: Entry, file: Path = Path(), line: int = 0) -> PlannedEvent:
    """Return the event that a model's entry defines, in a YAML file or in dbt's manifest."""
    planned = _planned_columns(entry)
    unknown = list(_unknown_keys(entry, EVENT_KEYS))
    for column in planned:
        unknown += [f"{column['name']}.{key}" for key in _unknown_keys(column, PROPERTY_KEYS)]
    return PlannedEvent(
        source=_source_of(entry),
        description=str(entry.get("description") or ""),
        owner=_owner_of(entry),
        properties=tuple(_property(column) for column in planned),
        file=file,
        line=line,
        model=str(entry["name"]),
        unknown_keys=tuple(unknown),
        **_values(entry, EVENT_KEYS),
    )


def record_of(entry: Entry) -> PlannedRecord:
    """Return the entity that a model's entry defines."""
    return PlannedRecord(
        source=_source_of(entry),
        name=str(meta_of(entry)["record"]),
        owner=_owner_of(entry),
        properties=tuple(_property(column) for column in _planned_columns(entry)),
    )


def _planned_columns(entry: Entry) -> list[Entry]:
    columns = entry.get("columns") or []
    listed = list(columns.values()) if isinstance(columns, Mapping) else columns
    return [column for column in listed if meta_of(column).get("property")]


def _source_of(entry: Entry) -> str:
    return str(entry["name"]).split("__", maxsplit=1)[0].removeprefix("stg_")


def _owner_of(entry: Entry) -> str:
    return str((entry.get("config") or {}).get("group") or entry.get("group") or "")


def _property(column: Entry) -> PlannedProperty:
    return PlannedProperty(
        column=str(column["name"]),
        data_type=str(column.get("data_type") or ""),
        description=str(column.get("description") or ""),
        **_values(column, PROPERTY_KEYS),
    )


def _values(entry: Entry, keys: Mapping[str, Key]) -> dict[str, Any]:
    meta = meta_of(entry)
    return {field: key.from_yaml(meta.get(key.name)) for field, key in keys.items()}


def _unknown_keys(entry: Entry, keys: Mapping[str, Key]) -> Iterator[str]:
    known = {key.name for key in keys.values()} | OTHERS_KEYS
    return (str(key) for key in meta_of(entry) if key not in known)


def meta_of(entry: Entry) -> Entry:
    """Return the meta of a model's or a column's entry."""
    meta: Entry = (entry.get("config") or {}).get("meta") or entry.get("meta") or {}
    return meta
