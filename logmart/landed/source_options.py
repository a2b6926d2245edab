"""The options of a source: keys of config.meta of its table `events` in _<source>__sources.yml.

source_option() of macros/landing/source_options.sql reads the same keys and describes them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from logmart.errors import CommandError
from logmart.landed.table_files import TableForm


@dataclass(frozen=True)
class SourceOptions:
    """The options of one source; a field is empty where the source does not set it."""

    format: str = "json"
    delimiter: str = ","
    columns: tuple[str, ...] = ()
    typed_as_text: bool = False
    time_zone: str = ""
    history_until: date | None = None
    key: str = ""
    session_property: str = ""
    names_as_sent: bool = False

    def csv_form(self) -> TableForm | None:
        """Return the form of text files with columns; None for other files."""
        return TableForm(self.delimiter, self.columns) if self.format == "csv" else None

    def table_form(self) -> str:
        """Return the form of files with columns, as the functions of table_functions.py take it; ""
        for files of lines.
        """
        if self.format not in ("csv", "columns"):
            return ""
        return json.dumps({"delimiter": self.delimiter, "columns": list(self.columns)})


def sources_file(source: str) -> Path:
    """Return the path of a source's YAML, relative to the project."""
    return Path(f"models/staging/{source}/_{source}__sources.yml")


def source_options(project: Path) -> dict[str, SourceOptions]:
    """Return the options of every source with a table `events`, by the source's name.

    Raises CommandError for a file that is no YAML or a value that cannot be read.
    """
    found = {}
    for path in sorted((project / "models/staging").glob("*/_*__sources.yml")):
        try:
            content = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
        except yaml.YAMLError as error:
            raise CommandError(f"{path} is no YAML: {error}") from error
        for source in content.get("sources") or ():
            for table in source.get("tables") or ():
                if table["name"] == "events":
                    meta = (table.get("config") or {}).get("meta") or {}
                    found[str(source["name"])] = _options(path, meta)
    return found


def _options(path: Path, meta: Mapping[str, Any]) -> SourceOptions:
    try:
        until = meta.get("history_until")
        return SourceOptions(
            format=str(meta.get("format") or "json"),
            delimiter=str(meta.get("delimiter") or ","),
            columns=tuple(str(name) for name in meta.get("columns") or ()),
            typed_as_text=bool(meta.get("typed_as_text")),
            time_zone=str(meta.get("time_zone") or ""),
            history_until=date.fromisoformat(str(until)) if until else None,
            key=str(meta.get("key") or ""),
            session_property=str(meta.get("session_property") or ""),
            names_as_sent=bool(meta.get("names_as_sent")),
        )
    except ValueError as error:
        raise CommandError(f"{path}: history_until is no date: {error}") from error
