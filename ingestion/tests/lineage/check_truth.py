"""Checks the truth table against DuckDB, in the environment that has it: every DuckDB query runs
and yields the columns named; a parent's values, changed, change the column; those of a column that
is neither parent nor key do not.

Run as `python ingestion/tests/lineage/check_truth.py`; exits 1 when something does not hold.
"""

from __future__ import annotations

import importlib
import random
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import yaml

# The catalog's environment, in which types are checked, has no DuckDB.
duckdb: Any = importlib.import_module("duckdb")

TRUTH = Path(__file__).parent / "truth"
ROWS = 24
MUTATIONS = 6
_DOMAINS = {
    "country": ("KR", "US", "JP"),
    "currency": ("KRW", "USD"),
    "status": ("paid", "open", "12"),
    "name": ("ann", "bo", "", "KRW", "USD"),
    "year": (2024, 2025),
}
_CHANCE: dict[str, Callable[[random.Random], object]] = {
    "bigint": lambda chance: chance.randint(1, 8),
    "double": lambda chance: chance.randint(-40, 40) / 4 if chance.random() < 0.9 else None,
    "varchar": lambda chance: chance.choice(("a", "b", "c", "d")),
    "boolean": lambda chance: chance.random() < 0.5,
    "timestamp": lambda chance: (
        f"{chance.randint(2020, 2024)}-{chance.randint(1, 12):02}-{chance.randint(1, 28):02}"
        f" {chance.randint(0, 23):02}:{chance.randint(0, 59):02}:00"
    ),
    "json": lambda chance: (
        f'{{"a": {chance.randint(1, 99)}, "b": "{chance.choice("xyz")}",'
        f' "c": "{chance.choice("pq")}", "amount": {chance.randint(1, 9)},'
        f' "channel": "{chance.choice("mn")}", "bank": {{"code": "{chance.choice("01")}"}}}}'
        if chance.random() < 0.9
        else "[1]"
    ),
    "varchar[]": lambda chance: [chance.choice("uvwx") for _ in range(chance.randint(1, 3))],
    "map(varchar, varchar)": lambda chance: {
        chance.choice(("color", "size")): chance.choice("rgb")
    },
    "struct(sku varchar, quantity bigint, price double)[]": lambda chance: [
        {
            "sku": chance.choice("stu"),
            "quantity": chance.randint(0, 4),
            "price": chance.randint(1, 40) / 4,
        }
        for _ in range(chance.randint(1, 3))
    ],
    "struct(city varchar, geo struct(lat double, lon double))": lambda chance: {
        "city": chance.choice("LMN"),
        "geo": {"lat": chance.randint(0, 90), "lon": chance.randint(0, 90)},
    },
    "struct(port varchar, stops struct(pier varchar, hours double)[])[]": lambda chance: [
        {
            "port": chance.choice("xyz"),
            "stops": [
                {"pier": chance.choice("klm"), "hours": chance.randint(1, 20) / 4}
                for _ in range(chance.randint(1, 3))
            ],
        }
        for _ in range(chance.randint(1, 3))
    ],
    "map(varchar, struct(text varchar, weight double))": lambda chance: {
        key: {"text": chance.choice("efg"), "weight": chance.randint(1, 9) / 2}
        for key in chance.sample(("a", "b", "ann", "bo"), 3)
    },
}
Schema = dict[str, dict[str, str]]
Rows = dict[str, list[list[object]]]


@dataclass(frozen=True)
class _Case:
    """A case of the truth table that DuckDB can run."""

    name: str
    sql: str
    columns: dict[str, str]
    keys: frozenset[str]


@dataclass(frozen=True)
class _World:
    """A DuckDB database with the tables of the truth."""

    connection: Any
    schema: Schema


def main() -> int:
    """Check every case; print the contradictions and the counts."""
    schema = cast(Schema, yaml.safe_load((TRUTH / "schema.yaml").read_text("utf-8")))
    connection = duckdb.connect(config={"threads": 1, "memory_limit": "500MB"})
    connection.execute("create schema stored")
    _create(connection, schema, _rows(schema))
    world = _World(connection, schema)
    cases = list(_cases())
    failures = [failure for case in cases for failure in _check(case, world)]
    told = [parents for case in cases for parents in case.columns.values()]
    effects = sum(len(_columns_of(one)) for one in told)
    print("\n".join(failures))
    print(f"{len(cases)} queries, {len(told)} columns, {effects} effects, {len(failures)} failures")
    return 1 if failures else 0


def _cases() -> Iterator[_Case]:
    for path in sorted(TRUTH.glob("*.yaml")):
        for case in yaml.safe_load(path.read_text("utf-8")) if path.stem != "schema" else []:
            if case.get("dialect", "duckdb") == "duckdb" and case.get("runs", True):
                keys = frozenset(key.strip() for key in case.get("keys", "").split(","))
                columns = {str(name): told for name, told in case["columns"].items()}
                yield _Case(f"{path.stem}, {case['construct']}", case["sql"], columns, keys)


