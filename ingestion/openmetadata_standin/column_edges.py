"""Removes the column pairs of lineage edges whose columns were removed from a table."""

from __future__ import annotations

from dataclasses import replace

from openmetadata_standin.models import Json
from openmetadata_standin.store import Edge, Store


def column_keys(document: Json) -> frozenset[tuple[str, str]]:
    """Return (full name, type) of a table's top-level columns: the key of a column."""
    columns = document.get("columns", [])
    return frozenset((column["fullyQualifiedName"], column["dataType"]) for column in columns)


def drop_pairs(store: Store, table_id: str, gone: frozenset[tuple[str, str]]) -> None:
    """Drop the pairs that name one of the columns from the edges of a table.

    In: `gone`, columns as `column_keys` gives them.
    """
    names = {fqn for fqn, _ in gone}
    if not names:
        return
    for edge in [*store.edges_into(table_id), *store.edges_from(table_id)]:
        pairs = edge.details.get("columnsLineage", [])
        kept = [pair for pair in (_without(pair, names) for pair in pairs) if pair is not None]
        if kept != pairs:
            store.save_edge(_with_pairs(edge, kept))


def _without(pair: Json, names: set[str]) -> Json | None:
    """Return a pair without some columns, None when no source or target is left."""
    if pair.get("toColumn") in names:
        return None
    sources = [column for column in pair.get("fromColumns", []) if column not in names]
    return {**pair, "fromColumns": sources} if sources else None


def _with_pairs(edge: Edge, pairs: list[Json]) -> Edge:
    return replace(edge, details={**edge.details, "columnsLineage": pairs})
