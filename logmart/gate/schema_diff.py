"""What a change does to what models promise: columns, types, grain, values, contracts, tests and
descriptions. Pure functions.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from logmart.gate.findings import Finding
from logmart.gate.impact import Lineage, reach
from logmart.gate.manifest import Catalog, Manifest, Node, arguments, keys, test_kind
from logmart.gate.selection import Selection, Side
from logmart.gate.sql import normal_macro

_INTEGERS = ["TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT"]
_WIDER = {
    *((one, other) for n, one in enumerate(_INTEGERS) for other in _INTEGERS[n + 1 :]),
    *((one, "DOUBLE") for one in ("TINYINT", "SMALLINT", "INTEGER", "FLOAT")),
    *((one, "FLOAT") for one in ("TINYINT", "SMALLINT")),
    ("DATE", "TIMESTAMP"),
}
_DECIMAL = re.compile(r"DECIMAL\((\d+),\s*(\d+)\)")
_UNIQUE = "unique"


@dataclass(frozen=True)
class Compared:
    """Two sides of a project with what the warehouse and the lineage say of each.

    `unbuilt` are the nodes that could not be built on the branch: nothing is known of them.
    """

    base: Side
    head: Side
    base_catalog: Catalog
    head_catalog: Catalog
    base_lineage: Lineage
    head_lineage: Lineage
    selection: Selection
    unbuilt: frozenset[str] = frozenset()

    @property
    def both(self) -> list[str]:
        """The unique ids of what both sides build."""
        return [one for one in self.head.manifest.built if one in self.base.manifest.built]


def schema_findings(compared: Compared) -> list[Finding]:
    """Return the findings on what models promise, without severities."""
    found = [*_models(compared)]
    columns = [each for one in compared.both for each in _columns(compared, one)]
    found += columns
    told = {(each.node, name) for each in columns for name in _names(each)}
    for unique_id in compared.both:
        found += _promises(compared, unique_id)
        found += _descriptions(compared, unique_id, told)
        found += _sql(compared, unique_id)
    found += _tests(compared, told)
    found += _exposures(compared.base.manifest, compared.head.manifest)
    found += _metrics(compared.base.manifest, compared.head.manifest)
    return found


def type_kind(before: str, after: str) -> str:
    """Return which kind of finding a change of a column's type is."""
    was, now = before.upper(), after.upper()
    if _is_wider(was, now):
        return "type_widened"
    return "type_narrowed" if _is_wider(now, was) else "type_changed"


def _is_wider(one: str, other: str) -> bool:
    """Whether the other type holds every value of the one."""
    small, large = _DECIMAL.fullmatch(one), _DECIMAL.fullmatch(other)
    if small and large:
        digits, scale = int(small[1]), int(small[2])
        return int(large[2]) >= scale and int(large[1]) - int(large[2]) >= digits - scale
    return (one, other) in _WIDER


def _models(compared: Compared) -> Iterator[Finding]:
    old, new = compared.base.manifest, compared.head.manifest
    for unique_id in sorted(set(old.built) - set(new.built)):
        columns = compared.base_catalog.columns.get(unique_id, {})
        yield Finding(
            "model_removed",
            f"{old.built[unique_id]['resource_type']} removed",
            old.name(unique_id),
            file=old.built[unique_id]["original_file_path"],
            reach=reach(old, compared.base_lineage, unique_id, columns),
        )
    for unique_id in sorted(set(new.built) - set(old.built)):
        node = new.built[unique_id]
        owner = new.owner_of(node)
        yield Finding(
            "model_added",
            f"{node['resource_type']} added" + (f", owned by {owner}" if owner else ", no owner"),
            new.name(unique_id),
            file=node["original_file_path"],
        )


def _columns(compared: Compared, unique_id: str) -> Iterator[Finding]:
    if unique_id in compared.unbuilt:
        return
    node = compared.head.manifest.built[unique_id]
    before = compared.base_catalog.columns.get(unique_id, {})
    after = compared.head_catalog.columns.get(unique_id, {})
    if not before or not after:
        return
    renamed = _renamed(compared, unique_id, before, after)

    def finding(kind: str, message: str, column: str, *, breaks: bool = True) -> Finding:
        reached = (
            reach(compared.base.manifest, compared.base_lineage, unique_id, [column])
            if breaks
            else None
        )
        return Finding(
            kind, message, node["name"], column, node["original_file_path"], reach=reached
        )

    for column, data_type in before.items():
        if column in renamed:
            yield finding("column_renamed", f"renamed to {renamed[column]}", column)
        elif column not in after:
            yield finding("column_removed", f"removed, was {data_type.lower()}", column)
        elif after[column] != data_type:
            kind = type_kind(data_type, after[column])
            message = f"{data_type.lower()} -> {after[column].lower()}"
            yield finding(kind, message, column)
    for column, data_type in after.items():
        if column not in before and column not in renamed.values():
            yield finding("column_added", f"added, {data_type.lower()}", column, breaks=False)


