"""Findings on what models promise to their readers: columns, types, grain, accepted values,
contracts, tests and descriptions. Pure functions.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from logmart.dbt.manifest import Manifest, Node, keys
from logmart.findings import Finding, Reach
from logmart.gate.column_diff import column_findings, column_names
from logmart.gate.compared import Compared
from logmart.gate.dbt_test_diff import accepted_values, dbt_test_findings
from logmart.gate.description_diff import description_findings
from logmart.gate.impact import reach
from logmart.gate.model_renames import follows, renamed_models
from logmart.gate.semantic_diff import semantic_findings
from logmart.gate.sql import normal_macro, random_functions


def schema_findings(compared: Compared) -> list[Finding]:
    """Return the findings on what models promise, without severities."""
    found = [*_models(compared)]
    columns = [each for unique_id in compared.both for each in column_findings(compared, unique_id)]
    found += columns
    reported = {(each.node, name) for each in columns for name in column_names(each)}
    for unique_id in compared.both:
        found += _promises(compared, unique_id)
        found += _sql(compared, unique_id)
    found += description_findings(compared, reported)
    found += _groups(compared.base.manifest, compared.head.manifest)
    found += dbt_test_findings(compared, reported)
    found += semantic_findings(
        compared.base.manifest, compared.head.manifest, renamed_models(compared)
    )
    return found


def _models(compared: Compared) -> Iterator[Finding]:
    old, new = compared.base.manifest, compared.head.manifest
    renamed = renamed_models(compared)
    for unique_id in sorted(set(old.built) - set(new.built)):
        now = renamed.get(unique_id)
        columns = compared.base_catalog.columns.get(unique_id, {})
        yield Finding(
            "model_renamed" if now else "model_removed",
            f"renamed to {new.name(now)}"
            if now
            else f"{old.built[unique_id]['resource_type']} removed",
            old.name(unique_id),
            file=old.built[unique_id]["original_file_path"],
            reach=reach(old, compared.base_lineage, unique_id, columns),
        )
    for unique_id in sorted(set(new.built) - set(old.built) - set(renamed.values())):
        node = new.built[unique_id]
        owner = new.owner_of(node)
        lacks = [
            word
            for word, is_there in (
                ("no owner", owner),
                ("no description", node.get("description")),
                ("no tests", new.tests_of(unique_id)),
            )
            if not is_there
        ]
        yield Finding(
            "model_added",
            ", ".join(
                [
                    f"{node['resource_type']} added",
                    *([f"owned by {owner}"] if owner else []),
                    *lacks,
                ]
            ),
            new.name(unique_id),
            file=node["original_file_path"],
        )


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
    values_before, values_after = accepted_values(old, unique_id), accepted_values(new, unique_id)
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
    if owners[0] != owners[1] and before.get("group") != node.get("group"):
        yield finding("owner_changed", f"{owners[0] or 'nobody'} -> {owners[1] or 'nobody'}")


def _groups(old: Manifest, new: Manifest) -> Iterator[Finding]:
    """Yield a finding for each group with another owner, which counts the group's models."""
    for name in sorted(old.owners.keys() & new.owners.keys()):
        was, now = old.owners[name], new.owners[name]
        if was != now:
            models = sorted(str(n["name"]) for n in new.built.values() if n.get("group") == name)
            yield Finding(
                "owner_changed",
                f"group of {len(models)} models: {was or 'nobody'} -> {now or 'nobody'}",
                name,
                reach=Reach(models=tuple(models), owners=tuple(sorted({was, now} - {""}))),
                count=max(len(models), 1),
            )


def _is_enforced(node: Node) -> bool:
    return bool((node["config"].get("contract") or {}).get("enforced"))


def _keys_text(found: set[tuple[str, ...]]) -> str:
    return " and by ".join(sorted(", ".join(key) for key in found)) or "nothing"


def _other_causes(compared: Compared) -> str:
    """Return what can change the compiled SQL of a model besides its own text and macros."""
    seeds = [
        compared.head.manifest.name(unique_id)
        for unique_id, change in sorted(compared.selection.changed.items())
        if "rows" in change.reasons
    ]
    if not seeds:
        return "its YAML or the project's variables"
    return f"its YAML, the project's variables or the rows of {', '.join(seeds)}"


def _sql(compared: Compared, unique_id: str) -> Iterator[Finding]:
    change = compared.selection.changed.get(unique_id)
    if change is None:
        return
    before = compared.base.manifest.built[unique_id]
    node = compared.head.manifest.built[unique_id]

    def finding(kind: str, message: str) -> Finding:
        return Finding(kind, message, node["name"], file=node["original_file_path"])

    renamed = renamed_models(compared)
    if "sql" in change.reasons and not (
        renamed and follows(compared.base, compared.head, unique_id, renamed)
    ):
        if normal_macro(before.get("raw_code") or "") != normal_macro(node.get("raw_code") or ""):
            message = "its SQL says something else"
        elif change.macros:
            message = f"its SQL says something else, by {', '.join(change.macros)}"
        else:
            message = f"its SQL says something else, by {_other_causes(compared)}"
        yield finding("sql_changed", message)
        random = random_functions(compared.head.text(unique_id))
        random -= random_functions(compared.base.text(unique_id))
        if random:
            calls = ", ".join(f"{name}()" for name in sorted(random))
            yield finding("not_deterministic", f"newly calls {calls}: every build gives other rows")
    elif "hooks" in change.reasons:
        by = ", ".join(change.macros) or "the project's variables"
        yield finding("sql_changed", f"its hooks may do something else, by {by}")
    if "rows" in change.reasons and unique_id in compared.unbuilt:
        yield finding("seed_changed", "its file differs; it could not be loaded")
    config_keys = [key for key in change.keys if key != "contract"]
    if config_keys:
        yield finding("config_changed", f"changed: {', '.join(config_keys)}")
