"""Findings on every other difference of two manifests: what no specific finding covers, so that a
report without findings means that nothing changed. Pure functions.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from logmart.dbt.manifest import BUILT, Manifest, Node
from logmart.findings import Finding, Severity
from logmart.gate.column_diff import column_names
from logmart.gate.compared import Compared
from logmart.gate.node_values import ValueChange, differences, flattened, without_inherited
from logmart.gate.selection import CONFIG_WITHOUT_EFFECT, Side
from logmart.gate.semantic_diff import MEASURE_KEYS, used_measures
from logmart.gate.sql import normal_macro

PROJECT_FILE = "dbt_project.yml"
_PARTS = (
    *("nodes", "sources", "exposures", "metrics", "semantic_models", "saved_queries"),
    *("unit_tests", "groups", "docs", "macros", "selectors"),
)
# dbt derives these keys from others, or they say when and where a file was read.
_DERIVED = frozenset(
    {"created_at", "checksum", "compiled", "compiled_path", "compiled_code", "build_path"}
    | {"root_path", "relation_name", "unrendered_config", "fqn", "path", "original_file_path"}
    | {"patch_path", "unique_id", "depends_on", "refs", "sources", "metrics", "functions", "group"}
    | {"extra_ctes", "extra_ctes_injected", "primary_key", "file_key_name", "contract", "meta"}
    | {"tags", "docs", "doc_blocks", "node_relation", "database", "alias", "schema", "language"}
    | {"schema_name", "identifier", "supported_languages", "metadata", "config_call_dict"}
)
# Keys that specific findings cover, by part and as prefixes of paths.
_COVERED = {
    "exposures": ("owner", "maturity", "type", "url", "label"),
    "metrics": ("type", "type_params", "filter"),
    "semantic_models": ("dimensions", "entities"),
    "unit_tests": ("given", "expect", "overrides"),
    "groups": ("owner",),
    "docs": ("block_contents",),
}
_WHOLE = ("exposures", "metrics", "unit_tests")
_OF_A_COLUMN = ("column_", "type_", "property_", "rule_", "personal_data_", "lifetime_")
# Kinds of findings that cover keys of a model's configuration.
_OF_CONFIG: dict[str, tuple[str, ...]] = {
    "meta": ("event_", "lifetime_"),
    "group": ("owner_changed",),
    "contract": ("contract_",),
}


def node_findings(compared: Compared, specific: Iterable[Finding]) -> Iterator[Finding]:
    """Yield the findings on nodes, and keys of nodes, that no specific finding covers."""
    covered = list(specific)
    old, new = compared.base.manifest, compared.head.manifest
    macros = {name for each in compared.selection.changed.values() for name in each.macros}
    for part in _PARTS:
        before, after = _own(old, part), _own(new, part)
        for node_id in sorted({*before, *after}):
            node = after.get(node_id) or before[node_id]
            if part == "macros" and node["name"] in macros:
                continue
            if node_id in before and node_id in after:
                yield from _changed(compared, part, before[node_id], node, covered)
            elif part not in _WHOLE and node.get("resource_type") not in {*BUILT, "test"}:
                word = "removed" if node_id in before else "added"
                finding = _finding(f"node_{word}", f"{_kind(part, node)} {word}", node)
                # A project that still used the macro would not compile.
                noted = part == "macros"
                yield replace(finding, at_most=Severity.NOTE) if noted else finding
    yield from _variables(compared.base, compared.head)


def _own(manifest: Manifest, part: str) -> Mapping[str, Node]:
    """Return the nodes of a part that the project itself defines."""
    project = manifest.document["metadata"]["project_name"]
    return {
        node_id: node
        for node_id, node in manifest.part(part).items()
        if isinstance(node, Mapping) and node.get("package_name", project) == project
    }


def _changed(
    compared: Compared, part: str, before: Node, node: Node, specific: Iterable[Finding]
) -> Iterator[Finding]:
    found = differences(_values(before), _values(node))
    changes = [
        change
        for change in without_inherited(found, found)
        if not _is_covered(compared, part, node, change, specific)
    ]
    lost = [change for change in changes if change.path.endswith("constraints") and change.before]
    others = [change for change in changes if change not in lost]
    for change in lost:
        column = change.path.split(".")[1] if change.path.startswith("columns.") else ""
        yield Finding(
            "constraint_changed", change.text(), node["name"], column, node["original_file_path"]
        )
    if others:
        words = "; ".join(change.text() for change in others)
        yield _finding("node_changed", f"{_kind(part, node)}, {words}", node)


def _values(node: Node) -> dict[str, Any]:
    kept = {key: value for key, value in node.items() if key not in _DERIVED}
    for key in ("raw_code", "macro_sql"):
        if key in kept:
            kept[key] = normal_macro(str(kept[key] or ""))
    if "columns" in kept:
        # A column's config holds its meta and tags, too.
        kept["columns"] = {
            name.lower(): {
                key: value for key, value in column.items() if key not in {*_DERIVED, "name"}
            }
            for name, column in kept["columns"].items()
        }
    return flattened(kept)


def _is_covered(
    compared: Compared, part: str, node: Node, change: ValueChange, specific: Iterable[Finding]
) -> bool:
    path = change.path
    if any(path == prefix or path.startswith(f"{prefix}.") for prefix in _COVERED.get(part, ())):
        return True
    if part == "semantic_models" and path.startswith("measures."):
        _, measure, key = path.split(".")[:3]
        return key in MEASURE_KEYS and measure in used_measures(compared.head.manifest)
    kind = node.get("resource_type")
    if kind == "test":
        asserted = ("raw_code", "column_name", "test_metadata", "config.")
        return path.startswith(asserted) and not path.startswith(("config.meta", "config.tags"))
    if kind in BUILT:
        return _is_covered_in_a_model(node, path, specific)
    return False


def _is_covered_in_a_model(node: Node, path: str, specific: Iterable[Finding]) -> bool:
    key, _, rest = path.partition(".")
    if key in ("raw_code", "description") or path.endswith(".description"):
        return True
    kinds = [
        (finding.kind, name.lower())
        for finding in specific
        if finding.node == node["name"]
        for name in column_names(finding)
    ]
    if key == "columns":
        column = rest.partition(".")[0]
        return any(kind.startswith(_OF_A_COLUMN) and name == column for kind, name in kinds) or any(
            kind in ("event_added", "event_removed") for kind, _ in kinds
        )
    name = rest.partition(".")[0] if key == "config" else ""
    if not name:
        return False
    # config_changed names every other key that decides how a model is built.
    if name not in _OF_CONFIG:
        return name not in CONFIG_WITHOUT_EFFECT
    return any(kind.startswith(_OF_CONFIG[name]) for kind, _ in kinds)


def _variables(base: Side, head: Side) -> Iterator[Finding]:
    changes = differences(
        flattened(dict(base.variables), "vars"), flattened(dict(head.variables), "vars")
    )
    if changes:
        message = "; ".join(change.text() for change in changes)
        yield Finding("node_changed", message, file=PROJECT_FILE)


def _kind(part: str, node: Node) -> str:
    return str(node.get("resource_type") or part.rstrip("s")).replace("_", " ")


def _finding(kind: str, message: str, node: Node) -> Finding:
    return Finding(kind, message, str(node["name"]), file=str(node.get("original_file_path") or ""))
