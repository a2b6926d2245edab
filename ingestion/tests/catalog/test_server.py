"""Plan, apply and verify on a server, over HTTP."""

from __future__ import annotations

from pathlib import Path

import pytest

from .support import (
    ARTIFACTS,
    PROJECTS,
    Command,
    Proxy,
    StandIn,
    copied,
    editing,
    remove_node,
    rename_column,
)

LIBRARY = ARTIFACTS / "library"
LOANS = "model.library.stg_loans"
SHELVES = "model.library.shelf_shapes"


@pytest.mark.parametrize("project", PROJECTS)
def test_apply_then_verify_is_clean_and_apply_again_writes_nothing(
    project: str, command: Command, standin: StandIn
) -> None:
    folder = ARTIFACTS / project
    first = command.summary("apply", folder)
    assert first["added"] > 0
    assert first["writes"] > 0
    verified = command("verify", folder)
    assert (verified.code, verified.err) == (0, "")
    assert verified.lines[-1].startswith("Verified, no drift: ")
    before = standin.writes()
    again = command("apply", folder)
    assert again.lines[-1] == "Applied: nothing to do, nothing written."
    assert standin.writes() == before


def test_tables_arrive_with_types_docs_owners_and_edges(
    command: Command, standin: StandIn, service: str
) -> None:
    command("apply", LIBRARY)
    loans = standin.table(f"{service}.mart.lending.book_loans")
    assert [
        (one["name"], one["dataType"], one["dataTypeDisplay"], one["description"])
        for one in loans["columns"]
    ] == [
        ("book_id", "INT", "integer", "Number of the book."),
        ("title", "STRING", "varchar", "Title on the cover."),
        ("loans", "BIGINT", "bigint", "How often it was lent."),
        ("longest", "LARGEINT", "hugeint", "Days of its longest loan."),
    ]
    assert [owner["name"] for owner in loans["owners"]] == ["Lending Desk"]
    assert loans["description"] == "Loans per book."
    upstream = {f"{service}.mart.reference.books", f"{service}.mart.staging.stg_loans"}
    assert standin.upstream(f"{service}.mart.lending.book_loans") == upstream
    shelves = {
        one["name"]: one for one in standin.table(f"{service}.mart.lending.shelves")["columns"]
    }
    assert [child["name"] for child in shelves["dimensions"]["children"]] == ["width", "tags"]
    assert shelves["contents"]["arrayDataType"] == "STRUCT"
    assert standin.table(f"{service}.mart.reference.gate_counts")["tableType"] == "External"
    assert standin.table(f"{service}.mart.staging.stg_loans")["tableType"] == "View"


def test_plan_writes_nothing(command: Command, standin: StandIn) -> None:
    before = standin.writes()
    assert command("plan", LIBRARY, "--detailed-exitcode").code == 2
    assert standin.writes() == before


def test_a_renamed_column_and_a_removed_model_are_planned_and_then_gone(
    command: Command, standin: StandIn, service: str, tmp_path: Path
) -> None:
    folder = copied("library", tmp_path)
    command("apply", folder)
    rename_column(folder, LOANS, "member", "reader")
    remove_node(folder, SHELVES)
    plan = command("plan", folder).out
    assert '+ column reader: "varchar"' in plan
    assert '- column member: "varchar"' in plan
    assert f"- table {service}.mart.lending.shelves" in plan
    assert "Plan: 0 to add, 2 to change, 2 to remove" in plan
    assert command("verify", folder).code == 2
    assert command("apply", folder).code == 0
    names = [one["name"] for one in standin.table(f"{service}.mart.staging.stg_loans")["columns"]]
    assert "reader" in names
    assert "member" not in names
    assert standin.table(f"{service}.mart.lending.shelves")["deleted"]
    assert command("verify", folder).code == 0


