"""Compares the rows of one table between two databases, in SQL."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import duckdb

from logmart.dbt.manifest import Node, quoted
from logmart.gate.figures import Figure, near, one_value
from logmart.gate.personal_data import HIDDEN, Hidden

_FLOATS = ("DOUBLE", "FLOAT")
_NUMBERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "DECIMAL", *_FLOATS)
SHOWN_COLUMNS = 8
_SHOWN_FIGURES = 6
_WIDEST = 60
# Numbers of which a total says nothing: places in an order, and windows.
_ORDINAL = re.compile(r"_number$|^window_")


@dataclass(frozen=True)
class Sample:
    """A row that was added, removed or changed (`what`): its key, and columns with both values."""

    what: str
    key: tuple[tuple[str, str], ...]
    values: tuple[tuple[str, str, str], ...] = ()

    def row_text(self) -> str:
        """Return the row as text: its key, and how its values differ."""
        key = ", ".join(f"{column} {value}" for column, value in self.key)
        values = "; ".join(f"{name} {was} -> {now}" for name, was, now in self.values)
        return f"{key}: {values}" if values else key


@dataclass(frozen=True)
class MartDiff:
    """The difference of a mart, a changed model or a changed seed.

    `key` holds the columns by which rows are matched. It is empty when no key is unique on both
    sides; then whole rows are compared. `columns` counts, by column, the matched rows that differ.
    `repeated` says how often a key that was unique repeats, `failed` why nothing could be compared.
    """

    unique_id: str
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
    repeated: str = ""
    not_compared: tuple[str, ...] = ()
    failed: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether nothing differs."""
        return not (self.added or self.removed or self.changed)

    @property
    def has_no_rows(self) -> bool:
        """Whether neither side has a row, so that nothing was compared."""
        return not (self.rows_before or self.rows_after or self.failed)

    def as_data(self) -> Any:
        """Return the difference as data for report.json."""
        return asdict(self)


@dataclass(frozen=True)
class Pair:
    """A mart on both sides, in one connection.

    `types` holds the comparable columns and their types; `hidden` and `samples` say which values
    and how many rows are shown.
    """

    connection: duckdb.DuckDBPyConnection
    hidden: Hidden
    samples: int
    node: Node
    base: str
    head: str
    key: tuple[str, ...]
    types: Mapping[str, str]


def differ_by_key(pair: Pair, empty: MartDiff) -> MartDiff:
    """Return the difference of a pair, with rows matched by the pair's key."""
    others = [column for column in pair.types if column not in pair.key]
    joined = _joined(pair)
    differs = {column: _differs(column, pair.types[column]) for column in others}
    counted = [
        f"count(*) filter (where {test} and b.is_present and h.is_present)"
        for test in differs.values()
    ]
    any_differs = " or ".join(differs.values()) or "false"
    row = pair.connection.execute(
        "select count(*) filter (where b.is_present is null),"
        " count(*) filter (where h.is_present is null),"
        f" count(*) filter (where b.is_present and h.is_present and ({any_differs}))"
        f"{''.join(', ' + count_sql for count_sql in counted)} from {joined}"
    ).fetchone()
    assert row is not None
    changed = [(column, count) for column, count in zip(others, row[3:], strict=True) if count]
    changed.sort(key=lambda entry: (-entry[1], entry[0]))
    shown = [column for column, _ in changed][:SHOWN_COLUMNS]
    found: list[Sample] = []
    for change_kind, condition in (
        ("added", "b.is_present is null"),
        ("removed", "h.is_present is null"),
    ):
        found += _samples(pair, change_kind, condition, [])
    if changed:
        tests = f"b.is_present and h.is_present and ({any_differs})"
        found += _samples(pair, "changed", tests, shown)
    return replace(
        empty,
        key=pair.key,
        added=int(row[0]),
        removed=int(row[1]),
        changed=int(row[2]),
        columns=tuple(changed),
        figures=_figures(pair),
        samples=tuple(found),
    )


def differ_as_wholes(pair: Pair, empty: MartDiff) -> MartDiff:
    """Return the difference of a pair without a key, by comparing whole rows.

    As many rows added as removed count as changed rows; then `columns` counts, by column, the
    values that only one side has. Where a key repeats, the rows are counted, not matched.
    """
    columns = ", ".join(quoted(column) for column in pair.types)
    added, removed = _differing_rows(pair, columns)
    if empty.repeated:
        # A fan-out: most of the branch's rows are copies.
        grown = empty.rows_after - empty.rows_before
        return replace(empty, added=grown, changed=removed, figures=_figures(pair))
    changed = added if added == removed and empty.rows_before == empty.rows_after else 0
    counted = [(column, max(_differing_rows(pair, quoted(column)))) for column in pair.types]
    counted.sort(key=lambda entry: (-entry[1], entry[0]))
    return replace(
        empty,
        added=added - changed,
        removed=removed - changed,
        changed=changed,
        columns=tuple((column, count) for column, count in counted if count) if changed else (),
        figures=_figures(pair),
    )