def _check(case: _Case, world: _World) -> list[str]:
    """Return the contradictions of a case."""
    try:
        names, before = _run(world.connection, case.sql)
    except duckdb.Error as error:
        return [f"{case.name}: does not run: {error}"]
    if sorted(names) != sorted(case.columns):
        return [f"{case.name}: yields {names}, not {list(case.columns)}"]
    changed = _influences(world, case.sql, before)
    failures = []
    for column, told in case.columns.items():
        parents = _columns_of(told)
        idle = sorted(parents - changed[column])
        missed = sorted(changed[column] - parents - case.keys)
        where = f"{case.name}: {column}"
        failures += [f"{where}: {parent} is a parent, and has no effect" for parent in idle]
        failures += [f"{where}: {other} is no parent, and has an effect" for other in missed]
    return failures


def _columns_of(told: str) -> set[str]:
    """Return the parents of `copied t.a, t.b.c` as `t.a` and `t.b`."""
    listed = told.partition(" ")[2]
    return {".".join(parent.strip().split(".")[:2]) for parent in listed.split(",") if listed}


def _rows(schema: Schema) -> Rows:
    chance = random.Random(7)
    rows: Rows = {}
    for table, columns in schema.items():
        rows[table] = [
            [_value(table, column, kind, chance, number) for column, kind in columns.items()]
            for number in range(1, ROWS + 1)
        ]
    return rows


def _value(table: str, column: str, kind: str, chance: random.Random, number: int) -> object:
    return number if column in ("order_id", "employee_id") else _any(column, kind, chance, number)


def _any(column: str, kind: str, chance: random.Random, number: int) -> object:
    if column == "employee_id":
        return number + 100
    if column == "manager_id":  # Managers come before those they manage: no cycles.
        return chance.randint(1, number - 1) if number > 1 and chance.random() < 0.8 else None
    if column in _DOMAINS:
        return chance.choice(_DOMAINS[column])
    return _CHANCE[kind](chance)


def _create(connection: Any, schema: Schema, rows: Rows) -> None:
    """Create each table as a view of its rows, and one more table for each mutation of each column,
    to which the view can be switched.
    """
    for table, columns in schema.items():
        _store(connection, _stored(table), columns, rows[table])
        for place, (column, kind) in enumerate(columns.items()):
            for seed in range(MUTATIONS):
                mutated = _mutated(rows[table], place, column, kind, seed)
                _store(connection, _stored(table, column, seed), columns, mutated)
        _turn(connection, table, _stored(table))


def _stored(table: str, column: str = "", seed: int = 0) -> str:
    return f"stored.{table}_{column}_{seed}"


def _store(connection: Any, name: str, columns: dict[str, str], rows: list[list[object]]) -> None:
    spelled = ", ".join(f"{column} {kind}" for column, kind in columns.items())
    connection.execute(f"create table {name} ({spelled})")
    row = ", ".join("?" for _ in columns)
    values = [value for one in rows for value in one]
    connection.execute(f"insert into {name} values {', '.join([f'({row})'] * len(rows))}", values)


def _turn(connection: Any, table: str, stored: str) -> None:
    connection.execute(f"create or replace view {table} as from {stored}")


def _run(connection: Any, sql: str) -> tuple[list[str], list[list[str]]]:
    connection.execute("select setseed(0.5)")
    cursor = connection.execute(sql)
    names: list[str] = []
    for item in cursor.description:
        names.append(f"{item[0]}_1" if item[0] in names else item[0])
    found = cursor.fetchall()
    return names, [sorted(repr(row[place]) for row in found) for place in range(len(names))]


def _mutated(
    rows: list[list[object]], place: int, column: str, kind: str, seed: int
) -> list[list[object]]:
    """Return rows with other values in one column: also one value in all rows, or nulls."""
    chance = random.Random(seed)
    values = [_any(column, kind, chance, number) for number in range(1, len(rows) + 1)]
    if seed % 3 == 0 and column not in ("employee_id", "manager_id"):
        values = [values[0]] * len(rows)
    if seed % 3 == 1 and column != "employee_id":
        values = [None if chance.random() < 0.2 else value for value in values]
    return [
        [*row[:place], value, *row[place + 1 :]] for row, value in zip(rows, values, strict=True)
    ]


def _influences(world: _World, sql: str, before: list[list[str]]) -> dict[str, set[str]]:
    """Return for each column of a query the columns whose values change it."""
    names, _ = _run(world.connection, sql)
    changed: dict[str, set[str]] = {name: set() for name in names}
    for table, columns in world.schema.items():
        for column in columns if re.search(rf"\b{table}\b", sql.lower()) else ():
            for seed in range(MUTATIONS):
                after = _run_on(world, sql, table, _stored(table, column, seed))
                if after is not None and after[0] == names:
                    for name, was, now in zip(names, before, after[1], strict=True):
                        if was != now:
                            changed[name].add(f"{table}.{column}")
    return changed


def _run_on(
    world: _World, sql: str, table: str, stored: str
) -> tuple[list[str], list[list[str]]] | None:
    """Return the result of a query on other rows of a table, None when the query fails on them."""
    _turn(world.connection, table, stored)
    try:
        return _run(world.connection, sql)
    except duckdb.Error:
        return None
    finally:
        _turn(world.connection, table, _stored(table))


if __name__ == "__main__":
    sys.exit(main())
