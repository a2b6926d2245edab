"""A catalog state as a JSON file: what `plan --save` writes and `plan --against` reads."""

from __future__ import annotations

import json
from pathlib import Path

from logmart_catalog.errors import StateError
from logmart_catalog.records import Record
from logmart_catalog.state.codec import decode, encode
from logmart_catalog.state.model import (
    Asset,
    CatalogState,
    Container,
    Edge,
    OutOfScope,
    Table,
    Team,
)

VERSION = 3


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
        "exclusive": state.exclusive,
        "kept": encode(state.out_of_scope),
        "emails": dict(state.emails),
        **{
            name: [encode(item) for item in items.values()]
            for name, items in (
                ("containers", state.containers),
                ("tables", state.tables),
                ("edges", state.edges),
                ("teams", state.teams),
                ("assets", state.assets),
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
    try:
        return _state(document)
    except (TypeError, ValueError) as error:
        raise StateError(
            f"{where}: no saved state: {error}; write one with `plan --save`"
        ) from error


def _state(document: Record) -> CatalogState:
    containers = [decode(Container, item) for item in document.items("containers")]
    tables = [decode(Table, item) for item in document.items("tables")]
    edges = [decode(Edge, item) for item in document.items("edges")]
    teams = [decode(Team, item) for item in document.items("teams")]
    assets = [decode(Asset, item) for item in document.items("assets")]
    return CatalogState(
        document.text("service"),
        document.text("project"),
        {container.fqn: container for container in containers},
        {table.fqn: table for table in tables},
        {edge.key: edge for edge in edges},
        {team.name: team for team in teams},
        {asset.key: asset for asset in assets},
        tuple(document.texts("exclusive")),
        decode(OutOfScope, dict(document.record("kept").values)),
        {name: document.record("emails").text(name) for name in document.record("emails").values},
    )
