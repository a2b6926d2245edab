"""Owners: several people or one team, by name, address or display name; others are named."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from logmart_catalog.state.model import CatalogState, Table, Team
from logmart_catalog.state.owners import FoundOwner, owner_parts, owner_text, resolved

from .support import CONFIG, Command, StandIn, copied, editing

LOANS = "model.library.stg_loans"
TEAMS_AND_USERS = [("team", "growth"), ("user", "jane"), ("team", "user:jane"), ("team", "a:b")]


@dataclass(frozen=True)
class People:
    """A server with people for this test only, and their names there by their names here."""

    standin: StandIn
    service: str
    names: dict[str, str]

    def owners(self) -> list[tuple[str, str]]:
        """Kind and name of the owners of the model's table."""
        table = self.standin.table(f"{self.service}.mart.staging.stg_loans")
        tab = table["dataModel"].get("owners", [])
        assert [one["id"] for one in table["owners"]] == [one["id"] for one in tab]
        return sorted((one["type"], one["name"]) for one in table["owners"])


@pytest.fixture
def people(standin: StandIn, service: str) -> People:
    """Two users, a team with a display name and an address, and a department."""
    names = {one: f"{one}.{service}" for one in ("jane", "joon", "desk", "office")}
    for one in ("jane", "joon"):
        body = {"name": names[one], "email": f"{one}-{service}@example.com"}
        standin.call("PUT", "users", body)
    team = {"displayName": f"The desk of {service}", "email": f"desk-{service}@example.com"}
    standin.call("PUT", "teams", {"name": names["desk"], "teamType": "Group", **team})
    standin.call("PUT", "teams", {"name": names["office"], "teamType": "Department"})
    return People(standin, service, names)


def of_model(folder: Path, owner: object, key: str = "meta") -> Path:
    """The library, with an owner of one model in its `meta` or in its group."""
    with editing(folder, "manifest.json") as manifest:
        node = manifest["nodes"][LOANS]
        if key == "group":
            manifest["groups"][f"group.library.{node['group']}"]["owner"] = owner
        else:
            given = {"owner": owner}
            meta = {"openmetadata": given} if key == "openmetadata" else given
            node["config"]["meta"] = node["meta"] = meta
    return folder


def test_people_and_teams_by_name_address_and_display_name(
    command: Command, people: People, tmp_path: Path
) -> None:
    service = people.service
    jane, joon, desk = (people.names[one] for one in ("jane", "joon", "desk"))
    both = [("user", jane), ("user", joon)]
    cases: list[tuple[object, str, list[tuple[str, str]]]] = [
        ([jane, joon], "openmetadata", both),
        ([jane.upper(), f"Joon-{service}@Example.com"], "meta", both),
        ({"name": "Jane", "email": f"jane-{service}@example.com"}, "meta", both[:1]),
        (f"The desk of {service}", "meta", [("team", desk)]),
        ({"email": [f"desk-{service}@example.com"]}, "group", [("team", desk)]),
        ({"name": "J", "email": f"joon-{service}@example.com"}, "group", both[1:]),
    ]
    for owner, key, expected in cases:
        folder = of_model(copied("library", tmp_path), owner, key)
        applied = command("apply", folder)
        assert (applied.code, applied.err) == (0, "")
        assert people.owners() == expected, owner
        assert command("verify", folder).code == 0
    assert command("apply", folder).lines[-1] == "Applied: nothing to do, nothing written."
    teams = {one["name"] for one in people.standin.call("GET", "teams?limit=10000")["data"]}
    assert not teams & {jane, joon, jane.upper(), "Jane", "J"}


