"""Derives nullability and keys from enforced contracts and from tests. Pure functions.

A test counts when it covers every row and fails the build: no `where`, severity `error`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from logmart_catalog.desired.tests import test_name, tested_node
from logmart_catalog.records import Record
from logmart_catalog.state.model import Column, Key, Table
from logmart_catalog.state.names import fqn, stored_name

NOT_NULL, UNIQUE, PRIMARY, FOREIGN = "NOT_NULL", "UNIQUE", "PRIMARY_KEY", "FOREIGN_KEY"
_COMBINATIONS = {
    "unique_combination_of_columns": "combination_of_columns",
    "expect_compound_columns_to_be_unique": "column_list",
}


@dataclass(frozen=True)
class Relations:
    """Tables by unique id, and unique ids by dbt's name of the relation."""

    tables: Mapping[str, Table]
    by_relation_name: Mapping[str, str]


@dataclass
class _Facts:
    """The not-null columns and the keys of a table; columns by name."""

    not_null: set[str]
    unique: set[tuple[str, ...]]
    primary: tuple[str, ...]
    foreign: set[Key]


def with_keys(table: Table, node: Record, tests: Iterable[Record], relations: Relations) -> Table:
    """Return the table with the nullability and keys that its node's contract and tests declare.

    In: `tests`, the data tests on the node. A primary, unique or not-null column has that as its
    constraint. A column that is both unique and not null has the constraint `NOT_NULL`, and the
    table has a unique key over it. Keys over several columns and foreign keys belong to the table.
    """
    facts = _Facts(set(), set(), (), set())
    if node.record("config").record("contract").values.get("enforced") is True:
        for constraint in node.record_items("constraints"):
            _read_constraint(facts, table, constraint, constraint.texts("columns"), relations)
        for name, column in node.records("columns").items():
            for constraint in column.record_items("constraints"):
                _read_constraint(facts, table, constraint, [name], relations)
    for test in tests:
        if _is_enforced(test):
            _read_test(facts, table, test, relations)
    return _with_facts(table, facts)


def _with_facts(table: Table, facts: _Facts) -> Table:
    columns = tuple(
        replace(column, constraint=_constraint(column, facts)) for column in table.columns
    )
    keys = {
        Key.of(UNIQUE, names)
        for names in facts.unique
        if set(names) != set(facts.primary) and (len(names) > 1 or names[0] in facts.not_null)
    }
    if len(facts.primary) > 1:
        keys.add(Key.of(PRIMARY, facts.primary))
    ordered = sorted(keys | facts.foreign, key=str)
    return replace(table, columns=columns, keys=tuple(ordered))


def _constraint(column: Column, facts: _Facts) -> str:
    if facts.primary == (column.name,):
        return PRIMARY
    if column.name in facts.not_null:
        return NOT_NULL
    return UNIQUE if (column.name,) in facts.unique else ""


def _is_enforced(test: Record) -> bool:
    config = test.record("config")
    severity = config.text("severity").lower()
    return not config.values.get("where") and severity in ("", "error")


def _read_constraint(
    facts: _Facts, table: Table, constraint: Record, names: list[str], relations: Relations
) -> None:
    columns = _own_columns(table, names)
    if not columns:
        return
    match constraint.text("type"):
        case "not_null":
            facts.not_null.update(columns)
        case "unique":
            facts.unique.add(columns)
        case "primary_key":
            facts.primary = columns
        case "foreign_key":
            parent = relations.by_relation_name.get(constraint.text("to"), "")
            _add_foreign(facts, columns, parent, constraint.texts("to_columns"), relations)


def _read_test(facts: _Facts, table: Table, test: Record, relations: Relations) -> None:
    arguments = test.record("test_metadata").record("kwargs")
    name = test_name(test)
    columns = _own_columns(table, [test.text("column_name")])
    if name in _COMBINATIONS:
        combined = _own_columns(table, arguments.texts(_COMBINATIONS[name]))
        if combined:
            facts.unique.add(combined)
    elif columns and name == "not_null":
        facts.not_null.update(columns)
    elif columns and name == "unique":
        facts.unique.add(columns)
    elif columns and name == "relationships":
        own = tested_node(test)
        others = (node for node in test.record("depends_on").texts("nodes") if node != own)
        parent = next(others, own)
        _add_foreign(facts, columns, parent, [arguments.text("field")], relations)


def _add_foreign(
    facts: _Facts, columns: tuple[str, ...], parent: str, names: list[str], relations: Relations
) -> None:
    table = relations.tables.get(parent)
    referred = _own_columns(table, names) if table else ()
    if table and len(referred) == len(columns):
        referred = tuple(fqn((*table.parts, name)) for name in referred)
        facts.foreign.add(Key.of(FOREIGN, columns, referred))


def _own_columns(table: Table, names: list[str]) -> tuple[str, ...]:
    """Return the table's columns of these names, case ignored; none when one is missing."""
    own = {column.name.lower(): column.name for column in table.columns}
    stored = [
        stored_name(name.strip('"`'), table.fqn).lower() for name in names if name.strip('"`')
    ]
    return tuple(own[name] for name in stored) if set(stored) <= own.keys() else ()
