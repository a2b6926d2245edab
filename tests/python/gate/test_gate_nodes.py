"""No difference of two manifests goes without a finding: "nothing to say" means nothing changed."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from branches import Main, make_main
from logmart.dbt.manifest import Manifest
from logmart.findings import Finding
from logmart.gate.compared import Compared
from logmart.gate.impact import Lineage
from logmart.gate.node_diff import node_findings
from logmart.gate.plan_diff import plan_findings
from logmart.gate.schema_diff import schema_findings
from logmart.gate.selection import Side, select
from logmart.gate.state import State, read_state

# The nodes that are changed, and the keys that name a node or that dbt derives from others.
NODES = (
    ("nodes", "model.shop.fct_orders"),
    ("nodes", "model.shop.stg_shop__order_placed"),
    ("nodes", "seed.shop.funnel_windows"),
    ("nodes", "analysis.shop.orders_by_hour"),
    ("exposures", "exposure.shop.sales_dashboard"),
    ("metrics", "metric.shop.app_amount_krw"),
    ("metrics", "metric.shop.app_amount_per_order_krw"),
    ("semantic_models", "semantic_model.shop.daily_orders"),
    ("unit_tests", "unit_test.shop.orders_daily.orders_are_counted_by_date_and_channel"),
    ("groups", "group.shop.sales"),
    ("docs", "doc.shop.score"),
    ("macros", "macro.shop.business_date"),
)
NAMING = {"name", "resource_type", "package_name", "unique_id", "path", "original_file_path"}
DERIVED = NAMING | {
    *(
        "created_at",
        "checksum",
        "compiled",
        "compiled_path",
        "compiled_code",
        "build_path",
        "fqn",
        "raw_code",
    ),
    *("relation_name", "unrendered_config", "patch_path", "depends_on", "refs", "sources"),
    *("metrics", "functions", "group", "extra_ctes", "extra_ctes_injected", "primary_key"),
    *("contract", "meta", "tags", "docs", "doc_blocks", "node_relation", "database", "language"),
    *("root_path", "supported_languages", "alias", "schema", "metadata", "input_measures"),
}

# A first value of keys that are empty in the project.
SHAPES: dict[Any, Any] = {
    "constraints": [{"type": "not_null"}],
    "columns": {"another": {"name": "another", "description": "Another."}},
    "filter": {"where_filters": [{"where_sql_template": "true"}]},
    "entities": [{"name": "another", "type": "primary"}],
    "measure": {"name": "orders"},
}


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> State:
    main: Main = make_main(tmp_path_factory.getbasetemp() / "gate")
    return read_state(main.state)


def leaves(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the paths of the values in a node, without keys that dbt derives."""
    if isinstance(value, dict) and value:
        return [
            each
            for key, inner in value.items()
            if key not in DERIVED or (path and path[-1] in ("config", "meta"))
            for each in leaves(inner, (*path, key))
        ]
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return [each for n, inner in enumerate(value) for each in leaves(inner, (*path, n))]
    return [path]


def other(key: Any, value: Any) -> Any:
    """Return another value of the same shape."""
    if key in SHAPES and not value:
        return SHAPES[key]
    if isinstance(value, bool) or value is None:
        return not value
    if isinstance(value, list):
        return [*value, "another"]
    if isinstance(value, dict):
        return {"another": "value"}
    return value + 1 if isinstance(value, int) else f"{value} another"


def findings(state: State, document: Any) -> list[Finding]:
    head = Side(Manifest(document), state.inputs.landing, state.inputs.variables)
    compared = Compared(
        state.side, head, state.catalog, state.catalog, Lineage(), Lineage(),
        select(state.side, head),
    )  # fmt: skip
    found = [*plan_findings(state.manifest, head.manifest), *schema_findings(compared)]
    return [*found, *node_findings(compared, found)]


def test_the_same_manifest_gives_no_finding(state: State) -> None:
    assert findings(state, copy.deepcopy(state.manifest.document)) == []


@pytest.mark.parametrize(("part", "node_id"), NODES)
def test_every_key_of_a_node_that_changes_is_named(state: State, part: str, node_id: str) -> None:
    silent = []
    for path in leaves(state.manifest.document[part][node_id]):
        document = dict(state.manifest.document)
        document[part] = dict(document[part])
        node = document[part][node_id] = copy.deepcopy(document[part][node_id])
        inner = node
        for key in path[:-1]:
            inner = inner[key]
        inner[path[-1]] = other(path[-1], inner[path[-1]])
        if not findings(state, document):
            silent.append(".".join(str(key) for key in path))
    assert silent == []


@pytest.mark.parametrize("node_id", ["macro.shop.planned", "doc.shop.score", "group.shop.sales"])
def test_a_node_that_is_gone_is_named(state: State, node_id: str) -> None:
    part = f"{node_id.partition('.')[0]}s"
    document = {**state.manifest.document, part: dict(state.manifest.document[part])}
    del document[part][node_id]
    name = node_id.rpartition(".")[2]
    assert ("node_removed", name) in {(one.kind, one.node) for one in findings(state, document)}


def test_a_variable_of_the_project_that_changes_is_named(state: State) -> None:
    head = Side(state.manifest, state.inputs.landing, {**state.inputs.variables, "window": 30})
    compared = Compared(
        state.side, head, state.catalog, state.catalog, Lineage(), Lineage(),
        select(state.side, head),
    )  # fmt: skip
    (finding,) = node_findings(compared, [])
    assert (finding.place, finding.message) == ("dbt_project.yml", "vars.window: none -> 30")
