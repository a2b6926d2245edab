"""Artifacts of every supported version give the same catalog."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from logmart_catalog.artifacts.documents import VERSIONS
from logmart_catalog.artifacts.read import read_artifacts
from logmart_catalog.config import Config
from logmart_catalog.desired.build import desired_state
from logmart_catalog.errors import ArtifactError
from logmart_catalog.state import asset_kinds as kinds
from logmart_catalog.state.model import Asset, CatalogState

from .artifact_versions import SHAPES
from .support import Command, StandIn, copied, editing

CONFIG = Config("warehouse", "mart", create_teams=True, create_tags=True)
OLD = ("v9", "v10", "v11")


def state_of(project: str, shape: str, folder: Path) -> CatalogState:
    """The desired state of a project whose artifacts have the shape of a version."""
    target = copied(project, folder / shape)
    SHAPES[shape](target)
    return desired_state(read_artifacts(target), CONFIG).state


def of_kind(state: CatalogState, *names: str) -> dict[str, Asset]:
    """The assets of some kinds, by kind and name."""
    return {"/".join(key): one for key, one in state.assets.items() if key[0] in names}


def without_unit_tests(state: CatalogState) -> dict[tuple[str, str], Asset]:
    """The assets without unit tests and their results."""
    tests = {
        one.fqn
        for one in state.assets.values()
        if one.fields.get("definition") == "dbt_unit_test" or one.fqn == "dbt_unit_test"
    }
    return {key: one for key, one in state.assets.items() if one.fqn not in tests}


def test_each_version_of_a_manifest_has_a_shape_here() -> None:
    assert set(VERSIONS["manifest"]) == set(SHAPES) - {"versionless"}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("project", ["library", "orchard", "clinic"])
def test_tables_and_edges_between_them_are_the_same(
    project: str, shape: str, tmp_path: Path
) -> None:
    found = state_of(project, shape, tmp_path)
    today = state_of(project, "v12", tmp_path)
    assert found.project == today.project
    assert found.tables == today.tables
    assert found.containers == today.containers
    assert found.teams == today.teams
    assert found.edges == today.edges


@pytest.mark.parametrize("shape", SHAPES)
def test_tests_results_contracts_dashboards_and_metrics_are_the_same(
    shape: str, tmp_path: Path
) -> None:
    found = state_of("orchard", shape, tmp_path)
    today = state_of("orchard", "v12", tmp_path)
    if shape == "v9":
        metrics = of_kind(found, kinds.METRIC)
        assert metrics.keys() == of_kind(today, kinds.METRIC).keys()
        assert {one.fqn: one.fields["expression"] for one in metrics.values()} == {
            "kilograms_picked": "sum(kilograms)",
            "active_pickers": "count(distinct picker_id)",
            "kilograms_per_picker": "kilograms_picked / active_pickers",
        }
        found, today = (_without(one, kinds.METRIC) for one in (found, today))
    if shape == "v20":
        found, today = (_without_texts(one) for one in (found, today))
    left = without_unit_tests(today) if shape in OLD else today.assets
    assert found.assets == left


def _without(state: CatalogState, kind: str) -> CatalogState:
    assets = {key: one for key, one in state.assets.items() if one.kind != kind}
    return replace(state, assets=assets)


def _without_texts(state: CatalogState) -> CatalogState:
    """The state without the messages of results, which dbt Fusion does not give."""
    assets = {
        key: replace(one, fields={**one.fields, "result": ""})
        if one.kind == kinds.TEST_RESULT
        else one
        for key, one in state.assets.items()
    }
    return replace(state, assets=assets)


# The oldest and the newest; the desired state of each of the others is compared above.
@pytest.mark.parametrize(
    "shape",
    [pytest.param(it, marks=[] if it in ("v9", "v20") else pytest.mark.deep) for it in SHAPES],
)
def test_each_goes_through_plan_apply_verify_apply(
    shape: str, command: Command, standin: StandIn, tmp_path: Path
) -> None:
    target = copied("orchard", tmp_path)
    SHAPES[shape](target)
    for name in ("plan", "apply", "verify"):
        outcome = command(name, target)
        assert (outcome.code, outcome.err) == (0, ""), outcome
    assert command("apply", target).lines[-1] == "Applied: nothing to do, nothing written."


def test_a_project_that_is_not_named_is_the_package_with_most_of_the_models(tmp_path: Path) -> None:
    target = copied("orchard", tmp_path)
    SHAPES["v9"](target)
    for name in ("manifest.json", "full_refresh/manifest.json"):
        with editing(target, name) as manifest:
            manifest["metadata"]["project_id"] = None
            manifest["nodes"]["model.orchard.calendar"]["package_name"] = "a_package"
    assert read_artifacts(target).project == "orchard"


def test_results_without_a_time_are_no_results(tmp_path: Path) -> None:
    target = copied("orchard", tmp_path)
    SHAPES["v20"](target)
    with editing(target, "run_results.json") as results:
        results["metadata"]["generated_at"] = None
        for one in results["results"]:
            one["timing"] = [{"name": "execute", "started_at": None, "completed_at": None}]
    state = desired_state(read_artifacts(target), CONFIG).state
    assert all(table.run is None for table in state.tables.values())
    assert {one.fqn.rpartition(".")[2] for one in of_kind(state, kinds.TEST_RESULT).values()} == {
        "source_freshness"
    }


@pytest.mark.parametrize(
    ("name", "schema", "read"),
    [
        ("manifest.json", "manifest/v8.json", "v9 (dbt 1.5), v10 (dbt 1.6), v11 (dbt 1.7), v12"),
        ("manifest.json", "manifest/v13.json", "v20 (dbt Fusion)"),
        ("manifest.json", None, "v20 (dbt Fusion)"),
        ("catalog.json", "catalog/v2.json", "v1 (dbt 1.5 to 1.12 and dbt Fusion)"),
        ("run_results.json", "run-results/v3.json", "v4 (dbt 1.5 and 1.6), v5 (dbt 1.7), v6"),
        ("sources.json", "sources/v2.json", "v3 (dbt 1.5 to 1.12 and dbt Fusion)"),
    ],
)
def test_another_version_is_refused_in_a_line_that_says_which_are_read(
    name: str, schema: str | None, read: str, tmp_path: Path
) -> None:
    target = copied("orchard", tmp_path)
    with editing(target, name) as document:
        address = f"https://schemas.getdbt.com/dbt/{schema}" if schema else None
        document["metadata"]["dbt_schema_version"] = address
    with pytest.raises(ArtifactError) as refused:
        read_artifacts(target)
    assert f"{name}: dbt schema version " in str(refused.value)
    assert read in str(refused.value)


def test_a_test_on_a_source_is_on_the_source_that_its_argument_names(tmp_path: Path) -> None:
    target = copied("library", tmp_path)
    with editing(target, "manifest.json") as manifest:
        test = json.loads(
            json.dumps(manifest["nodes"]["test.library.not_null_stg_loans_loan_id.b77c69982c"])
        )
        test.update(
            unique_id="test.library.between_sources",
            name="between_sources",
            attached_node=None,
            column_name="",
        )
        test["depends_on"]["nodes"] = [
            "source.library.desk.raw_loans",
            "source.library.desk.gate_counts",
        ]
        test["test_metadata"]["kwargs"] = {
            "to": "source('desk', 'raw_loans')",
            "model": "{{ get_where_subquery(source('desk', 'gate_counts')) }}",
        }
        manifest["nodes"]["test.library.between_sources"] = test
    state = desired_state(read_artifacts(target), CONFIG).state
    assert (kinds.TEST, "warehouse.mart.reference.gate_counts.between_sources") in state.assets