def test_a_model_that_comes_back_is_restored_with_what_others_wrote_on_it(
    command: Command, standin: StandIn, service: str, tmp_path: Path
) -> None:
    folder = copied("library", tmp_path)
    command("apply", LIBRARY)
    shelves = standin.table(f"{service}.mart.lending.shelves")
    standin.patch(shelves, {"op": "add", "path": "/columns/0/description", "value": "By hand."})
    remove_node(folder, SHELVES)
    command("apply", folder)
    back = copied("library", tmp_path / "back")
    with editing(back, "manifest.json") as manifest:
        manifest["nodes"][SHELVES]["description"] = "Written while it was away."
    command("apply", back)
    restored = standin.table(f"{service}.mart.lending.shelves")
    assert (restored["id"], restored["deleted"]) == (shelves["id"], False)
    assert restored["columns"][0]["description"] == "By hand."
    assert restored["description"] == "Written while it was away."
    assert command("verify", back).code == 0


def test_what_others_wrote_survives(
    command: Command, standin: StandIn, service: str, tmp_path: Path
) -> None:
    folder = copied("library", tmp_path)
    command("apply", folder)
    name = f"{service}.mart.staging.stg_loans"
    tag = {"tagFQN": "PII.Sensitive", "source": "Classification", "labelType": "Manual"}
    label = {**tag, "state": "Confirmed"}
    standin.patch(
        standin.table(name),
        {"op": "add", "path": "/columns/2/description", "value": "Who borrowed."},
        {"op": "add", "path": "/columns/2/tags/-", "value": label},
        {"op": "add", "path": "/tags/-", "value": label},
    )
    verified = command("verify", folder)
    assert verified.code == 0
    assert f"description of column member: {name}" in verified.out
    rename_column(folder, LOANS, "lent_at", "borrowed_at")
    command("apply", folder)
    table = standin.table(name)
    member = next(one for one in table["columns"] if one["name"] == "member")
    assert member["description"] == "Who borrowed."
    assert [one["tagFQN"] for one in member["tags"]] == ["PII.Sensitive"]
    assert [one["tagFQN"] for one in table["tags"]] == ["PII.Sensitive"]


def test_an_emptied_doc_is_cleared_and_a_changed_one_corrected(
    command: Command, standin: StandIn, service: str, tmp_path: Path
) -> None:
    folder = copied("library", tmp_path)
    command("apply", folder)
    name = f"{service}.mart.staging.stg_loans"
    standin.patch(
        standin.table(name), {"op": "replace", "path": "/description", "value": "Vandalised."}
    )
    with editing(folder, "manifest.json") as manifest:
        manifest["nodes"][LOANS]["columns"]["lent_at"]["description"] = ""
    plan = command("plan", folder).out
    assert '~ description: "Vandalised." -> "Loans, typed."' in plan
    assert '- column lent_at, description: "When the book left, UTC."' in plan
    command("apply", folder)
    table = standin.table(name)
    assert table["description"] == "Loans, typed."
    assert "description" not in next(one for one in table["columns"] if one["name"] == "lent_at")


def test_tables_and_edges_of_others_are_listed_and_left_alone(
    command: Command, standin: StandIn, service: str, tmp_path: Path
) -> None:
    folder = copied("library", tmp_path)
    command("apply", folder)
    columns = [{"name": "id", "dataType": "BIGINT"}]
    schema = f"{service}.mart.history"
    theirs = standin.call(
        "PUT", "tables", {"name": "theirs", "databaseSchema": schema, "columns": columns}
    )
    ours = standin.table(f"{service}.mart.lending.shelves")
    ends = {
        end: {"id": one["id"], "type": "table"}
        for end, one in (("fromEntity", theirs), ("toEntity", ours))
    }
    standin.call("PUT", "lineage", {"edge": ends})
    remove_node(folder, "snapshot.library.books_history")
    assert command("apply", folder).code == 0
    verified = command("verify", folder)
    assert verified.code == 0
    assert f"table: {service}.mart.history.theirs" in verified.out
    assert f"edge: {service}.mart.history.theirs -> " in verified.out
    assert not standin.table(f"{service}.mart.history.theirs")["deleted"]
    assert standin.table(f"{service}.mart.history.books_history")["deleted"]


