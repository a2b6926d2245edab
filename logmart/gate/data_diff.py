"""How the rows of a mart differ between two databases built from the same logs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import duckdb

from logmart.dbt.artifacts import quoted
from logmart.gate.config import Config
from logmart.gate.figures import Figure, attach_both, near, one_value
from logmart.gate.findings import Finding
from logmart.gate.manifest import Node, keys, relation
from logmart.gate.personal_data import HIDDEN, Hidden
from logmart.gate.schema_diff import Compared

_FLOATS = ("DOUBLE", "FLOAT")
_NUMBERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "DECIMAL", *_FLOATS)
_SHOWN_COLUMNS = 8
_SHOWN_FIGURES = 12
_WIDEST = 60


@dataclass(frozen=True)
class Sample:
    """A row that differs: what is done with it, its key, and columns with both values."""

    what: str
    key: tuple[tuple[str, str], ...]
    values: tuple[tuple[str, str, str], ...] = ()


@dataclass(frozen=True)
class MartDiff:
    """How a mart differs.

    `key` is what its rows are matched by, empty where nothing is unique on both sides: rows are
    then counted as wholes. `columns` counts the matched rows in which each column differs.
    """

    node: str
    key: tuple[str, ...]
    rows_before: int
    rows_after: int
    added: int = 0
    removed: int = 0
    changed: int = 0
    columns: tuple[tuple[str, int], ...] = ()
    figures: tuple[Figure, ...] = ()
    samples: tuple[Sample, ...] = ()
    not_compared: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether nothing differs."""
        return not (self.added or self.removed or self.changed)

    def as_data(self) -> Any:
        """Return it for machines."""
        return asdict(self)


@dataclass(frozen=True)
class _Pair:
    """A mart on both sides, in one connection, and the columns that can be compared with their
    types; what of it is shown.
    """

    connection: duckdb.DuckDBPyConnection
    hidden: Hidden
    samples: int
    node: Node
    base: str
    head: str
    key: tuple[str, ...]
    types: Mapping[str, str]


def data_diffs(
    compared: Compared, databases: tuple[Path, Path], hidden: Hidden, config: Config
) -> list[MartDiff]:
    """Return how each published model that was built anew differs; those that do not, too.

    In: `databases`, that of the base and that of the branch.
    """
    manifest = compared.head.manifest
    chosen = [
        one
        for one in sorted(compared.selection.touched - compared.unbuilt)
        if one in compared.base.manifest.built
        and config.is_published(manifest.built[one]["original_file_path"])
        and one in compared.base_catalog.columns
        and one in compared.head_catalog.columns
    ]
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        attach_both(connection, databases)
        return [_diff(connection, compared, one, hidden, config) for one in chosen]


def data_findings(diffs: Iterable[MartDiff], compared: Compared) -> list[Finding]:
    """Return the findings on rows, without severities."""
    files = {
        node["name"]: node["original_file_path"] for node in compared.head.manifest.built.values()
    }
    found = []
    for diff in diffs:
        of = f" of {diff.rows_before:,}"
        columns = ", ".join(f"{name} in {count:,}" for name, count in diff.columns[:_SHOWN_COLUMNS])
        more = len(diff.columns) - _SHOWN_COLUMNS
        columns += f" and {more} columns more" if more > 0 else ""
        for kind, count, message in (
            ("rows_added", diff.added, f"{diff.added:,} rows added to {diff.rows_before:,}"),
            ("rows_removed", diff.removed, f"{diff.removed:,} rows{of} removed"),
            ("values_changed", diff.changed, f"{diff.changed:,} rows{of} changed: {columns}"),
        ):
            if count:
                found.append(Finding(kind, message, diff.node, file=files[diff.node]))
    return found


def changed_share(diff: MartDiff) -> float:
    """Return the share of a mart's rows that differ, by the larger side; 0 for an empty mart."""
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
        column: one.reason
        for column in before
        for one in config.left_out
        if one.column != "*" and one.takes(Finding("values_changed", "", str(node["name"]), column))
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
    pair = _Pair(
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
        int(one_value(connection, f"select count(*) from {side}")) for side in _sides(pair)
    )
    empty = MartDiff(str(node["name"]), (), before_count, after_count, not_compared=notes)
    if not types or _are_equal(pair):
        return empty
    key = next(
        (
            one
            for one in sorted(
                keys(compared.base.manifest, unique_id) & keys(compared.head.manifest, unique_id),
                key=lambda each: (len(each), each),
            )
            if set(one) <= set(types) and _is_unique(pair, one)
        ),
        (),
    )
    if not key:
        return _whole_rows(pair, empty)
    return _by_key(replace(pair, key=key), empty)


def _by_key(pair: _Pair, empty: MartDiff) -> MartDiff:
    others = [column for column in pair.types if column not in pair.key]
    joined = _joined(pair)
    differs = {column: _differs(column, pair.types[column]) for column in others}
    counted = [f"count(*) filter (where {test} and b.here and h.here)" for test in differs.values()]
    any_differs = " or ".join(differs.values()) or "false"
    row = pair.connection.execute(
        "select count(*) filter (where b.here is null), count(*) filter (where h.here is null),"
        f" count(*) filter (where b.here and h.here and ({any_differs}))"
        f"{''.join(', ' + one for one in counted)} from {joined}"
    ).fetchone()
    assert row is not None
    changed = [(column, count) for column, count in zip(others, row[3:], strict=True) if count]
    changed.sort(key=lambda one: (-one[1], one[0]))
    shown = [column for column, _ in changed][:_SHOWN_COLUMNS]
    found: list[Sample] = []
    for what, here in (("added", "b.here is null"), ("removed", "h.here is null")):
        found += _samples(pair, what, here, [])
    if changed:
        tests = f"b.here and h.here and ({any_differs})"
        found += _samples(pair, "changed", tests, shown)
    return MartDiff(
        empty.node,
        pair.key,
        empty.rows_before,
        empty.rows_after,
        int(row[0]),
        int(row[1]),
        int(row[2]),
        tuple(changed),
        _figures(pair),
        tuple(found),
        empty.not_compared,
    )


