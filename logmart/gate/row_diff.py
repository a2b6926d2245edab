"""How the rows of one table differ between two databases, in SQL."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import duckdb

from logmart.dbt.manifest import Node, quoted
from logmart.gate.figures import Figure, near, one_value
from logmart.gate.personal_data import HIDDEN, Hidden

_FLOATS = ("DOUBLE", "FLOAT")
_NUMBERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "DECIMAL", *_FLOATS)
SHOWN_COLUMNS = 8
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
class Pair:
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


def differ_by_key(pair: Pair, empty: MartDiff) -> MartDiff:
    """Return how a pair differs, its rows matched by the pair's key."""
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
    shown = [column for column, _ in changed][:SHOWN_COLUMNS]
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


def differ_as_wholes(pair: Pair, empty: MartDiff) -> MartDiff:
    """Return how a pair without a key differs: rows are counted as wholes."""
    columns = ", ".join(quoted(column) for column in pair.types)
    base, head = (f"select {columns} from {side}" for side in sides(pair))
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


def sides(pair: Pair) -> tuple[str, str]:
    """Return the relations of a pair: that of the base and that of the branch."""
    return pair.base, pair.head


def are_equal(pair: Pair) -> bool:
    """Whether both sides have the same rows, by count and hashes."""
    columns = ", ".join(quoted(column) for column in pair.types)
    first, second = (
        pair.connection.execute(
            f"select count(*), sum(hash(t)), bit_xor(hash(t)) from (select {columns} from {side}) t"
        ).fetchone()
        for side in sides(pair)
    )
    return first == second


def is_unique(pair: Pair, key: tuple[str, ...]) -> bool:
    """Whether a key is unique on both sides."""
    columns = ", ".join(quoted(column) for column in key)
    return all(
        one_value(
            pair.connection,
            f"select count(*) from (select 1 from {side} group by {columns} having count(*) > 1)",
        )
        == 0
        for side in sides(pair)
    )


def _joined(pair: Pair) -> str:
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


def _samples(pair: Pair, what: str, where: str, columns: list[str]) -> list[Sample]:
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


def _shown(pair: Pair, column: str, value: str | None) -> str:
    if value is None:
        return "null"
    if pair.hidden.holds(pair.node, column):
        return HIDDEN
    return value if len(value) <= _WIDEST else f"{value[:_WIDEST]}..."


def _figures(pair: Pair) -> tuple[Figure, ...]:
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
        for side in sides(pair)
    )
    found = [
        Figure(name, was, now)
        for name, was, now in zip(asked, before, after, strict=True)
        if was != now and not near(was, now)
    ]
    # Totals first: they are what people read.
    found.sort(key=lambda one: one.name.startswith(("nulls", "distinct")))
    return tuple(found[:_SHOWN_FIGURES])
