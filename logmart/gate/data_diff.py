"""Compares the rows of marts between two databases that were built from the same logs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import duckdb

from logmart.dbt.manifest import Manifest, Node, keys, quoted, relation
from logmart.findings import Finding, Severity
from logmart.gate.column_diff import renamed_columns
from logmart.gate.compared import Compared
from logmart.gate.config import Config
from logmart.gate.failures import without_values
from logmart.gate.figures import attach_both, one_value
from logmart.gate.model_renames import renamed_models
from logmart.gate.personal_data import Hidden
from logmart.gate.row_diff import (
    SHOWN_COLUMNS,
    MartDiff,
    Pair,
    are_equal,
    differ_as_wholes,
    differ_by_key,
    repeated_keys,
    sides,
)


def data_diffs(
    compared: Compared, databases: tuple[Path, Path], hidden: Hidden, config: Config
) -> list[MartDiff]:
    """Return the difference of each published model that was rebuilt, and of each model and seed
    that differs itself; it may be empty.

    In: `databases`, the base's and the branch's.
    """
    manifest = compared.head.manifest
    old_ids = {now: was for was, now in renamed_models(compared).items()}
    chosen = [
        (old_ids.get(unique_id, unique_id), unique_id)
        for unique_id in sorted(compared.selection.touched - compared.unbuilt)
        if (
            unique_id in compared.selection.changed
            or config.is_published(manifest.built[unique_id]["original_file_path"])
        )
        and old_ids.get(unique_id, unique_id) in compared.base_catalog.columns
        and unique_id in compared.head_catalog.columns
    ]
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        attach_both(connection, databases)
        return [_diff_or_failure(connection, compared, ids, hidden, config) for ids in chosen]


def data_findings(diffs: Iterable[MartDiff], compared: Compared, config: Config) -> list[Finding]:
    """Return the findings on rows, without severities.

    An unpublished model gets findings only when no mart downstream shows the difference. They are
    notes, unless such a mart has no rows, so that its comparison could not show it.
    """
    manifest = compared.head.manifest
    by_id = {diff.unique_id: diff for diff in diffs}
    found: list[Finding] = []
    for diff in by_id.values():
        node = manifest.built[diff.unique_id]
        if diff.failed:
            file = node["original_file_path"]
            message = f"its rows could not be compared: {diff.failed}"
            found.append(Finding("not_checked", message, diff.node, file=file))
        elif config.is_published(node["original_file_path"]):
            found += _rows_findings(diff, node["original_file_path"])
        elif node["resource_type"] == "seed":
            found += _seed_findings(diff, node["original_file_path"])
        else:
            found += _unseen_findings(diff, by_id, manifest)
    return found


def _rows_findings(diff: MartDiff, file: str) -> Iterator[Finding]:
    of_all = f" of {diff.rows_before:,}"
    totals = [figure.text() for figure in diff.figures if figure.name.startswith("total of")][:1]
    more = [*totals, *([diff.repeated] if diff.repeated else [])]
    for kind, count, message in (
        ("rows_added", diff.added, f"{_rows(diff.added)} added to {diff.rows_before:,}"),
        ("rows_removed", diff.removed, f"{_rows(diff.removed, of_all)} removed"),
        ("values_changed", diff.changed, f"{_rows(diff.changed, of_all)} changed{_columns(diff)}"),
    ):
        if count:
            yield Finding(kind, "; ".join([message, *more]), diff.node, file=file)
            more = []


def _seed_findings(diff: MartDiff, file: str) -> Iterator[Finding]:
    """Yield the finding on a seed, with some of the rows that differ: they are a cause."""
    messages = []
    of_all = f" of {diff.rows_before:,}"
    for kind, count, message in (
        ("added", diff.added, f"{_rows(diff.added)} added to {diff.rows_before:,}"),
        ("removed", diff.removed, f"{_rows(diff.removed, of_all)} removed"),
        ("changed", diff.changed, f"{_rows(diff.changed, of_all)} changed"),
    ):
        shown = [sample.row_text() for sample in diff.samples if sample.what == kind]
        if shown and count > len(shown):
            shown.append(f"{count - len(shown):,} more")
        if count:
            messages.append(f"{message} ({'; '.join(shown)})" if shown else message)
    if messages:
        yield Finding("seed_changed", "; ".join(messages), diff.node, file=file)


def _unseen_findings(
    diff: MartDiff, diffs: Mapping[str, MartDiff], manifest: Manifest
) -> Iterator[Finding]:
    """Yield the findings on a model that people do not read, where no mart shows the difference."""
    node = manifest.built[diff.unique_id]
    below = [
        diffs[unique_id]
        for unique_id in sorted(manifest.downstream([diff.unique_id]) - {diff.unique_id})
        if unique_id in diffs
    ]
    if any(not each.is_empty for each in below):
        return
    empty = ", ".join(each.node for each in below if each.has_no_rows)
    seen = f"no rows to compare in {empty}" if empty else "no mart differs"
    for finding in _rows_findings(diff, node["original_file_path"]):
        at_most = Severity.ERROR if empty else Severity.NOTE
        yield replace(finding, message=f"{finding.message}; {seen}", at_most=at_most)


def _rows(count: int, total: str = "") -> str:
    return f"{count:,} row{'' if count == 1 else 's'}{total}"


def _columns(diff: MartDiff) -> str:
    shown = ", ".join(f"{name} in {count:,}" for name, count in diff.columns[:SHOWN_COLUMNS])
    more = len(diff.columns) - SHOWN_COLUMNS
    shown += f" and {more} columns more" if more > 0 else ""
    return f": {shown}" if shown else ""


def changed_share(diff: MartDiff) -> float:
    """Return the share of a mart's rows that differ, relative to the larger side; 0 for no rows, 1
    where it is not known.
    """
    if diff.failed:
        return 1.0
    rows = max(diff.rows_before, diff.rows_after)
    return max(diff.added, diff.removed, diff.changed) / rows if rows else 0.0


def _diff_or_failure(
    connection: duckdb.DuckDBPyConnection,
    compared: Compared,
    ids: tuple[str, str],
    hidden: Hidden,
    config: Config,
) -> MartDiff:
    """Return the difference of a node, or why it cannot be read."""
    try:
        return _diff(connection, compared, ids, hidden, config)
    except duckdb.Error as error:
        name = str(compared.head.manifest.built[ids[1]]["name"])
        return MartDiff(ids[1], name, (), 0, 0, failed=without_values(str(error)))


def _diff(
    connection: duckdb.DuckDBPyConnection,
    compared: Compared,
    ids: tuple[str, str],
    hidden: Hidden,
    config: Config,
) -> MartDiff:
    """Return the difference of a node. In: `ids`, the base's and the branch's: a node or a column
    with another name is compared with what it was.
    """
    base_id, unique_id = ids
    base_node = compared.base.manifest.built[base_id]
    node = compared.head.manifest.built[unique_id]
    renamed = renamed_columns(compared, unique_id) if base_id == unique_id else {}
    old_names = {
        renamed.get(column, column): column for column in compared.base_catalog.columns[base_id]
    }
    before = {
        column: compared.base_catalog.columns[base_id][old] for column, old in old_names.items()
    }
    hidden = _hidden_by_either(hidden, base_node, node, old_names)
    base_relation = relation(base_node, "base")
    if renamed:
        named = ", ".join(f"{quoted(old)} as {quoted(new)}" for new, old in old_names.items())
        base_relation = f"(select {named} from {base_relation})"
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
        base_relation,
        relation(node, "head"),
        (),
        types,
    )
    notes = tuple(f"{column}: {reason}" for column, reason in left_out.items())
    before_count, after_count = (
        int(one_value(connection, f"select count(*) from {side}")) for side in sides(pair)
    )
    empty = MartDiff(
        unique_id, str(node["name"]), (), before_count, after_count, not_compared=notes
    )
    if not types or are_equal(pair):
        return empty
    candidates = [
        candidate
        for candidate in sorted(
            _renamed_keys(compared, base_id, renamed) & keys(compared.head.manifest, unique_id),
            key=lambda each: (len(each), each),
        )
        if set(candidate) <= set(types)
    ]
    repeats = {key: [repeated_keys(side, pair, key) for side in sides(pair)] for key in candidates}
    key = next((each for each, (base, head) in repeats.items() if not (base[0] or head[0])), ())
    fanned = next((each for each, (base, head) in repeats.items() if head[0] and not base[0]), ())
    if not key and fanned and after_count > before_count:
        count, most = repeats[fanned][1]
        values = f"{count:,} of its values {'has' if count == 1 else 'have'} up to {most:,} rows"
        empty = replace(empty, repeated=f"{', '.join(fanned)} is not unique any more: {values}")
    if not key:
        return differ_as_wholes(pair, empty)
    return differ_by_key(replace(pair, key=key), empty)


def _renamed_keys(
    compared: Compared, base_id: str, renamed: Mapping[str, str]
) -> set[tuple[str, ...]]:
    """Return the keys of a node on main, in the branch's names of columns."""
    return {
        tuple(sorted(renamed.get(column, column) for column in key))
        for key in keys(compared.base.manifest, base_id)
    }


def _hidden_by_either(
    hidden: Hidden, before: Node, node: Node, old_names: Mapping[str, str]
) -> Hidden:
    """Return the hidden columns with those that are hidden by main's name of node or column."""
    table = str(node["schema"]), str(node.get("alias") or node["name"])
    more = {(*table, new.lower()) for new, old in old_names.items() if hidden.holds(before, old)}
    return replace(hidden, columns=hidden.columns | more)
