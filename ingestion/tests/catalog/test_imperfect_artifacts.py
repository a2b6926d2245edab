"""Artifacts with incomplete nodes: complete nodes are published; incomplete ones are named and stay
in the catalog as they are.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from logmart_catalog.artifacts.read import read_artifacts
from logmart_catalog.command.cli import main
from logmart_catalog.config import Config
from logmart_catalog.desired.build import desired_state

from .support import CONFIG, Command, StandIn, copied, editing

PICKERS, TOTALS = "model.orchard.dim_pickers", "model.orchard.orchard_totals"
LOANS = "model.library.stg_loans"
OTHERS = "model.other_project.visits"


def without_relation(folder: Path, *unique_ids: str) -> None:
    """Remove nodes from catalog.json, as before their first build."""
    with editing(folder, "catalog.json") as catalog:
        for unique_id in unique_ids:
            del catalog["nodes"][unique_id]


def failed_build(folder: Path, unique_id: str) -> None:
    """Let the last build of a node end with an error."""
    with editing(folder, "run_results.json") as results:
        for one in results["results"]:
            if one["unique_id"] == unique_id:
                one.update(status="error", message="Catalog Error:\n  no such column")


def with_a_node_of_another_project(folder: Path, reader: str) -> None:
    """Let a model read a node of another project, of which dbt knows only the name."""
    with editing(folder, "manifest.json") as manifest:
        node = json.loads(json.dumps(manifest["nodes"][reader]))
        node.update(
            unique_id=OTHERS,
            package_name="other_project",
            name="visits",
            alias="visits",
            raw_code="",
            compiled_code=None,
            columns={},
            depends_on={"nodes": [], "macros": []},
        )
        manifest["nodes"][OTHERS] = node
        parents = manifest["nodes"][reader]["depends_on"]["nodes"]
        parents[:] = list(dict.fromkeys([*parents, OTHERS]))


def without_teams(folder: Path) -> Path:
    """The configuration without creation of teams: unknown owners are left out."""
    path = folder / "without_teams.yaml"
    text = CONFIG.read_text("utf-8")
    path.write_text(text.replace('createTeams: "true"', 'createTeams: "false"'), "utf-8")
    return path


def imperfect_library(folder: Path) -> list[str]:
    """The library with a node of each kind of gap; return the lines that name them."""
    without_relation(folder, LOANS)
    failed_build(folder, LOANS)
    failed_build(folder, "model.library.shelf_shapes")
    with_a_node_of_another_project(folder, READERS["library"])
    return [
        f"  Left out, incomplete in the artifacts (1): {LOANS}: no relation in catalog.json: its"
        " last build failed: Catalog Error: no such column",
        f"  Left out, incomplete in the artifacts (1): {OTHERS}: of the dbt project other_project,"
        " which publishes it: no SQL here",
        "  Published, but may be out of date (1): model.library.shelf_shapes: its last build"
        " failed: Catalog Error: no such column",
    ]


def imperfect_orchard(folder: Path) -> list[str]:
    """The orchard with a node of each kind of gap; return the lines that name them."""
    without_relation(folder, PICKERS, TOTALS)
    failed_build(folder, PICKERS)
    with_a_node_of_another_project(folder, READERS["orchard"])
    return [
        f"  Left out, incomplete in the artifacts (1): {PICKERS}: no relation in catalog.json: its"
        " last build failed: Catalog Error: no such column",
        f"  Left out, incomplete in the artifacts (1): {TOTALS}: no relation in catalog.json: not"
        " built, or built after catalog.json was written",
        f"  Left out, incomplete in the artifacts (1): {OTHERS}: of the dbt project other_project,"
        " which publishes it: no SQL here",
    ]


READERS = {"library": "model.library.book_loans.v2", "orchard": "model.orchard.calendar"}
SPOILED: dict[str, Callable[[Path], list[str]]] = {
    "library": imperfect_library,
    "orchard": imperfect_orchard,
}


@pytest.mark.parametrize("project", SPOILED)
def test_imperfect_artifacts_go_through_plan_apply_verify_apply(
    project: str, command: Command, standin: StandIn, service: str, tmp_path: Path
) -> None:
    folder = copied(project, tmp_path)
    named = SPOILED[project](folder)
    with editing(folder, "manifest.json") as manifest:
        for group in manifest["groups"].values():
            group["owner"] = {"name": f"Nobody of {service}"}
    config = str(without_teams(tmp_path))
    outcomes = [
        command(name, folder, "--config", config) for name in ("plan", "apply", "verify", "apply")
    ]
    assert [(one.code, one.err) for one in outcomes] == [(0, ""), (3, ""), (3, ""), (3, "")]
    for outcome in outcomes:
        assert [one for one in named if one not in outcome.lines] == []
        (absent,) = [one for one in outcome.lines if one.startswith("  Left out, no such team")]
        assert f"Nobody of {service}" in absent
    assert outcomes[2].lines[-1].startswith("Verified, no drift")
    assert outcomes[3].lines[-1] == "Applied: nothing to do, nothing written."


@pytest.mark.parametrize("project", SPOILED)
def test_what_is_left_out_is_neither_removed_nor_drift(
    project: str, command: Command, standin: StandIn, tmp_path: Path
) -> None:
    folder = copied(project, tmp_path)
    with_a_node_of_another_project(folder, READERS[project])
    assert command("apply", folder).code == 0
    SPOILED[project](folder)
    verified = command("verify", folder)
    assert (verified.code, verified.lines[-1][:18]) == (0, "Verified, no drift"), verified.out
    before = standin.writes()
    assert command("apply", folder).lines[-1] == "Applied: nothing to do, nothing written."
    assert standin.writes() == before


def test_a_node_that_is_whole_again_is_updated(
    command: Command, standin: StandIn, service: str, tmp_path: Path
) -> None:
    folder = copied("orchard", tmp_path)
    command("apply", folder)
    without_relation(folder, PICKERS)
    with editing(folder, "manifest.json") as manifest:
        manifest["nodes"][PICKERS]["description"] = "Who picks, since last week."
    assert "No changes" in command("plan", folder).out
    whole = copied("orchard", tmp_path / "whole")
    with editing(whole, "manifest.json") as manifest:
        manifest["nodes"][PICKERS]["description"] = "Who picks, since last week."
    assert command("apply", whole).code == 0
    table = standin.table(f"{service}.mart.main.dim_pickers")
    assert table["description"] == "Who picks, since last week."


def test_a_removed_model_beside_one_that_is_left_out_is_removed(
    command: Command, standin: StandIn, service: str, tmp_path: Path
) -> None:
    folder = copied("orchard", tmp_path)
    command("apply", folder)
    without_relation(folder, PICKERS, TOTALS)
    with editing(folder, "manifest.json") as manifest:
        del manifest["nodes"][TOTALS]
    plan = command("plan", folder)
    assert [one for one in plan.lines if one.startswith("  -")] == [
        f"  - table {service}.mart.main.orchard_totals (regular, 3 columns, 0 documented)"
    ]


def test_what_flows_through_a_node_that_is_left_out_flows_on(tmp_path: Path) -> None:
    folder = copied("orchard", tmp_path)
    with editing(folder, "manifest.json") as manifest:
        phone = {"name": "phone", "description": "To call.", "meta": {"personal_data": "Personal"}}
        manifest["nodes"]["seed.orchard.pickers"]["columns"] = {"phone": phone}
        manifest["nodes"][PICKERS]["columns"] = {}
    whole = desired_state(read_artifacts(folder), Config("warehouse", "mart")).state
    without_relation(folder, PICKERS)
    state = desired_state(read_artifacts(folder), Config("warehouse", "mart")).state
    name = "warehouse.mart.main.picker_contacts"
    personal = {one.name for one in state.tables[name].columns if one.tags}
    assert personal == {"phone_text"}
    assert state.tables[name] == whole.tables[name]
    assert whole.tables.keys() - state.tables.keys() == {"warehouse.mart.main.dim_pickers"}


def test_a_foreign_key_to_a_table_that_was_never_published_waits_for_it(
    command: Command, standin: StandIn, service: str, tmp_path: Path
) -> None:
    folder = copied("orchard", tmp_path)
    whole = copied("orchard", tmp_path / "whole")
    without_relation(folder, PICKERS)
    assert command("apply", folder).code == 0
    name = f"{service}.mart.main.harvest_days"
    assert not standin.table(name).get("tableConstraints")
    assert command("apply", whole).code == 0
    kinds = [one["constraintType"] for one in standin.table(name)["tableConstraints"]]
    assert kinds == ["FOREIGN_KEY"]


def test_an_old_name_of_a_node_that_is_left_out_is_not_removed(
    command: Command, standin: StandIn, tmp_path: Path
) -> None:
    folder = copied("orchard", tmp_path)
    command("apply", folder)
    with editing(folder, "manifest.json") as manifest:
        node = manifest["nodes"][TOTALS]
        node["alias"] = "totals"
        node["config"]["meta"] = {"previous_name": "orchard_totals"}
    without_relation(folder, TOTALS)
    assert command.summary("plan", folder)["removed"] == 0


def test_errors_of_the_warehouse_leave_out_what_they_keep_from_the_catalog(
    command: Command, tmp_path: Path
) -> None:
    folder = copied("library", tmp_path)
    without_relation(folder, LOANS)
    with editing(folder, "catalog.json") as catalog:
        catalog["errors"] = ["permission denied\nfor schema staging"]
        del catalog["sources"]["source.library.desk.raw_loans"]
    outcome = command("plan", folder, "--offline")
    assert (outcome.code, outcome.err) == (0, "")
    notes = json.loads(command("plan", folder, "--offline", "--format", "json").out)["notes"]
    reason = "dbt met 1 errors while it read the warehouse: permission denied for schema staging"
    assert notes["left_out"][LOANS] == f"no relation in catalog.json: {reason}"
    assert set(notes["left_out"]) == {LOANS, "source.library.desk.raw_loans"}


def test_errors_about_nobody_knows_what_are_refused_unless_that_is_meant(
    command: Command, tmp_path: Path
) -> None:
    folder = copied("library", tmp_path)
    with editing(folder, "catalog.json") as catalog:
        catalog["errors"] = ["no access"]
    assert "or give --allow-mixed-artifacts" in command("plan", folder, "--offline").error_line()
    assert command("plan", folder, "--offline", "--allow-mixed-artifacts").code == 0


@pytest.mark.parametrize("name", ["plan", "apply", "verify"])
@pytest.mark.parametrize("project", SPOILED)
def test_strict_refuses_them_before_anything_is_written(
    project: str, name: str, command: Command, standin: StandIn, tmp_path: Path
) -> None:
    folder = copied(project, tmp_path)
    SPOILED[project](folder)
    before = standin.writes()
    line = command(name, folder, "--strict").error_line()
    assert "--strict refuses artifacts in which 3 nodes are incomplete" in line
    assert standin.writes() == before


def test_many_are_named_by_reason_the_first_of_them_and_counted(
    command: Command, tmp_path: Path
) -> None:
    folder = copied("orchard", tmp_path)
    gone = [PICKERS, TOTALS, "model.orchard.calendar", "seed.orchard.baskets"]
    gone += ["seed.orchard.pickers", "model.orchard.harvest_days"]
    without_relation(folder, *gone)
    (line,) = [
        one for one in command("plan", folder, "--offline").lines if one.startswith("  Left out")
    ]
    assert line.startswith(f"  Left out, incomplete in the artifacts (6): {sorted(gone)[0]}, ")
    assert line.count("orchard.") == 5
    summary = command.summary("plan", folder, "--offline")
    assert summary["nodes_left_out"] == 6


def test_a_saved_plan_leaves_out_the_same(
    command: Command, standin: StandIn, tmp_path: Path
) -> None:
    folder = copied("orchard", tmp_path)
    command("apply", folder)
    without_relation(folder, PICKERS)
    with editing(folder, "manifest.json") as manifest:
        manifest["nodes"]["model.orchard.calendar"]["description"] = "Every day."
    plan = tmp_path / "plan.json"
    assert command("plan", folder, "--out", str(plan)).code == 0
    command.capsys.readouterr()
    assert main(["apply", str(plan), "--service", command.service]) == 3
    lines = command.capsys.readouterr().out.splitlines()
    assert [one for one in lines if one.startswith("  -")] == []
    assert [
        one
        for one in lines
        if one.startswith(f"  Left out, incomplete in the artifacts (1): {PICKERS}")
    ]
    assert lines[-1] == "Applied: 0 added, 1 changed, 0 removed in 1 writes."


def test_the_sql_of_an_incremental_run_is_named_with_the_remedy(
    command: Command, tmp_path: Path
) -> None:
    folder = copied("orchard", tmp_path)
    assert command.summary("plan", folder, "--offline")["reads_itself"] == 0
    shutil.rmtree(folder / "full_refresh")
    lines = command("plan", folder, "--offline").lines
    assert (
        "  SQL of an incremental run, lineage may be poorer (1): model.orchard.basket_log: it reads"
        " the table itself; run `dbt compile --full-refresh --target-path <target>/full_refresh`,"
        " with dbt's target folder as <target>"
    ) in lines
    assert command.summary("plan", folder, "--offline")["reads_itself"] == 1


def test_markdown_names_what_is_left_out(command: Command, tmp_path: Path) -> None:
    folder = copied("orchard", tmp_path)
    without_relation(folder, PICKERS)
    text = command("plan", folder, "--offline", "--format", "markdown").out
    assert (
        "- Left out, incomplete in the artifacts \\(1\\): model\\.orchard\\.dim\\_pickers" in text
    )
