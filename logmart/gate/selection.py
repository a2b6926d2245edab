"""What a change touches: what must be built and tested anew. Pure functions.

dbt's `state:modified` misses a change of a column's meta, on which the tracking plan rests, and
takes a reformatting for a change. So compiled SQL is compared, by what it says, and with it what
the SQL does not show: configuration, contracts, rows of seeds, hooks and tests.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from logmart.dbt.manifest import Manifest, Node, arguments, macros, parents
from logmart.gate.sql import normal_form, normal_macro

# Configuration that says nothing of what is built.
_NOT_BUILT = frozenset(
    {"meta", "group", "docs", "tags", "access", "enabled", "static_analysis", "packages"}
)


@dataclass(frozen=True)
class Side:
    """One of the two compared: its manifest, where its landing zone was, its variables."""

    manifest: Manifest
    landing: str
    variables: Mapping[str, Any]

    def sql(self, unique_id: str) -> str:
        """Return the normal form of a node's compiled SQL."""
        return normal_form(self.text(unique_id), self.landing)

    def text(self, unique_id: str) -> str:
        """Return a node's compiled SQL as it is; "" of a seed."""
        return str(self.manifest.built[unique_id].get("compiled_code") or "")

    def says_the_same(self, other: Side, unique_id: str) -> bool:
        """Whether a node's SQL says the same on both sides."""
        if self.text(unique_id) == other.text(unique_id):
            return True
        return self.sql(unique_id) == other.sql(unique_id)


@dataclass(frozen=True)
class Change:
    """How a node that is built differs.

    `reasons` are those to build it anew (`new`, `sql`, `config`, `contract`, `rows`, `hooks`,
    `moved`); `keys` the configuration that differs, `macros` the changed ones that it calls.
    """

    reasons: tuple[str, ...]
    keys: tuple[str, ...] = ()
    macros: tuple[str, ...] = ()


@dataclass(frozen=True)
class Selection:
    """What a change touches, by unique id.

    `changed` differ themselves, `touched` are those and all that is built from them, `removed` are
    gone; `tests` are to be run though what they test is not built anew.
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
    """Return what differs between two sides, and what is built from it."""
    old, new = base.manifest, head.manifest
    changed_macros = _changed_macros(old, new)
    changed = {}
    for unique_id, node in new.built.items():
        change = _change(base, head, unique_id, _called(new, node) & changed_macros)
        if change.reasons:
            changed[unique_id] = change
    if _overrides_dbt(new, changed_macros):
        changed |= {one: Change(("macro of dbt",)) for one in new.built if one not in changed}
    touched = frozenset(new.downstream(changed))
    return Selection(
        changed,
        touched,
        frozenset(old.built) - frozenset(new.built),
        frozenset(_changed_tests(base, head, changed_macros, touched)),
    )


def everything(head: Side) -> Selection:
    """Return a selection of all that is built."""
    whole = frozenset(head.manifest.built)
    return Selection({}, whole, frozenset(), frozenset())


def config_of(node: Node) -> dict[str, Any]:
    """Return the configuration that says how a node is built."""
    return {key: value for key, value in node["config"].items() if key not in _NOT_BUILT}


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
    return Change(reasons, keys, tuple(sorted(one.rpartition(".")[2] for one in called)))


def _contract(node: Node) -> Any:
    if not node["config"].get("contract", {}).get("enforced"):
        return None
    columns = (node.get("columns") or {}).values()
    typed = [(one["name"], one.get("data_type"), one.get("constraints")) for one in columns]
    return sorted(typed, key=str), node.get("constraints")


def _place(node: Node) -> tuple[str, str]:
    return node["schema"], node.get("alias") or node["name"]


def _changed_macros(base: Manifest, head: Manifest) -> frozenset[str]:
    before, after = base.part("macros"), head.part("macros")
    return frozenset(
        one
        for one in {*before, *after}
        if one not in before
        or one not in after
        or (
            before[one]["macro_sql"] != after[one]["macro_sql"]
            and normal_macro(before[one]["macro_sql"]) != normal_macro(after[one]["macro_sql"])
        )
    )


def _called(manifest: Manifest, node: Node) -> frozenset[str]:
    """Return the macros that a node calls, those that these call included."""
    known = manifest.part("macros")
    found: set[str] = set()
    waiting = macros(node)
    while waiting:
        one = waiting.pop()
        if one not in found:
            found.add(one)
            waiting += macros(known[one]) if one in known else []
    return frozenset(found)


def _overrides_dbt(manifest: Manifest, changed: frozenset[str]) -> bool:
    """Whether a changed macro stands in for one of dbt's own, which no node names."""
    project = manifest.document["metadata"]["project_name"]
    own = {one.rpartition(".")[2] for one in changed if one.startswith(f"macro.{project}.")}
    dbts = {
        one.rpartition(".")[2]
        for one in manifest.part("macros")
        if not one.startswith(f"macro.{project}.")
    }
    # What these say of names is compared with the nodes' places.
    names = {"generate_schema_name", "generate_alias_name", "generate_database_name"}
    return bool(own & dbts - names)


def _changed_tests(
    base: Side, head: Side, changed_macros: frozenset[str], touched: frozenset[str]
) -> set[str]:
    """Return the tests to run though nothing that they read is built anew."""
    found = set()
    for part in ("tests", "unit_tests"):
        before = base.manifest.tests if part == "tests" else base.manifest.part(part)
        after = head.manifest.tests if part == "tests" else head.manifest.part(part)
        for one, test in after.items():
            if touched & set(parents(test)):
                continue
            differs = (
                one not in before
                or _asserted(before[one]) != _asserted(test)
                or bool(_called(head.manifest, test) & changed_macros)
                or base.variables != head.variables
            )
            if differs:
                found.add(one)
    return found


def _asserted(test: Node) -> Any:
    config = {key: value for key, value in test["config"].items() if key not in _NOT_BUILT}
    if test["resource_type"] == "unit_test":
        return test.get("given"), test.get("expect"), test.get("overrides"), test.get("model")
    return " ".join((test.get("raw_code") or "").split()), arguments(test), config
