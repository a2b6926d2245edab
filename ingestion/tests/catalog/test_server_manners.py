"""Behaviours of a server 1.12 that an apply must handle: one apply is enough nevertheless."""

from __future__ import annotations

import contextlib
import urllib.error
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import quote

import pytest

from .support import ARTIFACTS, Command, Json, StandIn, copied, editing, remove_node, rename_column

LIBRARY, ORCHARD = ARTIFACTS / "library", ARTIFACTS / "orchard"
LOANS, BOOKS = "model.library.stg_loans", "seed.library.books"


def check_settled(command: Command, folder: Path, standin: StandIn) -> None:
    """Check that one apply was enough: verify is clean, and another apply writes nothing."""
    outcome = command("verify", folder)
    assert outcome.code == 0, outcome.out
    before = standin.writes()
    assert command("apply", folder).code == 0
    assert standin.writes() == before


def test_constraints_come_back_sorted_and_are_no_drift(
    command: Command, standin: StandIn, service: str
) -> None:
    command("apply", ORCHARD)
    label = {"tagFQN": "PII.Sensitive", "source": "Classification"}
    label |= {"labelType": "Manual", "state": "Confirmed"}
    name = f"{service}.mart.main.dim_pickers"
    pickers = standin.table(name)
    composite = {"constraintType": "UNIQUE", "columns": ["phone", "full_name"]}
    others = [one for one in pickers["tableConstraints"] if len(one["columns"]) == 1]
    standin.patch(
        pickers,
        {"op": "replace", "path": "/tableConstraints", "value": [*others, composite]},
        {"op": "add", "path": "/tags/-", "value": label},
    )
    stored = [one["columns"] for one in standin.table(name)["tableConstraints"]]
    assert ["full_name", "phone"] in stored
    check_settled(command, ORCHARD, standin)


def test_a_schema_whose_tables_were_softly_deleted_before_goes_and_returns(
    command: Command, standin: StandIn, service: str, tmp_path: Path
) -> None:
    folder = copied("library", tmp_path)
    command("apply", folder)
    with editing(folder, "manifest.json") as manifest:
        schema = manifest["nodes"]["model.library.shelf_shapes"]["schema"]
        inside = [key for key, node in manifest["nodes"].items() if node.get("schema") == schema]
    for unique_id in inside:
        with editing(folder, "catalog.json") as catalog:
            there = unique_id in catalog["nodes"]
        if there:
            remove_node(folder, unique_id)
            assert command("apply", folder, "--allow-removals").code == 0
    check_settled(command, folder, standin)
    with pytest.raises(urllib.error.HTTPError):
        standin.call("GET", f"databaseSchemas/name/{service}.mart.{schema}")
    back = copied("library", tmp_path / "back")
    remove_node(back, "model.library.shelf_shapes")
    # A restored schema restores all its tables; those that dbt lacks are removed again.
    assert command("apply", back, "--allow-removals").code == 0
    check_settled(command, back, standin)


@pytest.mark.parametrize("label", ["Another name", ""])
def test_a_bot_gives_display_names_by_put(
    label: str, command: Command, standin: StandIn, service: str, tmp_path: Path
) -> None:
    folder = copied("orchard", tmp_path)
    command("apply", folder)
    with editing(folder, "manifest.json") as manifest:
        manifest["exposures"]["exposure.orchard.harvest_board"]["label"] = label
        manifest["metrics"]["metric.orchard.active_pickers"]["label"] = label
    assert command("apply", folder).code == 0
    board = standin.call("GET", f"dashboards/name/{service}_exposures.harvest_board")
    assert board.get("displayName") == (label or None)
    check_settled(command, folder, standin)


