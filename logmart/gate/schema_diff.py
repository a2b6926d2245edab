"""Findings on what models promise to their readers: columns, types, grain, accepted values,
contracts, tests and descriptions. Pure functions.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from logmart.dbt.manifest import Manifest, Node, keys
from logmart.findings import Finding
from logmart.gate.column_diff import column_findings, column_names
from logmart.gate.compared import Compared
from logmart.gate.dbt_test_diff import accepted_values, dbt_test_findings
from logmart.gate.impact import reach
from logmart.gate.sql import normal_macro


def schema_findings(compared: Compared) -> list[Finding]:
    """Return the findings on what models promise, without severities."""
    found = [*_models(compared)]
    columns = [each for unique_id in compared.both for each in column_findings(compared, unique_id)]
    found += columns
    reported = {(each.node, name) for each in columns for name in column_names(each)}
    for unique_id in compared.both:
        found += _promises(compared, unique_id)
        found += _descriptions(compared, unique_id, reported)
        found += _sql(compared, unique_id)
    found += dbt_test_findings(compared, reported)
    found += _exposures(compared.base.manifest, compared.head.manifest)
    found += _metrics(compared.base.manifest, compared.head.manifest)
    return found


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
    if owners[0] != owners[1]:
        yield finding("owner_changed", f"{owners[0] or 'nobody'} -> {owners[1] or 'nobody'}")


def _is_enforced(node: Node) -> bool:
    return bool((node["config"].get("contract") or {}).get("enforced"))


def _keys_text(found: set[tuple[str, ...]]) -> str:
    return " and by ".join(sorted(", ".join(key) for key in found)) or "nothing"


def _descriptions(
    compared: Compared, unique_id: str, reported: set[tuple[str, str]]
) -> Iterator[Finding]:
    before = compared.base.manifest.built[unique_id]
    node = compared.head.manifest.built[unique_id]
    texts_before, texts_after = _texts(before), _texts(node)
    for column in texts_before.keys() | texts_after.keys():
        was, now = texts_before.get(column, ""), texts_after.get(column, "")
        if was == now or (node["name"], column) in reported:
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
    if "rows" in change.reasons and unique_id in compared.unbuilt:
        yield finding("seed_changed", "its file differs; it could not be loaded")
    config_keys = [key for key in change.keys if key != "contract"]
    if config_keys:
        yield finding("config_changed", f"changed: {', '.join(config_keys)}")


def _exposures(old: Manifest, new: Manifest) -> Iterator[Finding]:
    for exposure_id, exposure in old.part("exposures").items():
        if exposure_id not in new.part("exposures"):
            yield Finding("exposure_removed", "exposure removed", exposure["name"])


def _metrics(old: Manifest, new: Manifest) -> Iterator[Finding]:
    before, after = old.part("metrics"), new.part("metrics")
    for metric_id in sorted({*before, *after}):
        metric = after.get(metric_id) or before[metric_id]
        if metric_id not in after:
            yield Finding("metric_removed", "metric removed", metric["name"])
        elif metric_id not in before:
            yield Finding("metric_added", "metric added", metric["name"])
        elif _computed(old, before[metric_id]) != _computed(new, after[metric_id]):
            yield Finding("metric_changed", "metric computed in another way", metric["name"])


def _computed(manifest: Manifest, metric: Node) -> str:
    """Return the definitions that decide a metric's values: its own and its measures'."""
    wanted = {str(measure["name"]) for measure in metric["type_params"].get("input_measures") or []}
    measures = [
        [measure.get(key) for key in ("name", "agg", "expr", "agg_params", "agg_time_dimension")]
        for model in manifest.part("semantic_models").values()
        for measure in model.get("measures") or []
        if measure["name"] in wanted
    ]
    made = [metric["type"], metric["type_params"], metric.get("filter"), measures]
    return json.dumps(made, sort_keys=True, default=str)
