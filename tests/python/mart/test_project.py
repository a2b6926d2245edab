"""What holds for the dbt project as a whole, read from its manifest."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from logmart.dbt.node_versions import NodeVersions
from logmart.plan.entries import event_of
from logmart.plan.grammar import PlannedProperty, given_values
from logmart.sample.plan import EVENTS
from mart_runs import OPERATIONS, PROJECT, RECORD_SOURCES, Mart


@pytest.fixture(scope="module")
def planned_events() -> dict[str, list[str]]:
    """Return the events that dbt_project.yml lists, by source: whoever adds a source is tested."""
    project = yaml.safe_load((PROJECT / "dbt_project.yml").read_text(encoding="utf-8"))
    listed: dict[str, list[str]] = project["vars"]["planned_events"]
    assert {"app", "wikipedia"} <= set(listed)
    return listed


@pytest.fixture(scope="module")
def manifest(
    planned_events: dict[str, list[str]], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Any]:
    mart = Mart(
        tmp_path_factory.mktemp("project"),
        sources=tuple(planned_events),
        record_sources=("bank", "crm"),
        has_operations=True,
    )
    mart.dbt("parse")
    content: dict[str, Any] = json.loads((mart.target_path / "manifest.json").read_bytes())
    return content


def models(manifest: dict[str, Any], folder: str = "") -> dict[str, dict[str, Any]]:
    return {
        node["name"]: node
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model"
        and node["original_file_path"].startswith(f"models/{folder}")
    }


def test_every_planned_event_has_its_model_and_every_model_its_event(
    manifest: dict[str, Any], planned_events: dict[str, list[str]]
) -> None:
    listed = {
        f"stg_{source}__{event}": event
        for source, events in planned_events.items()
        for event in events
    }
    staged = {
        name: node["config"]["meta"].get("event")
        for name, node in models(manifest, "staging/").items()
        if not name.startswith("base_") and not name.endswith("__unplanned_events")
        if "record" not in node["config"]["meta"]
    }
    assert staged == listed


def test_every_entity_of_records_has_its_model_and_every_model_its_entity(
    manifest: dict[str, Any],
) -> None:
    project = yaml.safe_load((PROJECT / "dbt_project.yml").read_text(encoding="utf-8"))
    entities = project["vars"]["record_sources"]
    assert entities == {source: list(names) for source, names in RECORD_SOURCES.items()}
    entities = entities | {"operations": project["vars"]["operations_records"]}
    assert entities["operations"] == list(OPERATIONS)
    staged = {
        name: node["config"]["meta"]["record"]
        for name, node in models(manifest, "staging/").items()
        if "record" in node["config"]["meta"]
    }
    assert staged == {
        f"stg_{source}__{entity}": entity for source, names in entities.items() for entity in names
    }


def rules(each: PlannedProperty) -> dict[str, Any]:
    return {key.name: value for key, value in given_values(each) if key.change}


def test_the_sample_is_made_by_the_plan_that_judges_it(manifest: dict[str, Any]) -> None:
    planned = {
        name.removeprefix("stg_app__"): {
            each.name: (each.data_type, rules(each)) for each in event_of(node).properties
        }
        for name, node in models(manifest, "staging/app/stg_app__").items()
        if "event" in node["config"]["meta"]
    }
    assert planned == {
        event: {each.name: (each.data_type, rules(each)) for each in properties}
        for event, properties in EVENTS.items()
    }


def test_every_model_is_described_and_owned(manifest: dict[str, Any]) -> None:
    owners = {group["name"]: group["owner"] for group in manifest["groups"].values()}
    for name, node in models(manifest).items():
        assert node["description"], name
        assert owners[node["group"]]["email"], name


def test_every_column_of_a_mart_is_described_and_under_contract(manifest: dict[str, Any]) -> None:
    for name, node in models(manifest, "marts/").items():
        assert node["contract"]["enforced"], name
        undescribed = [
            column["name"] for column in node["columns"].values() if not column["description"]
        ]
        assert undescribed == [], name


def test_every_exposure_has_an_owner_and_reads_marts(manifest: dict[str, Any]) -> None:
    marts = {node["unique_id"] for node in models(manifest, "marts/").values()}
    readable = marts | manifest["metrics"].keys()
    for exposure in manifest["exposures"].values():
        assert exposure["owner"]["email"], exposure["name"]
        assert set(exposure["depends_on"]["nodes"]) <= readable, exposure["name"]


def test_no_line_of_sql_is_longer_than_100_columns() -> None:
    folders = ("models", "macros", "analyses", "tests/generic", "tests/singular")
    files = [path for folder in folders for path in (PROJECT / folder).rglob("*.sql")]
    long_lines = [
        f"{path.relative_to(PROJECT)}:{number}"
        for path in files
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if len(line) > 100
    ]
    assert files
    assert long_lines == []


def test_a_rendered_model_is_the_same_whatever_has_landed(tmp_path: Path) -> None:
    empty, full = Mart(tmp_path / "a"), Mart(tmp_path / "b")
    full.land("app/dt=2026-03-31/a.jsonl", ["{}"])
    for mart in (empty, full):
        mart.dbt("compile", "--select", "base_app__events")
    compiled = "compiled/logmart/models/staging/app/base_app__events.sql"
    texts = [(mart.target_path / compiled).read_text(encoding="utf-8") for mart in (empty, full)]
    assert texts[0] == texts[1]


@pytest.mark.parametrize(
    ("system", "marts", "left_out"),
    [
        ("bank", {"fct_transfers", "dim_users", "transfer_reconciliation"}, "fct_messages"),
        ("crm", {"fct_messages", "campaign_performance"}, "fct_transfers"),
    ],
)
def test_one_system_of_records_does_without_the_other(
    tmp_path: Path, system: str, marts: set[str], left_out: str
) -> None:
    mart = Mart(tmp_path, record_sources=(system,))
    mart.dbt("parse")
    names = set(models(json.loads((mart.target_path / "manifest.json").read_bytes()), "marts/"))
    assert marts <= names
    assert left_out not in names


def test_a_build_knows_every_macro_that_dbt_saw_a_node_use(manifest: dict[str, Any]) -> None:
    macros = {
        unique_id: macro
        for unique_id, macro in manifest["macros"].items()
        if macro["package_name"] == "logmart"
    }
    versions = NodeVersions(manifest, {}, {}, "")
    for unique_id, node in manifest["nodes"].items():
        used = versions.macros_of(unique_id)
        waiting = [macro for macro in node["depends_on"]["macros"] if macro in macros]
        while waiting:
            macro = macros[waiting.pop()]
            assert macro["name"] in used, unique_id
            below = [name for name in macro["depends_on"]["macros"] if name in macros]
            waiting += [name for name in below if macros[name]["name"] not in used]
