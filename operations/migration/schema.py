"""The tables of a source as it has them now, and what a mapping says nothing about."""

from __future__ import annotations

from dataclasses import dataclass

from operations.migration.mapping import Mapping, Table


@dataclass(frozen=True)
class SourceColumn:
    """A column of the source. `type` is the source's own name of its type, such as
    `numeric(18,2)`.
    """

    name: str
    type: str


@dataclass(frozen=True)
class SourceTable:
    """A table of the source. `key` are the columns of its primary key, or else of a unique index
    over columns without nulls; empty when it has neither. `is_view` tells a view, or another table
    whose rows are those of others.
    """

    name: str
    columns: tuple[SourceColumn, ...]
    key: tuple[str, ...] = ()
    is_view: bool = False


def schema_faults(mapping: Mapping, tables: list[SourceTable]) -> list[str]:
    """Return what differs between a mapping and the tables of the source, each by name.

    A table or column that the mapping neither maps nor excludes is a fault, and so is one that the
    mapping names and the source no longer has.
    """
    found = {table.name: table for table in tables}
    mapped = {table.source: table for table in mapping.tables}
    excluded = {exclusion.name for exclusion in mapping.excluded}
    faults = [
        f"the source's table {name} is neither mapped nor excluded"
        for name in found
        if name not in mapped and name not in excluded
    ]
    for name, table in mapped.items():
        if name not in found:
            faults.append(f"the source no longer has the mapped table {name}")
        else:
            faults += _column_faults(table, found[name])
    return faults


def _column_faults(mapped: Table, found: SourceTable) -> list[str]:
    names = [column.name for column in found.columns]
    known = {column.source for column in mapped.columns}
    known |= {exclusion.name for exclusion in mapped.excluded}
    faults = [
        f"the source's column {found.name}.{name} is neither mapped nor excluded"
        for name in names
        if name not in known
    ]
    faults += [
        f"the source no longer has the mapped column {found.name}.{column.source}"
        for column in mapped.columns
        if column.source not in names
    ]
    return faults
