"""Builds the assets of data tests, unit tests and source freshness, with their latest results.
Pure functions.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from logmart_catalog.artifacts.moments import milliseconds_of
from logmart_catalog.artifacts.read import Artifacts
from logmart_catalog.records import Record
from logmart_catalog.state import asset_kinds as kinds
from logmart_catalog.state.model import Asset, Table, Value
from logmart_catalog.state.names import fqn, stored_name

# dbt's status to the catalog's. A warning does not stop the build, so it counts as success.
_STATUSES = {
    "pass": kinds.SUCCESS,
    "success": kinds.SUCCESS,
    "warn": kinds.SUCCESS,
    "fail": "Failed",
    "error": "Aborted",
    "runtime error": "Aborted",
}
# For freshness, `error` means that the source is too old, not that the test could not run.
_FRESHNESS_STATUSES = {**_STATUSES, "error": "Failed"}
_TEST_SETTINGS = ("where", "limit", "warn_if", "error_if")
_DBT_DEFAULTS = ("", "!= 0")
_SOURCE_CALL = re.compile(r"""\bsource\(\s*['"]([^'"]+)['"]\s*,\s*['"]([^'"]+)['"]\s*\)""")


@dataclass(frozen=True)
class _Test:
    """A test: its name, its definition, its table and column ("" for none), and its arguments."""

    name: str
    definition: str
    table: Table
    column: str
    arguments: Mapping[str, str]
    description: str


def test_name(test: Record) -> str:
    """Return the name of a data test's generic test, without package; "" for a singular test."""
    return test.record("test_metadata").text("name")


def tested_node(test: Record) -> str:
    """Return the unique id of the node that a generic test is on, "" for none.

    It is `attached_node`. dbt leaves that out for a source: then it is the source that the argument
    `model` names, else the first source, or the first node, that the test depends on.
    """
    nodes = test.record("depends_on").texts("nodes")
    sources = [node for node in nodes if node.startswith("source.")]
    named = _called_source(test.record("test_metadata").record("kwargs").values.get("model"))
    argued = [source for source in sources if named and source.endswith(named)]
    return next(filter(None, [test.text("attached_node"), *argued, *sources, *nodes]), "")


def _called_source(call: object) -> str:
    """Return the end of the unique id of the source that a text calls, "" when it calls none."""
    found = _SOURCE_CALL.search(call) if isinstance(call, str) else None
    return f".{found[1]}.{found[2]}" if found else ""


def test_assets(artifacts: Artifacts, tables: Mapping[str, Table]) -> tuple[list[Asset], int]:
    """Return the tests, their definitions and results, without marks, and the number of tests on
    nodes without a table.

    In: `tables`, by unique id. A test on several relations belongs to the first that it names.
    """
    tests: list[_Test] = []
    assets: list[Asset] = []
    tests_without_table = 0
    for unique_id, node in (*artifacts.tests.items(), *artifacts.unit_tests.items()):
        test = _test(node, tables)
        if test is None:
            tests_without_table += 1
            continue
        tests.append(test)
        assets += _result(test, artifacts.results.get(unique_id), artifacts.results_at)
    for unique_id, source in artifacts.sources.items():
        test = _freshness(source, tables[unique_id])
        if test is not None:
            tests.append(test)
            assets += _freshness_result(test, artifacts.freshness.get(unique_id))
    return [*_definitions(tests), *map(_asset, tests), *assets], tests_without_table


def _test(node: Record, tables: Mapping[str, Table]) -> _Test | None:
    candidates = (
        [tested_node(node)] if test_name(node) else node.record("depends_on").texts("nodes")
    )
    table = next((tables[candidate] for candidate in candidates if candidate in tables), None)
    if table is None:
        return None
    own = {column.name.lower(): column.name for column in table.columns}
    column = own.get(node.text("column_name").strip('"`').lower(), "")
    return _Test(
        stored_name(node.text("name"), node.where),
        _definition_name(node, column),
        table,
        column,
        _arguments(node),
        node.text("description").strip(),
    )