def test_a_lost_upstream_takes_its_edge_along(
    command: Command, standin: StandIn, service: str, tmp_path: Path
) -> None:
    folder = copied("library", tmp_path)
    command("apply", folder)
    with editing(folder, "manifest.json") as manifest:
        manifest["nodes"][SHELVES]["depends_on"]["nodes"] = []
    assert "1 to remove" in command("plan", folder).lines[-1]
    command("apply", folder)
    assert standin.upstream(f"{service}.mart.lending.shelves") == set()


def test_a_plan_that_removes_too_much_is_refused_before_any_write(
    command: Command, standin: StandIn, tmp_path: Path
) -> None:
    folder = copied("library", tmp_path)
    command("apply", folder)
    for node in (SHELVES, "model.library.book_loans.v1", "model.library.book_loans.v2"):
        remove_node(folder, node)
    before = standin.writes()
    refused = command("apply", folder)
    assert refused.code == 1
    assert "removes 3 of 8 tables" in refused.err
    assert standin.writes() == before
    assert command("apply", folder, "--allow-removals").code == 0
    assert command("verify", folder).code == 0


def test_a_schema_left_empty_goes_too_and_comes_back(
    command: Command, standin: StandIn, service: str, tmp_path: Path
) -> None:
    folder = copied("library", tmp_path)
    command("apply", folder)
    remove_node(folder, "snapshot.library.books_history")
    assert f"- schema {service}.mart.history" in command("apply", folder).out
    assert command("verify", folder).code == 0
    assert command("apply", LIBRARY).code == 0
    assert command("verify", LIBRARY).code == 0


def test_owners_without_a_team_are_left_out_and_named_unless_teams_are_created(
    command: Command, standin: StandIn, service: str, tmp_path: Path
) -> None:
    folder = copied("library", tmp_path)
    with editing(folder, "manifest.json") as manifest:
        group = manifest["groups"]["group.library.cataloguers"]
        group["owner"] = {"name": f"Nobody {service}", "email": "nobody@example.com"}
    text = Path(ARTIFACTS.parents[1] / "openmetadata.yaml").read_text(encoding="utf-8")
    config = tmp_path / "openmetadata.yaml"
    config.write_text(text.replace('createTeams: "true"', 'createTeams: "false"'), encoding="utf-8")
    outcome = command("apply", folder, "--config", str(config))
    assert f"no such team or user (1): Nobody {service}" in outcome.out
    assert not standin.table(f"{service}.mart.reference.books")["owners"]
    assert command("verify", folder, "--config", str(config)).code == 0
    assert command("apply", folder).code == 0
    owners = standin.table(f"{service}.mart.reference.books")["owners"]
    assert [owner["name"] for owner in owners] == [f"Nobody {service}"]


def test_a_table_of_another_project_is_not_touched(
    command: Command, standin: StandIn, tmp_path: Path
) -> None:
    folder = copied("library", tmp_path)
    command("apply", folder)
    for artifact in ("manifest.json", "catalog.json"):
        path = folder / artifact
        path.write_text(path.read_text("utf-8").replace('"library"', '"branch"'), "utf-8")
    before = standin.writes()
    outcome = command("apply", folder)
    assert "table of the project library: " in outcome.out
    assert outcome.code == 0
    assert standin.writes() == before


@pytest.mark.usefixtures("standin")
def test_small_pages_and_batches_make_no_difference(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("logmart_catalog.server.client.PAGE_SIZE", 3)
    assert command("apply", LIBRARY).code == 0
    assert command("verify", LIBRARY).code == 0


def test_a_proxy_that_the_environment_names_carries_every_call(
    command: Command, standin: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy = Proxy(standin.host, lambda *_: None)
    monkeypatch.setenv("OPENMETADATA_HOST", "http://catalog.invalid/api")
    with proxy.running() as address:
        monkeypatch.setenv("http_proxy", address.removesuffix("/api"))
        monkeypatch.setenv("no_proxy", "")
        assert command("apply", LIBRARY).code == 0
        carried = list(proxy.calls)
        monkeypatch.setenv("no_proxy", "catalog.invalid")
        assert "cannot be reached" in command("verify", LIBRARY).error_line()
    assert proxy.calls == carried
    assert carried
    assert all(path.startswith("http://catalog.invalid/api/v1/") for _, path in carried)
