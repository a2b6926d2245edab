"""A catalog state as a JSON file: what `plan --save` writes and `plan --against` reads."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

from logmart_catalog.column_types import DataType, Field
from logmart_catalog.errors import StateError
from logmart_catalog.records import Record
from logmart_catalog.state import CatalogState, Column, Container, Edge, Mark, Table, Team

VERSION = 1


def write_state(path: Path, state: CatalogState) -> None:
    """Write a state. Raises StateError when the file cannot be written."""
    try:
        path.write_text(dump_state(state), encoding="utf-8")
    except OSError as error:
        raise StateError(f"{path}: the state cannot be saved: {error.strerror}") from error


def read_state(path: Path) -> CatalogState:
    """Read a state. Raises StateError when the file is missing or holds something else."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise StateError(
            f"{path}: the saved state cannot be read: {error}; write one with `plan --save`"
        ) from error
    return load_state(text, str(path))


def dump_state(state: CatalogState) -> str:
    """Return a state as JSON text."""
    document = {
        "version": VERSION,
        "service": state.service,
        "project": state.project,
        **{
            name: [asdict(item) for item in items.values()]
            for name, items in (
                ("containers", state.containers),
                ("tables", state.tables),
                ("edges", state.edges),
                ("teams", state.teams),
            )
        },
    }
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


def load_state(text: str, where: str) -> CatalogState:
    """Return the state in a JSON text.

    In: `where`, what to call the text in errors. Raises StateError when it is no state, or of
    another version.
    """
    try:
        document = Record.of(where, json.loads(text), StateError)
    except ValueError as error:
        raise StateError(
            f"{where}: no saved state: {error}; write one with `plan --save`"
        ) from error
    if document.number("version") != VERSION:
        raise StateError(
            f"{where}: a saved state of version {document.values.get('version')}, not {VERSION};"
            " write it again with `plan --save`"
        )
    containers = [
        Container(tuple(one.texts("parts")), _mark(one))
        for one in document.record_items("containers")
    ]
    tables = [_table(one) for one in document.record_items("tables")]
    edges = [
        Edge(one.text("upstream"), one.text("downstream"), one.text("project"))
        for one in document.record_items("edges")
    ]
    teams = [Team(one.text("name"), one.text("email")) for one in document.record_items("teams")]
    return CatalogState(
        document.text("service"),
        document.text("project"),
        {container.fqn: container for container in containers},
        {table.fqn: table for table in tables},
        {edge.key: edge for edge in edges},
        {team.name: team for team in teams},
    )


def _table(record: Record) -> Table:
    columns = [
        Column(one.text("name"), _type(one.record("type")), one.text("description"))
        for one in record.record_items("columns")
    ]
    return Table(
        tuple(record.texts("parts")),
        record.text("type"),
        tuple(columns),
        record.text("description"),
        tuple(record.texts("owners")),
        _mark(record),
    )


def _type(record: Record) -> DataType:
    children = [
        Field(one.text("name"), _type(one.record("type")))
        for one in record.record_items("children")
    ]
    return DataType(
        record.text("name"),
        record.text("display"),
        record.number("length"),
        record.number("precision"),
        record.number("scale"),
        record.text("element") or None,
        tuple(children),
    )


def _mark(record: Record) -> Mark | None:
    mark = record.record("mark")
    if not mark.values:
        return None
    digests = mark.record("digests")
    return Mark(mark.text("project"), {key: digests.text(key) for key in digests.values})
