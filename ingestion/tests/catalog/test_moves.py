"""Renamed and moved models keep their labels, texts, owners and followers."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given

from logmart_catalog.desired.previous_names import previous_names
from logmart_catalog.errors import ArtifactError
from logmart_catalog.plan.actions import Verb, applied, name_of
from logmart_catalog.plan.diff import diff
from logmart_catalog.records import Record
from logmart_catalog.state.model import CatalogState

from .states import OURS, actual_states, desired_states
from .support import (
    ARTIFACTS,
    Command,
    Json,
    Proxy,
    StandIn,
    copied,
    editing,
    failing,
)

LIBRARY = ARTIFACTS / "library"
LOANS = "model.library.stg_loans"
PARTS = ("warehouse", "mart", "staging", "loans")


def rename(folder: Path, previous: object, name: str = "loans") -> None:
    """Give a model another alias, and set its previous name."""
    with editing(folder, "manifest.json") as manifest:
        node = manifest["nodes"][LOANS]
        node["alias"] = name
        node["config"]["meta"] = {**node["config"].get("meta", {}), "previous_name": previous}
    with editing(folder, "catalog.json") as catalog:
        catalog["nodes"][LOANS]["metadata"]["name"] = name


def followed_and_tagged(standin: StandIn, fqn: str, service: str) -> Json:
    """A table with changes by people."""
    user = standin.call("PUT", "users", {"name": service, "email": f"{service}@example.com"})
    table = standin.table(fqn)
    standin.call("PUT", f"tables/{table['id']}/followers", user["id"])
    tag = {"tagFQN": "PII.Sensitive", "source": "Classification"}
    label = {**tag, "labelType": "Manual", "state": "Confirmed"}
    standin.patch(
        table,
        {"op": "add", "path": "/columns/2/description", "value": "Who borrowed."},
        {"op": "add", "path": "/columns/2/tags/-", "value": label},
        {"op": "add", "path": "/tags/-", "value": label},
    )
    # Whose token this is, the ingestion bot, may give a display name by PUT alone.
    kept = ("name", "columns", "tableType")
    schema = table["databaseSchema"]["fullyQualifiedName"]
    named = {"databaseSchema": schema, "displayName": "The loans"}
    now = standin.table(fqn)
    standin.call("PUT", "tables", {**{key: now[key] for key in kept}, **named})
    return table


def check_moved(standin: StandIn, service: str, old: Json) -> None:
    table = standin.table(f"{service}.mart.staging.loans")
    assert not table["deleted"]
    assert [one["tagFQN"] for one in table["tags"]] == ["PII.Sensitive"]
    member = next(one for one in table["columns"] if one["name"] == "member")
    assert member["description"] == "Who borrowed."
    assert [one["tagFQN"] for one in member["tags"]] == ["PII.Sensitive"]
    assert [one["name"] for one in table["followers"]] == [service]
    assert table["displayName"] == "The loans"
    before = standin.table(f"{service}.mart.staging.stg_loans")
    assert (before["id"], before["deleted"]) == (old["id"], True)
    assert standin.upstream(f"{service}.mart.staging.loans")
    downstream = standin.upstream(f"{service}.mart.lending.book_loans")
    assert f"{service}.mart.staging.loans" in downstream


def test_a_renamed_model_shows_as_moved_and_keeps_what_others_gave_it(
    command: Command, standin: StandIn, service: str, tmp_path: Path
) -> None:
    folder = copied("library", tmp_path)
    command("apply", folder)
    old = followed_and_tagged(standin, f"{service}.mart.staging.stg_loans", service)
    rename(folder, "stg_loans")
    plan = command("plan", folder)
    moved = f"> table {service}.mart.staging.stg_loans -> {service}.mart.staging.loans"
    assert moved in plan.out
    assert " 1 to move, " in plan.lines[-1]
    assert f"- table {service}.mart.staging.stg_loans" not in plan.out
    markdown = command("plan", folder, "--format", "markdown").out
    assert "<details><summary>Moved (1)</summary>" in markdown
    assert command("apply", folder, "--hard").code == 0
    check_moved(standin, service, old)
    assert command("verify", folder).code == 0
    before = standin.writes()
    assert command("apply", folder).code == 0
    assert standin.writes() == before


@pytest.mark.parametrize("call", ["GET /tables/[^?]*[?]fields=owners%2Cfollowers", "PUT followers",
                                  "PUT /lineage", "DELETE /tables"])  # fmt: skip
def test_a_move_that_is_cut_short_is_completed_by_the_next_apply(
    call: str, command: Command, standin: StandIn, service: str, tmp_path: Path
) -> None:
    folder = copied("library", tmp_path)
    command("apply", folder)
    old = followed_and_tagged(standin, f"{service}.mart.staging.stg_loans", service)
    rename(folder, "stg_loans")
    method, _, path = call.partition(" ")
    with Proxy(standin.host, failing(method, path, 500, "{}")).named():
        assert command("apply", folder).code == 1
    assert command("apply", folder).code == 0
    check_moved(standin, service, old)
    assert command("verify", folder).code == 0


def test_a_name_that_nothing_had_is_no_move(
    command: Command, standin: StandIn, tmp_path: Path
) -> None:
    folder = copied("library", tmp_path)
    command("apply", folder)
    with editing(folder, "manifest.json") as manifest:
        manifest["nodes"][LOANS]["config"]["meta"] = {"previous_name": ["never", "books"]}
    before = standin.writes()
    assert command("apply", folder).code == 0
    assert standin.writes() == before


def meta(value: object) -> Record:
    return Record.of("node", {"config": {"meta": {"previous_name": value}}}, ArtifactError)


def test_what_is_not_given_of_a_previous_name_is_as_now() -> None:
    assert previous_names(meta(None), PARTS) == ()
    assert previous_names(meta("old"), PARTS) == ("warehouse.mart.staging.old",)
    assert previous_names(meta("base.old"), PARTS) == ("warehouse.mart.base.old",)
    names = ['lake.base."o.ld"', "b"]
    assert previous_names(meta(names), PARTS) == (
        'warehouse.lake.base."o.ld"',
        "warehouse.mart.staging.b",
    )
    for wrong in (3, "", "a.b.c.d", [["a"]]):
        with pytest.raises(ArtifactError, match="previous_name"):
            previous_names(meta(wrong), PARTS)


@given(desired_states(), actual_states())
def test_moves_take_no_table_of_others(desired: CatalogState, actual: CatalogState) -> None:
    every = tuple(actual.tables)
    tables = {key: replace(one, previous=every) for key, one in desired.tables.items()}
    wanted = replace(desired, tables=tables)
    plan = diff(wanted, actual)
    ours = {key for key, one in actual.tables.items() if one.mark and one.mark.project == OURS}
    moved = [name_of(one.before) for one in plan.actions if one.verb is Verb.MOVE and one.before]
    assert set(moved) <= ours - desired.tables.keys()
    assert len(moved) == len(set(moved))
    after = applied(plan.actions, actual)
    assert after.tables.keys() == (actual.tables.keys() - ours) | desired.tables.keys()
    assert diff(wanted, after).actions == ()