def _renamed(
    compared: Compared, unique_id: str, before: Mapping[str, str], after: Mapping[str, str]
) -> dict[str, str]:
    """Return the columns that are made the same way under another name, old to new."""
    gone = [one for one in before if one not in after]
    come = [one for one in after if one not in before]
    found: dict[str, str] = {}
    for old in gone:
        made = compared.base_lineage.signature(unique_id, old)
        alike = [
            new
            for new in come
            if new not in found.values()
            and after[new] == before[old]
            and compared.head_lineage.signature(unique_id, new) == made
            and made != (None, None)
        ]
        same_place = [new for new in alike if list(after).index(new) == list(before).index(old)]
        chosen = same_place or alike
        if len(chosen) == 1:
            found[old] = chosen[0]
    return found


def _names(finding: Finding) -> list[str]:
    renamed = finding.message.removeprefix("renamed to ")
    return [finding.column, renamed] if finding.kind == "column_renamed" else [finding.column]


def _promises(compared: Compared, unique_id: str) -> Iterator[Finding]:
    old, new = compared.base.manifest, compared.head.manifest
    before, node = old.built[unique_id], new.built[unique_id]
    everything = compared.base_catalog.columns.get(unique_id, {})

    def finding(kind: str, message: str, columns: Iterable[str] = (), column: str = "") -> Finding:
        reached = reach(old, compared.base_lineage, unique_id, columns) if columns else None
        return Finding(
            kind, message, node["name"], column, node["original_file_path"], reach=reached
        )

    was, now = keys(old, unique_id), keys(new, unique_id)
    if was - now:
        message = f"unique by {_keys_text(was - now)}, now by {_keys_text(now)}"
        yield finding("grain_changed", message, everything)
    if _is_enforced(before) and not _is_enforced(node):
        yield finding("contract_removed", "the contract is not enforced any more", everything)
    values_before, values_after = _accepted(old, unique_id), _accepted(new, unique_id)
    for column in sorted(values_before.keys() & values_after.keys()):
        less = values_before[column] - values_after[column]
        more = values_after[column] - values_before[column]
        if less:
            message = f"no longer accepted: {', '.join(sorted(less))}"
            yield finding("accepted_values_narrowed", message, [column], column)
        if more:
            message = f"accepted, too: {', '.join(sorted(more))}"
            yield finding("accepted_values_widened", message, [column], column)
    for column in sorted((values_after.keys() - values_before.keys()) & everything.keys()):
        message = f"accepted alone: {', '.join(sorted(values_after[column]))}"
        yield finding("accepted_values_narrowed", message, [column], column)
    owners = old.owner_of(before), new.owner_of(node)
    if owners[0] != owners[1]:
        yield finding("owner_changed", f"{owners[0] or 'nobody'} -> {owners[1] or 'nobody'}")


def _is_enforced(node: Node) -> bool:
    return bool((node["config"].get("contract") or {}).get("enforced"))


def _keys_text(found: set[tuple[str, ...]]) -> str:
    return " and by ".join(sorted(", ".join(key) for key in found)) or "nothing"


def _accepted(manifest: Manifest, unique_id: str) -> dict[str, frozenset[str]]:
    return {
        str(arguments(test)["column_name"]): frozenset(str(v) for v in arguments(test)["values"])
        for test in manifest.tests_of(unique_id).values()
        if test_kind(test) == "accepted_values"
        and {"column_name", "values"} <= set(arguments(test))
    }


def _descriptions(
    compared: Compared, unique_id: str, told: set[tuple[str, str]]
) -> Iterator[Finding]:
    before = compared.base.manifest.built[unique_id]
    node = compared.head.manifest.built[unique_id]
    texts_before, texts_after = _texts(before), _texts(node)
    for column in texts_before.keys() | texts_after.keys():
        was, now = texts_before.get(column, ""), texts_after.get(column, "")
        if was == now or (node["name"], column) in told:
            continue
        kind = "description_changed" if now else "description_removed"
        message = "description " + ("changed" if was and now else "added" if now else "removed")
        yield Finding(kind, message, node["name"], column, _yaml_file(node))


def _texts(node: Node) -> dict[str, str]:
    texts = {"": str(node.get("description") or "")}
    texts |= {
        column["name"]: str(column.get("description") or "")
        for column in (node.get("columns") or {}).values()
    }
    return {column: " ".join(text.split()) for column, text in texts.items()}


def _yaml_file(node: Node) -> str:
    return str(node.get("patch_path") or node["original_file_path"]).partition("://")[2] or str(
        node["original_file_path"]
    )