def test_a_column_pair_that_a_later_change_drops_is_put_again(
    command: Command, standin: StandIn, service: str, tmp_path: Path
) -> None:
    folder = copied("library", tmp_path)
    command("apply", folder)
    rename_column(folder, LOANS, "member", "reader")
    assert command("apply", folder).code == 0
    with editing(folder, "manifest.json") as manifest:
        manifest["nodes"][LOANS]["description"] = "Changed soon after."
        manifest["nodes"]["seed.library.raw_loans"]["description"] = "Changed soon after, too."
    assert command("apply", folder).code == 0
    edges = standin.call(
        "GET",
        f"lineage/table/{standin.table(f'{service}.mart.staging.stg_loans')['id']}"
        "?upstreamDepth=1&downstreamDepth=0",
    )["upstreamEdges"]
    targets = [pair["toColumn"] for pair in edges[0]["lineageDetails"]["columnsLineage"]]
    assert f"{service}.mart.staging.stg_loans.reader" in targets
    check_settled(command, folder, standin)


def test_an_edge_that_stays_as_it_is_loses_the_column_that_its_table_lost(
    command: Command, standin: StandIn, service: str, tmp_path: Path
) -> None:
    folder = copied("library", tmp_path)
    command("apply", folder)
    rename_column(folder, LOANS, "member", "reader")
    # The models that read it are not chosen, so their edges keep the columns that still exist.
    outcome = command("apply", folder, "--select", "stg_loans")
    assert (outcome.code, outcome.err) == (0, "")
    assert command("verify", folder, "--select", "stg_loans").code == 0
    assert command("apply", folder).code == 0
    check_settled(command, folder, standin)


def domain(standin: StandIn, name: str) -> Json:
    """A domain, created if absent."""
    body = {"name": name, "domainType": "Aggregate", "description": name}
    return standin.call("PUT", "domains", body)


def with_domain(folder: Path, name: str) -> Path:
    """The artifacts, with a model in a domain."""
    with editing(folder, "manifest.json") as manifest:
        manifest["nodes"][LOANS]["config"]["meta"] = {"openmetadata": {"domain": name}}
    return folder


def test_dbts_domain_takes_the_place_of_a_persons(
    command: Command, standin: StandIn, service: str, tmp_path: Path
) -> None:
    command("apply", LIBRARY)
    name = f"{service}.mart.staging.stg_loans"
    reference = {"id": domain(standin, "Hand made")["id"], "type": "domain"}
    table = standin.table(name)
    standin.patch(table, {"op": "add", "path": "/domains", "value": [reference]})
    # When dbt gives no domain, it stays.
    outcome = command("verify", LIBRARY)
    assert (outcome.code, f"domain: {name}" in outcome.out) == (0, True)
    domain(standin, "Of dbt")
    folder = with_domain(copied("library", tmp_path), "Of dbt")
    assert '"Hand made" -> "Of dbt"' in command("plan", folder).out
    assert command("apply", folder).code == 0
    assert [one["name"] for one in standin.table(name)["domains"]] == ["Of dbt"]
    check_settled(command, folder, standin)


def test_a_domain_that_a_data_product_forbids_is_named_and_the_rest_is_published(
    command: Command, standin: StandIn, service: str, tmp_path: Path
) -> None:
    command("apply", LIBRARY)
    name = f"{service}.mart.staging.stg_loans"
    old = domain(standin, "Product's")
    product = {"name": f"product_{service}", "domains": ["Product's"], "description": "A product."}
    product_id = standin.call("PUT", "dataProducts", product)["id"]
    table = standin.table(name)
    standin.patch(
        table,
        {"op": "add", "path": "/domains", "value": [{"id": old["id"], "type": "domain"}]},
        {
            "op": "add",
            "path": "/dataProducts",
            "value": [{"id": product_id, "type": "dataProduct"}],
        },
    )
    domain(standin, "Of dbt")
    folder = with_domain(copied("library", tmp_path), "Of dbt")
    with editing(folder, "manifest.json") as manifest:
        manifest["nodes"][BOOKS]["description"] = "Published all the same."
    outcome = command("apply", folder)
    assert outcome.code == 1
    assert "1 of 2 changes were not made, the rest was" in outcome.err
    assert f"run `apply` again: table {name}: " in outcome.err
    books = standin.table(f"{service}.mart.reference.books")
    assert books["description"] == "Published all the same."