def _differing_rows(pair: Pair, columns: str) -> tuple[int, int]:
    """Return how many rows of some columns only the branch has, and how many only the base has."""
    base, head = (f"select {columns} from {side}" for side in sides(pair))
    only_head, only_base = (
        int(one_value(pair.connection, f"select count(*) from ({left} except all {right})"))
        for left, right in ((head, base), (base, head))
    )
    return only_head, only_base


def sides(pair: Pair) -> tuple[str, str]:
    """Return the relations of a pair: the base's and the branch's."""
    return pair.base, pair.head


def are_equal(pair: Pair) -> bool:
    """Return whether both sides have the same rows, by count and hashes."""
    columns = ", ".join(quoted(column) for column in pair.types)
    first, second = (
        pair.connection.execute(
            f"select count(*), sum(hash(t)), bit_xor(hash(t)) from (select {columns} from {side}) t"
        ).fetchone()
        for side in sides(pair)
    )
    return first == second


def repeated_keys(side: str, pair: Pair, key: tuple[str, ...]) -> tuple[int, int]:
    """Return how many values of a key repeat in a relation of a pair, and how often at most."""
    columns = ", ".join(quoted(column) for column in key)
    row = pair.connection.execute(
        "select count(*), coalesce(max(copies), 1) from"
        f" (select count(*) as copies from {side} group by {columns} having count(*) > 1)"
    ).fetchone()
    assert row is not None
    return int(row[0]), int(row[1])


def _joined(pair: Pair) -> str:
    on = " and ".join(
        f"b.{quoted(column)} is not distinct from h.{quoted(column)}" for column in pair.key
    )
    return (
        f"(select *, true as is_present from {pair.base}) as b"
        f" full join (select *, true as is_present from {pair.head}) as h on {on}"
    )


def _differs(column: str, data_type: str) -> str:
    before, after = f"b.{quoted(column)}", f"h.{quoted(column)}"
    test = f"{before} is distinct from {after}"
    if data_type in _FLOATS:
        # The last digits of a sum of floating-point numbers depend on the order of addition.
        near = f"abs({before} - {after}) <= 1e-9 * greatest(abs({before}), abs({after}))"
        return f"({test} and not coalesce({near}, false))"
    return f"({test})"


def _samples(pair: Pair, change_kind: str, where: str, columns: list[str]) -> list[Sample]:
    key_values = [f"coalesce(b.{quoted(column)}, h.{quoted(column)})" for column in pair.key]
    sides = [f"{side}.{quoted(column)}" for column in columns for side in "bh"]
    chosen = ", ".join(f"cast({expression} as varchar)" for expression in [*key_values, *sides])
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
                change_kind,
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


def _shown(pair: Pair, column: str, value: str | None) -> str:
    if value is None:
        return "null"
    if pair.hidden.holds(pair.node, column):
        return HIDDEN
    return value if len(value) <= _WIDEST else f"{value[:_WIDEST]}..."


def _figures(pair: Pair) -> tuple[Figure, ...]:
    """Return the figures of a mart's columns that differ: totals or averages of numbers, except
    personal data, ordinals and windows, and the numbers of null and distinct values.
    """
    expressions: dict[str, str] = {}
    for column, kind in pair.types.items():
        name = quoted(column)
        if column in pair.key:
            continue
        is_number = kind.partition("(")[0] in _NUMBERS and not _ORDINAL.search(column)
        if is_number and not pair.hidden.holds(pair.node, column):
            label, function = ("average", "avg") if kind in _FLOATS else ("total", "sum")
            expressions[f"{label} of {column}"] = f"cast({function}({name}) as double)"
        expressions[f"nulls of {column}"] = f"count(*) - count({name})"
        expressions[f"distinct values of {column}"] = f"count(distinct {name})"
    if not expressions:
        return ()
    before, after = (
        pair.connection.execute(f"select {', '.join(expressions.values())} from {side}").fetchone()
        or ()
        for side in sides(pair)
    )
    found = [
        Figure(name, was, now)
        for name, was, now in zip(expressions, before, after, strict=True)
        if was != now and not near(was, now)
    ]
    # Totals come first, because people read those.
    found.sort(key=lambda figure: figure.name.startswith(("nulls", "distinct")))
    return tuple(found[:_SHOWN_FIGURES])