@pytest.mark.parametrize(
    ("given", "expected", "told"),
    [
        (("desk", "jane"), "desk", "user:{jane} of "),
        (("jane", "desk", "joon"), "jane joon", "{desk} of "),
        (("office", "jane"), "jane", "a team of type Department, which can own nothing: {office}"),
    ],
)
def test_of_owners_that_cannot_own_together_the_first_decides(
    given: tuple[str, ...], expected: str, told: str, command: Command, people: People
) -> None:
    names = people.names
    with TemporaryDirectory() as folder:
        artifacts = of_model(copied("library", Path(folder)), [names[one] for one in given])
        applied = command("apply", artifacts, "--config", str(CONFIG))
        assert (applied.code, applied.err) == (3, "")
        assert "Left out, not in OpenMetadata 1.12" in applied.out
        assert told.format(**names) in applied.out
        found = [name for _, name in people.owners()]
        assert found == sorted(names[one] for one in expected.split())
        assert command("verify", artifacts).code == 0


def test_an_absent_owner_is_named_and_an_address_never_becomes_a_team(
    command: Command, people: People, tmp_path: Path
) -> None:
    service, jane = people.service, people.names["jane"]
    gone = f"gone-{service}@example.com"
    folder = of_model(copied("library", tmp_path), [gone, jane, f"New {service}"])
    without = tmp_path / "without.yaml"
    text = command.config.read_text("utf-8").replace('createTeams: "true"', 'createTeams: "false"')
    without.write_text(text, "utf-8")
    applied = command("apply", folder, "--config", str(without))
    assert applied.code == 0
    assert re.search(
        f"no such team or user [(][12][)]: (Lending Desk, )?New {service}", applied.out
    )
    assert re.search(f"no such user [(]2[)]: [^;]*{gone}", applied.out)
    assert people.owners() == [("user", jane)]
    assert command("verify", folder, "--config", str(without)).code == 0
    created = command("apply", of_model(folder, [gone, f"New {service}"]))
    assert created.code == 0
    assert f"+ team New {service}" in created.out
    assert f"+ team {gone}" not in created.out
    assert people.owners() == [("team", f"New {service}")]


def test_an_owner_somebody_gave_stays_when_dbt_gives_none(
    command: Command, people: People, tmp_path: Path
) -> None:
    """The owners in any order: a change of other fields must not need their ids."""
    standin, service, name = people.standin, people.service, people.names["jane"]
    folder = copied("orchard", tmp_path)
    board = "exposure.orchard.phone_list"
    with editing(folder, "manifest.json") as manifest:
        manifest["exposures"][board]["owner"] = {}
    command("apply", folder)
    found = standin.call("GET", f"dashboards/name/{service}_exposures.phone_list")
    jane = standin.call("GET", f"users/name/%22{name}%22")
    add = {"op": "add", "path": "/owners", "value": [{"id": jane["id"], "type": "user"}]}
    standin.call("PATCH", f"dashboards/{found['id']}", [add])
    with editing(folder, "manifest.json") as manifest:
        manifest["exposures"][board]["description"] = "Changed."
        manifest["exposures"][board]["label"] = "Another name"
    applied = command("apply", folder)
    assert (applied.code, applied.err) == (0, "")
    found = standin.call("GET", f"dashboards/name/{service}_exposures.phone_list?fields=owners")
    assert [one["name"] for one in found["owners"]] == [name]
    assert (found["description"], found["displayName"]) == ("Changed.", "Another name")


def test_a_team_may_be_called_as_a_user_is_written() -> None:
    assert [owner_parts(owner_text(*one)) for one in TEAMS_AND_USERS] == TEAMS_AND_USERS


def test_a_person_who_exists_never_becomes_a_team() -> None:
    table = Table(("s", "d", "c", "t"), "Regular", (), owners=("jane", "growth"))
    teams = {name: Team(name) for name in ("jane", "growth")}
    state = CatalogState("s", "p", tables={table.fqn: table}, teams=teams)
    people = resolved(state, {"jane": FoundOwner("user:jane")})
    assert people.state.tables[table.fqn].owners == ("user:jane",)
    assert list(people.left_out.values()) == [1]
    assert "growth of s.d.c.t" in next(iter(people.left_out))
