"""Selects the nodes that a change touches and that must be built and tested anew. Pure functions.

dbt's `state:modified` misses a change of a column's meta, on which the tracking plan depends, and
reports a reformatting as a change. So compiled SQL is compared after normalization, together with
what the SQL does not show: configuration, contracts, rows of seeds, hooks and tests.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from logmart.dbt.manifest import Manifest, Node, arguments, macros, parents
from logmart.gate.sql import normal_form, normal_macro

# Configuration that does not affect the built tables.
CONFIG_WITHOUT_EFFECT = frozenset(
    {"meta", "group", "docs", "tags", "access", "enabled", "static_analysis", "packages"}
)


@dataclass(frozen=True)
class Side:
    """One side of a comparison: its manifest, the path of its landing zone, its variables."""

    manifest: Manifest
    landing: str
    variables: Mapping[str, Any]

    def sql(self, unique_id: str) -> str:
        """Return the normal form of a node's compiled SQL."""
        return normal_form(self.text(unique_id), self.landing)

    def text(self, unique_id: str) -> str:
        """Return a node's compiled SQL unchanged; "" for a seed."""
        return str(self.manifest.built[unique_id].get("compiled_code") or "")

    def says_the_same(self, other: Side, unique_id: str) -> bool:
        """Return whether a node's SQL means the same on both sides."""
        if self.text(unique_id) == other.text(unique_id):
            return True
        return self.sql(unique_id) == other.sql(unique_id)


@dataclass(frozen=True)
class Change:
    """The difference of a node between the two sides.

    `reasons` are the reasons to rebuild it (`new`, `sql`, `config`, `contract`, `rows`, `hooks`,
    `moved`), `keys` the configuration keys that differ, `macros` the changed macros that it calls.
    """

    reasons: tuple[str, ...]
    keys: tuple[str, ...] = ()
    macros: tuple[str, ...] = ()


@dataclass(frozen=True)
class Selection:
    """The nodes that a change touches, by unique id.

    `changed` nodes differ themselves. `touched` nodes are the changed ones and everything
    downstream. `removed` nodes are gone. `tests` must run although their models are not rebuilt.
    """

    changed: Mapping[str, Change]
    touched: frozenset[str]
    removed: frozenset[str]
    tests: frozenset[str]

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to build and nothing to test."""
        return not (self.touched or self.removed or self.tests)


def select(base: Side, head: Side) -> Selection:
    """Return the nodes that differ between two sides, and everything downstream of them."""
    old, new = base.manifest, head.manifest
    changed_macros = _changed_macros(old, new)
    changed = {}
    for unique_id, node in new.built.items():
        change = _change(base, head, unique_id, _called(new, node) & changed_macros)
        if change.reasons:
            changed[unique_id] = change
    if _overrides_dbt(new, changed_macros):
        changed |= {
            unique_id: Change(("macro of dbt",))
            for unique_id in new.built
            if unique_id not in changed
        }
    touched = frozenset(new.downstream(changed))
    return Selection(
        changed,
        touched,
        frozenset(old.built) - frozenset(new.built),
        frozenset(_changed_tests(base, head, changed_macros, touched)),
    )


def everything(head: Side) -> Selection:
    """Return a selection of all models, seeds and snapshots."""
    whole = frozenset(head.manifest.built)
    return Selection({}, whole, frozenset(), frozenset())


def config_of(node: Node) -> dict[str, Any]:
    """Return the configuration that affects how a node is built."""
    return {key: value for key, value in node["config"].items() if key not in CONFIG_WITHOUT_EFFECT}


def _change(base: Side, head: Side, unique_id: str, called: frozenset[str]) -> Change:
    node = head.manifest.built[unique_id]
    before = base.manifest.built.get(unique_id)
    if before is None:
        return Change(("new",))
    was, now = config_of(before), config_of(node)
    keys = tuple(sorted(key for key in {*was, *now} if was.get(key) != now.get(key)))
    hooks = now.get("pre-hook") or now.get("post-hook")
    checks = {
        "sql": not base.says_the_same(head, unique_id),
        "config": bool(keys),
        "contract": _contract(before) != _contract(node),
        "rows": node["resource_type"] == "seed" and before["checksum"] != node["checksum"],
        "hooks": bool(hooks) and (bool(called) or base.variables != head.variables),
        "moved": _place(before) != _place(node),
    }
    reasons = tuple(reason for reason, holds in checks.items() if holds)
    return Change(reasons, keys, tuple(sorted(macro.rpartition(".")[2] for macro in called)))


def _contract(node: Node) -> Any:
    if not node["config"].get("contract", {}).get("enforced"):
        return None
    columns = (node.get("columns") or {}).values()
    typed = [
        (column["name"], column.get("data_type"), column.get("constraints")) for column in columns
    ]
    return sorted(typed, key=str), node.get("constraints")


def _place(node: Node) -> tuple[str, str]:
    return node["schema"], node.get("alias") or node["name"]


def _changed_macros(base: Manifest, head: Manifest) -> frozenset[str]:
    before, after = base.part("macros"), head.part("macros")
    return frozenset(
        macro
        for macro in {*before, *after}
        if macro not in before
        or macro not in after
        or (
            before[macro]["macro_sql"] != after[macro]["macro_sql"]
            and normal_macro(before[macro]["macro_sql"]) != normal_macro(after[macro]["macro_sql"])
        )
    )


def _called(manifest: Manifest, node: Node) -> frozenset[str]:
    """Return the macros that a node calls, directly or through other macros."""
    known = manifest.part("macros")
    found: set[str] = set()
    waiting = macros(node)
    while waiting:
        macro = waiting.pop()
        if macro not in found:
            found.add(macro)
            waiting += macros(known[macro]) if macro in known else []
    return frozenset(found)


def _overrides_dbt(manifest: Manifest, changed: frozenset[str]) -> bool:
    """Return whether a changed macro overrides one of dbt's own, which no node names."""
    project = manifest.document["metadata"]["project_name"]
    own_macros = {
        macro.rpartition(".")[2] for macro in changed if macro.startswith(f"macro.{project}.")
    }
    dbt_macros = {
        macro.rpartition(".")[2]
        for macro in manifest.part("macros")
        if not macro.startswith(f"macro.{project}.")
    }
    # The effect of these macros is compared by the nodes' schemas and names instead.
    names = {"generate_schema_name", "generate_alias_name", "generate_database_name"}
    return bool(own_macros & dbt_macros - names)


def _changed_tests(
    base: Side, head: Side, changed_macros: frozenset[str], touched: frozenset[str]
) -> set[str]:
    """Return the tests to run although nothing that they read is rebuilt."""
    found = set()
    for part in ("tests", "unit_tests"):
        before = base.manifest.tests if part == "tests" else base.manifest.part(part)
        after = head.manifest.tests if part == "tests" else head.manifest.part(part)
        for test_id, test in after.items():
            if touched & set(parents(test)):
                continue
            differs = (
                test_id not in before
                or _asserted(before[test_id]) != _asserted(test)
                or bool(_called(head.manifest, test) & changed_macros)
                or base.variables != head.variables
            )
            if differs:
                found.add(test_id)
    return found


def _asserted(test: Node) -> Any:
    config = config_of(test)
    if test["resource_type"] == "unit_test":
        return test.get("given"), test.get("expect"), test.get("overrides"), test.get("model")
    return " ".join((test.get("raw_code") or "").split()), arguments(test), config
