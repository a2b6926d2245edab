"""Compares the rows of marts between two databases that were built from the same logs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import duckdb

from logmart.dbt.manifest import keys, relation
from logmart.findings import Finding
from logmart.gate.compared import Compared
from logmart.gate.config import Config
from logmart.gate.figures import attach_both, one_value
from logmart.gate.personal_data import Hidden
from logmart.gate.row_diff import (
    SHOWN_COLUMNS,
    MartDiff,
    Pair,
    are_equal,
    differ_as_wholes,
    differ_by_key,
    is_unique,
    sides,
)


def data_diffs(
    compared: Compared, databases: tuple[Path, Path], hidden: Hidden, config: Config
) -> list[MartDiff]:
    """Return the difference of each published model that was rebuilt; it may be empty.

    In: `databases`, the base's and the branch's.
    """
    manifest = compared.head.manifest
    chosen = [
        unique_id
        for unique_id in sorted(compared.selection.touched - compared.unbuilt)
        if unique_id in compared.base.manifest.built
        and config.is_published(manifest.built[unique_id]["original_file_path"])
        and unique_id in compared.base_catalog.columns
        and unique_id in compared.head_catalog.columns
    ]
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        attach_both(connection, databases)
        return [_diff(connection, compared, unique_id, hidden, config) for unique_id in chosen]


def data_findings(diffs: Iterable[MartDiff], compared: Compared) -> list[Finding]:
    """Return the findings on rows, without severities."""
    files = {
        node["name"]: node["original_file_path"] for node in compared.head.manifest.built.values()
    }
    found = []
    for diff in diffs:
        total = f" of {diff.rows_before:,}"
        columns = ", ".join(f"{name} in {count:,}" for name, count in diff.columns[:SHOWN_COLUMNS])
        more = len(diff.columns) - SHOWN_COLUMNS
        columns += f" and {more} columns more" if more > 0 else ""
        for kind, count, message in (
            ("rows_added", diff.added, f"{diff.added:,} rows added to {diff.rows_before:,}"),
            ("rows_removed", diff.removed, f"{diff.removed:,} rows{total} removed"),
            ("values_changed", diff.changed, f"{diff.changed:,} rows{total} changed: {columns}"),
        ):
            if count:
                found.append(Finding(kind, message, diff.node, file=files[diff.node]))
    return found


def changed_share(diff: MartDiff) -> float:
    """Return the share of a mart's rows that differ, relative to the larger side; 0 for no rows."""
    rows = max(diff.rows_before, diff.rows_after)
    return max(diff.added, diff.removed, diff.changed) / rows if rows else 0.0


def _diff(
    connection: duckdb.DuckDBPyConnection,
    compared: Compared,
    unique_id: str,
    hidden: Hidden,
    config: Config,
) -> MartDiff:
    node = compared.head.manifest.built[unique_id]
    before = compared.base_catalog.columns[unique_id]
    after = compared.head_catalog.columns[unique_id]
    left_out = {
        column: entry.reason
        for column in before
        for entry in config.leave_out
        if entry.column != "*"
        and entry.takes(Finding("values_changed", "", str(node["name"]), column))
    } | {
        column: f"It was {kind} and is {after[column]}."
        for column, kind in before.items()
        if column in after and after[column] != kind
    }
    types = {
        column: kind
        for column, kind in before.items()
        if after.get(column) == kind and column not in left_out
    }
    pair = Pair(
        connection,
        hidden,
        config.limits.samples,
        node,
        relation(compared.base.manifest.built[unique_id], "base"),
        relation(node, "head"),
        (),
        types,
    )
    notes = tuple(f"{column}: {reason}" for column, reason in left_out.items())
    before_count, after_count = (
        int(one_value(connection, f"select count(*) from {side}")) for side in sides(pair)
    )
    empty = MartDiff(str(node["name"]), (), before_count, after_count, not_compared=notes)
    if not types or are_equal(pair):
        return empty
    key = next(
        (
            candidate
            for candidate in sorted(
                keys(compared.base.manifest, unique_id) & keys(compared.head.manifest, unique_id),
                key=lambda each: (len(each), each),
            )
            if set(candidate) <= set(types) and is_unique(pair, candidate)
        ),
        (),
    )
    if not key:
        return differ_as_wholes(pair, empty)
    return differ_by_key(replace(pair, key=key), empty)
