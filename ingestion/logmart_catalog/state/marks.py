"""Makes marks: the record, stored with each entity, of what the sync last wrote. Pure functions."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import replace

from logmart_catalog.state.asset_kinds import ASSET_KINDS
from logmart_catalog.state.model import Asset, Column, Mark, Table, Value

# The list fields of a table and of a column that others may add to.
TABLE_LISTS = ("tags", "terms", "domains")
COLUMN_LISTS = ("tags", "terms")


def digest(values: Iterable[str]) -> str:
    """Return a short digest of some texts, in order."""
    joined = "\x00".join(values).encode()
    return hashlib.blake2s(joined, digest_size=8).hexdigest()


def texts_of(value: Value) -> tuple[str, ...]:
    """Return a value as a tuple of texts, empty for an empty value."""
    if isinstance(value, tuple):
        return value
    return (value,) if value else ()


def marked(table: Table, project: str) -> Table:
    """Return the table with the mark that a project leaves when it writes it as it is."""
    written: dict[str, tuple[str, ...]] = {
        "description": texts_of(table.description),
        "owners": table.owners,
        "keys": tuple(map(str, table.keys)),
        **{f"property:{name}": (text,) for name, text in table.properties.items()},
    }
    lists: dict[str, tuple[str, ...]] = {name: getattr(table, name) for name in TABLE_LISTS}
    for column in table.columns:
        written[f"column:{column.name}"] = texts_of(column.description)
        written[f"constraint:{column.name}"] = texts_of(column.constraint)
        lists |= {f"{name}:{column.name}": getattr(column, name) for name in COLUMN_LISTS}
    digests = {key: digest(values) for key, values in written.items() if values}
    structure = [table.type, *map(_structure, table.columns)]
    return replace(
        table,
        mark=Mark(
            project,
            {**digests, "structure": digest(structure)},
            {key: values for key, values in lists.items() if values},
        ),
    )


def marked_asset(asset: Asset, project: str, service: str = "") -> Asset:
    """Return the asset with the mark that a project leaves when it writes it as it is.

    In: `service`, the service of the project, for an asset whose FQN does not begin with it.
    """
    if ASSET_KINDS[asset.kind].whole:
        return replace(asset, mark=Mark(project))
    digests = {key: digest(texts_of(value)) for key, value in asset.fields.items() if value}
    return replace(asset, mark=Mark(project, digests, service=service))


def _structure(column: Column) -> str:
    return f"{column.name} {column.type}"
