"""Reads an asset from OpenMetadata's document."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from logmart_catalog.records import Record
from logmart_catalog.server.asset_kinds import ROUTES
from logmart_catalog.server.documents import read_mark, read_text_mark
from logmart_catalog.state import asset_kinds as kinds
from logmart_catalog.state.model import Asset, Mark, Value


@dataclass(frozen=True)
class FoundAsset:
    """An asset on the server, and its id ("" for none)."""

    asset: Asset
    id: str


def read_asset(kind: str, record: Record) -> Asset:
    """Return the asset that a server's document describes: its FQN, its filled fields, our mark."""
    mark = read_mark(record)
    _, project = read_text_mark(record.text("description"))
    if mark is None and project:
        mark = Mark(project)
    fields = filled(ROUTES[kind].read(record))
    # A contract has the FQN of its table, whatever name the server gives it.
    named = fields.get("table") if kind == kinds.DATA_CONTRACT else ""
    name = named if isinstance(named, str) and named else record.text("fullyQualifiedName")
    return Asset(kind, name, fields, mark)


def filled(fields: Mapping[str, Value]) -> dict[str, Value]:
    """Return fields without those that are empty."""
    return {key: value for key, value in fields.items() if value}
