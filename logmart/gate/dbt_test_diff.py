"""Findings on added, removed and changed data tests and unit tests. Pure functions."""

from __future__ import annotations

import json
from collections.abc import Iterator

from logmart.dbt.manifest import Manifest, Node, arguments, keys, test_kind
from logmart.findings import Finding
from logmart.gate.compared import Compared

_UNIQUE = "unique"


def dbt_test_findings(compared: Compared, covered: set[tuple[str, str]]) -> Iterator[Finding]:
    """Yield the findings on data tests and unit tests that no other finding covers.

    In: `covered`, the models and columns of other findings.
    """
    old, new = compared.base.manifest, compared.head.manifest
    for test_id in sorted(
        {*old.tests, *new.tests, *old.part("unit_tests"), *new.part("unit_tests")}
    ):
        before = old.tests.get(test_id) or old.part("unit_tests").get(test_id)
        test = new.tests.get(test_id) or new.part("unit_tests").get(test_id)
        either = test or before
        if either is None or _is_covered(compared, either, covered):
            continue
        node = _tested(old if test is None else new, either)
        name, file = either["name"], either["original_file_path"]
        column = str(either.get("column_name") or "")
        if before is None:
            yield Finding("test_added", f"test {name} added", node, column, file)
        elif test is None:
            yield Finding("test_removed", f"test {name} removed", node, column, file)
        elif _assertion(before) != _assertion(test):
            yield Finding("test_changed", f"test {name} changed", node, column, file)


def _is_covered(compared: Compared, test: Node, covered: set[tuple[str, str]]) -> bool:
    """Return whether another finding already reports that a test was added or removed."""
    old, new = compared.base.manifest, compared.head.manifest
    attached = test.get("attached_node") or ""
    if test["resource_type"] == "unit_test":
        attached = next(iter((test.get("depends_on") or {}).get("nodes") or []), "")
    if attached and (attached not in old.built or attached not in new.built):
        return True
    if not attached:
        return False
    if (new.name(attached), str(test.get("column_name") or "")) in covered:
        return True
    if _UNIQUE in test_kind(test):
        return bool(keys(old, attached) - keys(new, attached))
    if test_kind(test) == "accepted_values":
        column = str(test.get("column_name") or "")
        accepted = accepted_values(new, attached).get(column)
        return accepted is not None and accepted != accepted_values(old, attached).get(column)
    return False


def _tested(manifest: Manifest, test: Node) -> str:
    parents = list((test.get("depends_on") or {}).get("nodes") or [])
    attached = test.get("attached_node") or (parents[0] if len(parents) == 1 else "")
    return manifest.name(attached) if attached in manifest.built else ""


def _assertion(test: Node) -> str:
    """Return the parts of a test that decide its result, as text."""
    if test["resource_type"] == "unit_test":
        asserted = [test.get(key) for key in ("given", "expect", "overrides")]
    else:
        config = {
            key: test["config"].get(key)
            for key in ("severity", "where", "warn_if", "error_if", "limit", "enabled")
        }
        asserted = [config, " ".join((test.get("raw_code") or "").split())]
    return json.dumps(asserted, sort_keys=True, default=str)


def accepted_values(manifest: Manifest, unique_id: str) -> dict[str, frozenset[str]]:
    """Return the values that `accepted_values` tests allow, by column of a model."""
    return {
        str(arguments(test)["column_name"]): frozenset(str(v) for v in arguments(test)["values"])
        for test in manifest.tests_of(unique_id).values()
        if test_kind(test) == "accepted_values"
        and {"column_name", "values"} <= set(arguments(test))
    }