def test_a_team_of_dbts_takes_the_place_of_several_people(
    command: Command, standin: StandIn, service: str
) -> None:
    command("apply", LIBRARY)
    owned = next(
        one
        for one in standin.call("GET", f"tables?database={service}.mart&fields=owners")["data"]
        if one["owners"]
    )
    team = owned["owners"][0]["name"]
    people = [
        standin.call(
            "PUT", "users", {"name": f"{service}_{n}", "email": f"{service}{n}@example.com"}
        )
        for n in range(2)
    ]
    by_hand = [{"id": one["id"], "type": "user"} for one in people]
    standin.patch(owned, {"op": "replace", "path": "/owners", "value": by_hand})
    assert command("verify", LIBRARY).code == 2
    assert command("apply", LIBRARY).code == 0
    assert [one["name"] for one in standin.table(owned["fullyQualifiedName"])["owners"]] == [team]
    check_settled(command, LIBRARY, standin)


def test_owners_that_a_table_inherits_are_neither_ours_nor_others(
    command: Command, standin: StandIn, service: str
) -> None:
    command("apply", LIBRARY)
    team = standin.call("PUT", "teams", {"name": f"team_{service}", "teamType": "Group"})
    schema = standin.call("GET", f"databaseSchemas/name/{service}.mart.reference")
    add = {"op": "add", "path": "/owners", "value": [{"id": team["id"], "type": "team"}]}
    standin.call("PATCH", f"databaseSchemas/{schema['id']}", [add])
    inherited = standin.table(f"{service}.mart.reference.gate_counts")["owners"]
    assert [one.get("inherited") for one in inherited] == [True]
    assert "owners" not in command("verify", LIBRARY).out
    check_settled(command, LIBRARY, standin)


def test_a_dashboard_that_nothing_can_mend_is_named_and_the_rest_is_published(
    command: Command, standin: StandIn, service: str, tmp_path: Path
) -> None:
    folder = copied("orchard", tmp_path)
    command("apply", folder)
    with editing(folder, "manifest.json") as manifest:
        for exposure in manifest["exposures"].values():
            exposure["description"] = "Changed."
    name = f"{service}_exposures.harvest_board"
    standin.faults({"orphans": [name]})
    try:
        outcome = command("apply", folder)
    finally:
        standin.faults({})
    assert outcome.code == 1
    assert f"dashboard {name}: " in outcome.err
    assert "an administrator must remove its row from the server's database" in outcome.err
    other = standin.call("GET", f"dashboards/name/{service}_exposures.yield_forecast")
    assert other["description"] == "Changed."


def test_an_edge_that_the_pages_do_not_show_is_drift_and_put_again(
    command: Command, standin: StandIn, service: str
) -> None:
    command("apply", LIBRARY)
    name = f"{service}.mart.lending.book_loans"
    path = f"lineage/table/{standin.table(name)['id']}?upstreamDepth=1&downstreamDepth=0"
    shown = f"lineage/getLineage?type=table&upstreamDepth=1&downstreamDepth=0&fqn={quote(name)}"
    edges = standin.call("GET", path)["upstreamEdges"]
    assert len(edges) == 2

    def put(edge: Json) -> None:
        ends = {key: {"id": edge[key], "type": "table"} for key in ("fromEntity", "toEntity")}
        body = {"edge": {**ends, "lineageDetails": edge["lineageDetails"]}}
        # Of two simultaneous calls one is refused.
        with contextlib.suppress(urllib.error.HTTPError):
            standin.call("PUT", "lineage", body)

    for _ in range(100):
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(put, edges))
        if len(standin.call("GET", shown)["upstreamEdges"]) < 2:
            break
    assert len(standin.call("GET", path)["upstreamEdges"]) == 2
    assert command("verify", LIBRARY).code == 2
    assert command("apply", LIBRARY).code == 0
    assert len(standin.call("GET", shown)["upstreamEdges"]) == 2
    check_settled(command, LIBRARY, standin)
