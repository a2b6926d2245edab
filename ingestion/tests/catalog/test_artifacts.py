"""The desired state of dbt's artifacts, and artifacts that are refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml  # type: ignore[import-untyped, unused-ignore]
from metadata.ingestion.models.custom_basemodel_validation import replace_separators

from logmart_catalog.artifacts.read import FULL_REFRESH, read_artifacts
from logmart_catalog.config import Config
from logmart_catalog.desired.build import desired_state
from logmart_catalog.errors import ArtifactError
from logmart_catalog.state.model import CatalogState
from logmart_catalog.state.names import stored_name

from .support import ARTIFACTS, INGESTION, Command, StandIn, copied, editing

CONFIG = Config("warehouse", "mart", create_teams=True)


def desired(project: str, config: Config = CONFIG) -> CatalogState:
    """The desired state of a committed project."""
    return desired_state(read_artifacts(ARTIFACTS / project), config).state


def edges(state: CatalogState) -> set[tuple[str, str]]:
    """The edges, by the last part of each name."""
    return {tuple(end.rpartition(".")[2] for end in key) for key in state.edges}  # type: ignore[misc]


def test_versions_aliases_schemas_snapshots_seeds_and_sources_are_tables() -> None:
    assert sorted(desired("library").tables) == [
        "warehouse.mart.history.books_history",
        "warehouse.mart.lending.book_loans",
        "warehouse.mart.lending.book_loans_v1",
        "warehouse.mart.lending.shelves",
        "warehouse.mart.reference.books",
        "warehouse.mart.reference.gate_counts",
        "warehouse.mart.reference.raw_loans",
        "warehouse.mart.staging.stg_loans",
    ]


def test_edges_go_through_ephemeral_models() -> None:
    state = desired("library")
    assert ("stg_loans", "book_loans") in edges(state)
    assert ("stg_loans", "book_loans_v1") in edges(state)
    assert ("raw_loans", "stg_loans") in edges(state)


def test_there_are_no_self_edges_and_no_edges_to_nothing(tmp_path: Path) -> None:
    folder = copied("library", tmp_path)
    with editing(folder, "manifest.json") as manifest:
        parents = manifest["nodes"]["model.library.stg_loans"]["depends_on"]["nodes"]
        parents += ["model.library.stg_loans", "model.library.gone", "model.library.int_loan_days"]
    state = desired_state(read_artifacts(folder), CONFIG).state
    assert edges(state) == edges(desired("library"))


def test_owners_come_from_groups() -> None:
    state = desired("library")
    assert state.tables["warehouse.mart.staging.stg_loans"].owners == ("Lending Desk",)
    assert state.tables["warehouse.mart.reference.books"].owners == ("cataloguers@example.com",)
    assert state.tables["warehouse.mart.lending.shelves"].owners == ()
    assert state.teams["Lending Desk"].email == "lending@example.com"


def test_another_adapter_gives_its_own_types_and_matches_docs_whatever_the_case() -> None:
    state = desired("clinic")
    facts = {
        one.name: one.type for one in state.tables["warehouse.mart.public.visit_facts"].columns
    }
    assert (facts["visitor"].name, facts["visitor"].length) == ("VARCHAR", 20)
    assert (facts["fee"].name, facts["fee"].precision, facts["fee"].scale) == ("NUMERIC", 10, 2)
    assert (facts["rooms"].name, facts["rooms"].element) == ("ARRAY", "INT")
    assert facts["visited_at"].name == "TIMESTAMPZ"
    visits = {one.name: one for one in state.tables["warehouse.mart.public.stg_visits"].columns}
    assert visits["visitor"].description.startswith("Initials")
    assert state.tables["warehouse.mart.public.visit_days"].type == "MaterializedView"


def test_columns_keep_the_order_of_the_warehouse() -> None:
    columns = desired("library").tables["warehouse.mart.lending.book_loans"].columns
    assert [one.name for one in columns] == ["book_id", "title", "loans", "longest"]


def test_the_database_name_of_the_artifacts_does_not_matter(tmp_path: Path) -> None:
    folder = copied("library", tmp_path)
    for artifact in ("manifest.json", "catalog.json"):
        path = folder / artifact
        text = path.read_text("utf-8")
        text = text.replace('"database": "library"', '"database": "elsewhere"')
        path.write_text(text.replace('\\"library\\".', '\\"elsewhere\\".'), "utf-8")
    assert desired_state(read_artifacts(folder), CONFIG).state == desired("library")


def test_other_databases_keep_their_name_unless_mapped(tmp_path: Path) -> None:
    folder = copied("library", tmp_path)
    with editing(folder, "manifest.json") as manifest:
        manifest["sources"]["source.library.desk.gate_counts"]["database"] = "gate"
    state = desired_state(read_artifacts(folder), CONFIG).state
    assert "warehouse.gate.reference.gate_counts" in state.tables
    mapped = Config("warehouse", "mart", {"gate": "doors"})
    state = desired_state(read_artifacts(folder), mapped).state
    assert "warehouse.doors.reference.gate_counts" in state.tables


def test_two_relations_on_one_name_are_refused_naming_both(tmp_path: Path) -> None:
    folder = copied("library", tmp_path)
    with editing(folder, "manifest.json") as manifest:
        node = manifest["sources"]["source.library.desk.gate_counts"]
        node.update(database="mart", schema="lending", identifier="shelves")
    with pytest.raises(ArtifactError, match=r"model.library.shelf_shapes and source.*gate_counts"):
        desired_state(read_artifacts(folder), CONFIG)


def test_types_that_are_not_understood_are_counted_by_name(tmp_path: Path) -> None:
    folder = copied("library", tmp_path)
    with editing(folder, "catalog.json") as catalog:
        columns = catalog["nodes"]["model.library.shelf_shapes"]["columns"]
        columns["marker"]["type"] = columns["label"]["type"] = "GEODE(4)"
    assert desired_state(read_artifacts(folder), CONFIG).notes.unknown_types == {"geode(4)": 2}


@pytest.mark.parametrize("name", ['a "b"', "a::b", "a > b", "a\nb\tc\rd", "한국어 😀", "a/b'c.d"])
def test_names_are_stored_as_the_official_client_stores_them(name: str) -> None:
    official: str = replace_separators(name)  # type: ignore[no-untyped-call]
    assert stored_name(name, "node") == official


@pytest.mark.parametrize("name", ["", "x" * 257, '"' * 20, "a\u2028b"])
def test_names_that_cannot_be_stored_are_refused(name: str) -> None:
    with pytest.raises(ArtifactError, match="^model.x: the name"):
        stored_name(name, "model.x")


def missing_manifest(folder: Path) -> None:
    (folder / "manifest.json").unlink()


def missing_catalog(folder: Path) -> None:
    (folder / "catalog.json").unlink()


def truncated_manifest(folder: Path) -> None:
    _truncate(folder / "manifest.json")


def truncated_catalog(folder: Path) -> None:
    _truncate(folder / "catalog.json")


def truncated_run_results(folder: Path) -> None:
    _truncate(folder / "run_results.json")


def no_json(folder: Path) -> None:
    (folder / "manifest.json").write_bytes(b"\xff\xfe\x00nonsense")


def a_list(folder: Path) -> None:
    (folder / "manifest.json").write_text("[]")


def another_version(folder: Path) -> None:
    with editing(folder, "manifest.json") as manifest:
        schema = "https://schemas.getdbt.com/dbt/manifest/v8.json"
        manifest["metadata"]["dbt_schema_version"] = schema


def no_nodes(folder: Path) -> None:
    with editing(folder, "manifest.json") as manifest:
        manifest["nodes"] = {}


def odd_nodes(folder: Path) -> None:
    with editing(folder, "manifest.json") as manifest:
        manifest["nodes"] = ["a"]


def catalog_errors(folder: Path) -> None:
    with editing(folder, "catalog.json") as catalog:
        catalog["errors"] = ["no access"]


def catalog_of_another_project(folder: Path) -> None:
    (folder / "catalog.json").write_bytes((ARTIFACTS / "clinic" / "catalog.json").read_bytes())


def _truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


BAD = {
    missing_manifest: "manifest.json: the file is missing",
    missing_catalog: "catalog.json: the file is missing",
    truncated_manifest: "manifest.json: truncated or no JSON",
    truncated_catalog: "catalog.json: truncated or no JSON",
    truncated_run_results: "run_results.json: truncated or no JSON",
    no_json: "manifest.json: truncated or no JSON",
    a_list: "manifest.json: expected a JSON object, found list",
    another_version: "manifest/v8.json is not supported; manifest.json can be v9 (dbt 1.5),",
    no_nodes: "no enabled model, seed or snapshot",
    odd_nodes: "manifest.json, nodes: expected a JSON object, found list",
    catalog_errors: "no missing relation explains them, the first: no access",
}


@pytest.mark.parametrize("spoil", BAD, ids=lambda one: one.__name__)
@pytest.mark.parametrize("name", ["plan", "apply", "verify"])
def test_bad_artifacts_end_in_one_line_and_nothing_is_written(
    name: str, spoil: object, command: Command, standin: StandIn, tmp_path: Path
) -> None:
    assert callable(spoil)
    folder = copied("library", tmp_path)
    spoil(folder)
    before = standin.writes()
    outcome = command(name, folder)
    assert BAD[spoil] in outcome.error_line()
    assert standin.writes() == before


def test_artifacts_without_a_whole_node_are_planned_and_not_published(
    command: Command, standin: StandIn, tmp_path: Path
) -> None:
    folder = copied("library", tmp_path)
    catalog_of_another_project(folder)
    before = standin.writes()
    planned = command("plan", folder)
    refusal = "none of 7 nodes can be published, the first: model.library"
    assert planned.code == 0
    assert any("Nothing to publish, `apply` refuses: " in one for one in planned.lines)
    assert any(refusal in one for one in planned.lines)
    for name in ("apply", "verify"):
        assert refusal in command(name, folder).error_line()
    assert refusal in command("plan", folder, "--out", str(tmp_path / "plan.json")).error_line()
    assert standin.writes() == before


def test_absent_run_results_are_no_error(tmp_path: Path) -> None:
    folder = copied("library", tmp_path)
    (folder / "run_results.json").unlink()
    assert read_artifacts(folder).project == "library"


@pytest.mark.parametrize("project", ["clinic", "hostile", "library", "orchard"])
def test_committed_artifacts_name_no_machine(project: str) -> None:
    for path in (ARTIFACTS / project).rglob("*.json"):
        assert path.stat().st_size < 1_048_576
        assert not json.loads(path.read_text("utf-8"))["metadata"].get("user_id")
        assert "/home/" not in path.read_text("utf-8")
        assert "/tmp/" not in path.read_text("utf-8")


def test_the_workflow_of_main_hands_every_artifact_that_is_read_to_the_sync() -> None:
    text = (INGESTION.parent / ".github" / "workflows" / "main.yml").read_text("utf-8")
    steps = yaml.safe_load(text)["jobs"]["build"]["steps"]
    (kept,) = [
        one["with"] for one in steps if one.get("with", {}).get("name") == "logmart-artifacts"
    ]
    read = ["manifest.json", "catalog.json", "run_results.json", f"{FULL_REFRESH}/manifest.json"]
    assert {f"target/{one}" for one in read} <= set(kept["path"].split())
