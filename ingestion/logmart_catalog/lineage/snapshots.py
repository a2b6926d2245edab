"""The columns dbt adds to a snapshot."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from logmart_catalog.lineage.derivation import outermost
from logmart_catalog.lineage.model import ColumnLineage, Kind, TableLineage
from logmart_catalog.records import Record

_ADDED = ("dbt_scd_id", "dbt_updated_at", "dbt_valid_from", "dbt_valid_to", "dbt_is_deleted")


def snapshot_lineage(table: TableLineage, node: Record) -> TableLineage:
    """Return a snapshot's lineage: that of its query, with what dbt adds computed as its strategy
    says.

    With `timestamp` times are copies of `updated_at`; with `check` they are the moment of the run.
    """
    config = node.record("config")
    renamed = config.record("snapshot_meta_column_names").values
    added = {str(renamed.get(name) or name).lower(): name for name in _ADDED}
    known = {one.column.lower(): one for one in table.columns}
    updated: tuple[ColumnLineage, ...] = ()
    if config.text("strategy") == "timestamp":
        updated = _named([config.text("updated_at")], known)
    key = config.values.get("unique_key")
    keys = _named(key if isinstance(key, list) else [key], known)
    columns = tuple(
        _computed(one, added[one.column.lower()], keys, updated)
        if one.column.lower() in added
        else one
        for one in table.columns
    )
    return replace(table, columns=columns)


def _named(names: Iterable[object], known: dict[str, ColumnLineage]) -> tuple[ColumnLineage, ...]:
    """Return the columns of these names; one that is an expression has a reason and no parent."""
    reason = "the snapshot's unique_key or updated_at is no column of it"
    return tuple(
        known.get(str(name).lower()) or ColumnLineage(str(name), Kind.UNTRACED, (), (reason,))
        for name in names
    )


def _computed(
    column: ColumnLineage,
    name: str,
    keys: tuple[ColumnLineage, ...],
    updated: tuple[ColumnLineage, ...],
) -> ColumnLineage:
    if name == "dbt_is_deleted":
        return ColumnLineage(column.column, Kind.CONSTANT)
    if name == "dbt_scd_id":
        return _from(column.column, Kind.TRANSFORMED, (*keys, *updated))
    if not updated:
        return ColumnLineage(column.column, Kind.CONSTANT)
    kind = Kind.TRANSFORMED if name == "dbt_valid_to" else updated[0].kind
    return _from(column.column, kind, updated)


def _from(name: str, kind: Kind, parts: tuple[ColumnLineage, ...]) -> ColumnLineage:
    reasons = tuple(sorted({reason for one in parts for reason in one.reasons}))
    kinds = {one.kind for one in parts}
    kind = Kind.UNTRACED if reasons else Kind.AGGREGATED if Kind.AGGREGATED in kinds else kind
    parents = outermost(parent for one in parts for parent in one.parents)
    return ColumnLineage(name, kind, parents, reasons)