def _whole_rows(pair: _Pair, empty: MartDiff) -> MartDiff:
    columns = ", ".join(quoted(column) for column in pair.types)
    base, head = (f"select {columns} from {side}" for side in _sides(pair))
    added = one_value(pair.connection, f"select count(*) from ({head} except all {base})")
    removed = one_value(pair.connection, f"select count(*) from ({base} except all {head})")
    return MartDiff(
        empty.node,
        (),
        empty.rows_before,
        empty.rows_after,
        int(added),
        int(removed),
        figures=_figures(pair),
        not_compared=empty.not_compared,
    )


def _sides(pair: _Pair) -> tuple[str, str]:
    return pair.base, pair.head


def _are_equal(pair: _Pair) -> bool:
    columns = ", ".join(quoted(column) for column in pair.types)
    first, second = (
        pair.connection.execute(
            f"select count(*), sum(hash(t)), bit_xor(hash(t)) from (select {columns} from {side}) t"
        ).fetchone()
        for side in _sides(pair)
    )
    return first == second


def _is_unique(pair: _Pair, key: tuple[str, ...]) -> bool:
    columns = ", ".join(quoted(column) for column in key)
    return all(
        one_value(
            pair.connection,
            f"select count(*) from (select 1 from {side} group by {columns} having count(*) > 1)",
        )
        == 0
        for side in _sides(pair)
    )


def _joined(pair: _Pair) -> str:
    on = " and ".join(
        f"b.{quoted(column)} is not distinct from h.{quoted(column)}" for column in pair.key
    )
    return (
        f"(select *, true as here from {pair.base}) as b"
        f" full join (select *, true as here from {pair.head}) as h on {on}"
    )


def _differs(column: str, data_type: str) -> str:
    before, after = f"b.{quoted(column)}", f"h.{quoted(column)}"
    test = f"{before} is distinct from {after}"
    if data_type in _FLOATS:
        # A sum of floating-point numbers depends on their order in its last digits.
        near = f"abs({before} - {after}) <= 1e-9 * greatest(abs({before}), abs({after}))"
        return f"({test} and not coalesce({near}, false))"
    return f"({test})"


def _samples(pair: _Pair, what: str, where: str, columns: list[str]) -> list[Sample]:
    key_values = [f"coalesce(b.{quoted(one)}, h.{quoted(one)})" for one in pair.key]
    sides = [f"{side}.{quoted(one)}" for one in columns for side in "bh"]
    chosen = ", ".join(f"cast({one} as varchar)" for one in [*key_values, *sides])
    rows = pair.connection.execute(
        f"select {chosen} from {_joined(pair)} where {where}"
        f" order by {', '.join(key_values)} limit {pair.samples}"
    ).fetchall()
    found = []
    for row in rows:
        key = row[: len(pair.key)]
        values = row[len(pair.key) :]
        found.append(
            Sample(
                what,
                tuple(
                    (column, _shown(pair, column, value))
                    for column, value in zip(pair.key, key, strict=True)
                ),
                tuple(
                    (
                        column,
                        _shown(pair, column, values[2 * n]),
                        _shown(pair, column, values[2 * n + 1]),
                    )
                    for n, column in enumerate(columns)
                    if values[2 * n] != values[2 * n + 1]
                ),
            )
        )
    return found


def _shown(pair: _Pair, column: str, value: str | None) -> str:
    if value is None:
        return "null"
    if pair.hidden.holds(pair.node, column):
        return HIDDEN
    return value if len(value) <= _WIDEST else f"{value[:_WIDEST]}..."


def _figures(pair: _Pair) -> tuple[Figure, ...]:
    """Return what of a mart's columns as a whole differs: the totals of numbers, without those of
    personal data; how many values are null and how many are distinct.
    """
    asked: dict[str, str] = {}
    for column, kind in pair.types.items():
        name = quoted(column)
        if column in pair.key:
            continue
        if kind.partition("(")[0] in _NUMBERS and not pair.hidden.holds(pair.node, column):
            what, function = ("average", "avg") if kind in _FLOATS else ("total", "sum")
            asked[f"{what} of {column}"] = f"cast({function}({name}) as double)"
        asked[f"nulls of {column}"] = f"count(*) - count({name})"
        asked[f"distinct values of {column}"] = f"count(distinct {name})"
    if not asked:
        return ()
    before, after = (
        pair.connection.execute(f"select {', '.join(asked.values())} from {side}").fetchone() or ()
        for side in _sides(pair)
    )
    found = [
        Figure(name, was, now)
        for name, was, now in zip(asked, before, after, strict=True)
        if was != now and not near(was, now)
    ]
    # Totals first: they are what people read.
    found.sort(key=lambda one: one.name.startswith(("nulls", "distinct")))
    return tuple(found[:_SHOWN_FIGURES])