def _definition_name(node: Record, column: str) -> str:
    if node.text("resource_type") == "unit_test":
        return "dbt_unit_test"
    if not test_name(node):
        return "dbt_singular_test"
    package = node.record("test_metadata").text("namespace")
    name = "_".join(filter(None, ("dbt", package, test_name(node))))
    return stored_name(name if column else f"{name}_of_table", node.where)


def _arguments(node: Record) -> dict[str, str]:
    """Return the arguments of a test, and its settings that differ from dbt's defaults."""
    config = node.record("config")
    settings = {key: config.values.get(key) for key in _TEST_SETTINGS}
    severity = config.text("severity").lower()
    given = {
        key: value
        for key, value in node.record("test_metadata").record("kwargs").values.items()
        if key not in ("model", "column_name")
    }
    found = {**settings, **given, "severity": severity if severity == "warn" else None}
    return {
        key: value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        for key, value in sorted(found.items())
        if value is not None and value not in _DBT_DEFAULTS
    }


def _freshness(source: Record, table: Table) -> _Test | None:
    arguments = {
        key: f"{limit.number('count')} {limit.text('period')}"
        for key in ("error_after", "warn_after")
        if (limit := source.record("freshness").record(key)).number("count")
    }
    if not arguments:
        return None
    text = "Whether the newest row of the source is as recent as it must be."
    return _Test("source_freshness", "dbt_source_freshness", table, "", arguments, text)


def _definitions(tests: Iterable[_Test]) -> Iterator[Asset]:
    parameters: dict[str, set[str]] = {}
    levels: dict[str, str] = {}
    for test in tests:
        parameters.setdefault(test.definition, set()).update(test.arguments)
        levels[test.definition] = "COLUMN" if test.column else "TABLE"
    for name, names in parameters.items():
        fields: dict[str, Value] = {"entityType": levels[name]}
        if names:
            fields["parameters"] = tuple(sorted(names))
        yield Asset(kinds.TEST_DEFINITION, fqn((name,)), fields)


def _asset(test: _Test) -> Asset:
    fields: dict[str, Value] = {
        "table": test.table.fqn,
        "column": test.column,
        "definition": fqn((test.definition,)),
        "parameters": tuple(f"{name}={value}" for name, value in test.arguments.items()),
        "description": test.description,
    }
    return Asset(kinds.TEST, _fqn(test), {key: value for key, value in fields.items() if value})


def _fqn(test: _Test) -> str:
    above = (*test.table.parts, test.column) if test.column else test.table.parts
    return fqn((*above, test.name))


def _result(test: _Test, result: Record | None, run_at: str) -> Iterator[Asset]:
    status = result.text("status").lower() if result else ""
    if result is None or status not in _STATUSES:
        return
    ended = [step.text("completed_at") for step in result.record_items("timing")]
    moment = next(filter(None, reversed(ended)), run_at)
    text = ": ".join(filter(None, [status, result.text("message")]))
    yield from _result_at(test, _STATUSES[status], moment, text)


def _freshness_result(test: _Test, result: Record | None) -> Iterator[Asset]:
    status = result.text("status").lower() if result else ""
    if result is None or status not in _FRESHNESS_STATUSES:
        return
    text = f"{status}: newest row at {result.text('max_loaded_at') or 'no time'}"
    yield from _result_at(test, _FRESHNESS_STATUSES[status], result.text("snapshotted_at"), text)


def _result_at(test: _Test, status: str, moment: str, text: str) -> Iterator[Asset]:
    """Yield the result of a test; nothing when its time is unknown."""
    milliseconds = milliseconds_of(moment)
    if milliseconds is None:
        return
    fields: dict[str, Value] = {
        "table": test.table.fqn,
        "timestamp": str(milliseconds),
        "status": status,
        "result": text,
    }
    yield Asset(kinds.TEST_RESULT, _fqn(test), fields)