def _sql(compared: Compared, unique_id: str) -> Iterator[Finding]:
    change = compared.selection.changed.get(unique_id)
    if change is None:
        return
    before = compared.base.manifest.built[unique_id]
    node = compared.head.manifest.built[unique_id]

    def finding(kind: str, message: str) -> Finding:
        return Finding(kind, message, node["name"], file=node["original_file_path"])

    if "sql" in change.reasons:
        if normal_macro(before.get("raw_code") or "") != normal_macro(node.get("raw_code") or ""):
            message = "its SQL says something else"
        elif change.macros:
            message = f"its SQL says something else, by {', '.join(change.macros)}"
        else:
            message = "its SQL says something else, by its YAML or the project's variables"
        yield finding("sql_changed", message)
    elif "hooks" in change.reasons:
        by = ", ".join(change.macros) or "the project's variables"
        yield finding("sql_changed", f"its hooks may do something else, by {by}")
    if "rows" in change.reasons:
        yield finding("seed_changed", "its file has other rows")
    config_keys = [key for key in change.keys if key != "contract"]
    if config_keys:
        yield finding("config_changed", f"changed: {', '.join(config_keys)}")


def _tests(compared: Compared, told: set[tuple[str, str]]) -> Iterator[Finding]:
    old, new = compared.base.manifest, compared.head.manifest
    for one in sorted({*old.tests, *new.tests, *old.part("unit_tests"), *new.part("unit_tests")}):
        before = old.tests.get(one) or old.part("unit_tests").get(one)
        test = new.tests.get(one) or new.part("unit_tests").get(one)
        either = test or before
        if either is None or _is_told(compared, either, told):
            continue
        node = _tested(old if test is None else new, either)
        name, file = either["name"], either["original_file_path"]
        column = str(either.get("column_name") or "")
        if before is None:
            yield Finding("test_added", f"test {name} added", node, column, file)
        elif test is None:
            yield Finding("test_removed", f"test {name} removed", node, column, file)
        elif _judged(before) != _judged(test):
            yield Finding("test_changed", f"test {name} changed", node, column, file)


def _is_told(compared: Compared, test: Node, told: set[tuple[str, str]]) -> bool:
    """Whether another finding tells that a test came or went."""
    old, new = compared.base.manifest, compared.head.manifest
    attached = test.get("attached_node") or ""
    if test["resource_type"] == "unit_test":
        attached = next(iter((test.get("depends_on") or {}).get("nodes") or []), "")
    if attached and (attached not in old.built or attached not in new.built):
        return True
    if not attached:
        return False
    if (new.name(attached), str(test.get("column_name") or "")) in told:
        return True
    if _UNIQUE in test_kind(test):
        return bool(keys(old, attached) - keys(new, attached))
    if test_kind(test) == "accepted_values":
        column = str(test.get("column_name") or "")
        accepted = _accepted(new, attached).get(column)
        return accepted is not None and accepted != _accepted(old, attached).get(column)
    return False


def _tested(manifest: Manifest, test: Node) -> str:
    parents = list((test.get("depends_on") or {}).get("nodes") or [])
    attached = test.get("attached_node") or (parents[0] if len(parents) == 1 else "")
    return manifest.name(attached) if attached in manifest.built else ""


def _judged(test: Node) -> str:
    if test["resource_type"] == "unit_test":
        asserted = [test.get(key) for key in ("given", "expect", "overrides")]
    else:
        config = {
            key: test["config"].get(key)
            for key in ("severity", "where", "warn_if", "error_if", "limit", "enabled")
        }
        asserted = [config, " ".join((test.get("raw_code") or "").split())]
    return json.dumps(asserted, sort_keys=True, default=str)


def _exposures(old: Manifest, new: Manifest) -> Iterator[Finding]:
    for one, exposure in old.part("exposures").items():
        if one not in new.part("exposures"):
            yield Finding("exposure_removed", "exposure removed", exposure["name"])


def _metrics(old: Manifest, new: Manifest) -> Iterator[Finding]:
    before, after = old.part("metrics"), new.part("metrics")
    for one in sorted({*before, *after}):
        metric = after.get(one) or before[one]
        if one not in after:
            yield Finding("metric_removed", "metric removed", metric["name"])
        elif one not in before:
            yield Finding("metric_added", "metric added", metric["name"])
        elif _computed(old, before[one]) != _computed(new, after[one]):
            yield Finding("metric_changed", "metric computed in another way", metric["name"])


def _computed(manifest: Manifest, metric: Node) -> str:
    """Return what decides a metric's values: its definition and that of the measures it reads."""
    wanted = {str(one["name"]) for one in metric["type_params"].get("input_measures") or []}
    measures = [
        [measure.get(key) for key in ("name", "agg", "expr", "agg_params", "agg_time_dimension")]
        for model in manifest.part("semantic_models").values()
        for measure in model.get("measures") or []
        if measure["name"] in wanted
    ]
    made = [metric["type"], metric["type_params"], metric.get("filter"), measures]
    return json.dumps(made, sort_keys=True, default=str)
