"""A saved plan is carried out exactly, or not at all."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from logmart_catalog.command.cli import main

from .support import (
    ARTIFACTS,
    TOKEN,
    Command,
    Outcome,
    StandIn,
    copied,
    editing,
    remove_node,
    rename_column,
)

LIBRARY = ARTIFACTS / "library"
LOANS = "model.library.stg_loans"


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    """The path of the saved plan."""
    return tmp_path / "plan.json"


def apply_file(command: Command, *arguments: str) -> Outcome:
    """Run `apply FILE` with the arguments, on the test's service."""
    command.capsys.readouterr()
    code = main(["apply", *arguments, "--service", command.service])
    captured = command.capsys.readouterr()
    return Outcome(code, captured.out, captured.err)


def test_a_saved_plan_is_carried_out_without_the_artifacts(
    command: Command, standin: StandIn, saved: Path, tmp_path: Path
) -> None:
    folder = copied("library", tmp_path)
    command("apply", folder)
    rename_column(folder, LOANS, "member", "reader")
    remove_node(folder, "model.library.shelf_shapes")
    planned = command("plan", folder, "--out", str(saved))
    assert TOKEN not in saved.read_text("utf-8")
    applied = apply_file(command, str(saved))
    assert (applied.code, applied.err) == (0, "")
    assert applied.lines[: len(planned.lines)] == planned.lines
    assert command("verify", folder).code == 0
    before = standin.writes()
    assert "the server has moved" in apply_file(command, str(saved)).error_line()
    assert standin.writes() == before


def test_it_is_refused_when_an_entity_it_touches_has_changed(
    command: Command, standin: StandIn, service: str, saved: Path, tmp_path: Path
) -> None:
    folder = copied("library", tmp_path)
    command("apply", folder)
    rename_column(folder, LOANS, "member", "reader")
    command("plan", folder, "--out", str(saved))
    table = standin.table(f"{service}.mart.staging.stg_loans")
    standin.patch(table, {"op": "replace", "path": "/description", "value": "By hand."})
    before = standin.writes()
    line = apply_file(command, str(saved)).error_line()
    assert f"{saved}: the server has moved since this was planned" in line
    assert "plan --out" in line
    assert standin.writes() == before


def test_it_is_not_refused_for_what_it_does_not_touch(
    command: Command, standin: StandIn, service: str, saved: Path, tmp_path: Path
) -> None:
    folder = copied("library", tmp_path)
    command("apply", folder)
    rename_column(folder, LOANS, "member", "reader")
    command("plan", folder, "--out", str(saved))
    schema = f"{service}.mart.staging"
    standin.call("PUT", "tables", {"name": "theirs", "databaseSchema": schema, "columns": []})
    assert apply_file(command, str(saved)).code == 0
    assert command("verify", folder).code == 0


def test_a_first_plan_of_everything_can_be_saved(
    command: Command, standin: StandIn, saved: Path
) -> None:
    before = standin.writes()
    command("plan", LIBRARY, "--out", str(saved))
    assert standin.writes() == before
    assert apply_file(command, str(saved)).code == 0
    assert command("verify", LIBRARY).code == 0


def test_it_is_for_one_service_one_server_and_one_version(
    command: Command, standin: StandIn, saved: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    command("plan", LIBRARY, "--out", str(saved))
    before = standin.writes()
    code = main(["apply", str(saved), "--service", "another"])
    assert code == 1
    assert f"for the service {command.service}, not for another" in command.capsys.readouterr().err
    monkeypatch.setenv("OPENMETADATA_HOST", "http://127.0.0.1:9/api")
    assert "the plan is for the server" in apply_file(command, str(saved)).error_line()
    monkeypatch.setenv("OPENMETADATA_HOST", standin.host)
    document = json.loads(saved.read_text("utf-8"))
    saved.write_text(json.dumps({**document, "version": 99}), "utf-8")
    assert "no plan of version 3, but of 99" in apply_file(command, str(saved)).error_line()
    for text in ("{", "[]", "{}"):
        saved.write_text(text, "utf-8")
        assert str(saved) in apply_file(command, str(saved)).error_line()
    saved.unlink()
    assert "cannot be read" in apply_file(command, str(saved)).error_line()
    assert standin.writes() == before


def test_a_saved_plan_still_asks_before_it_removes_too_much(
    command: Command, standin: StandIn, saved: Path, tmp_path: Path
) -> None:
    folder = copied("library", tmp_path)
    command("apply", folder)
    for node in ("shelf_shapes", "book_loans.v1", "book_loans.v2"):
        remove_node(folder, f"model.library.{node}")
    planned = command("plan", folder, "--out", str(saved))
    assert "`apply` will refuse this: the plan removes 3 of 8 tables" in planned.out
    before = standin.writes()
    assert apply_file(command, str(saved), "--format", "json").error_line()
    assert standin.writes() == before
    assert apply_file(command, str(saved), "--allow-removals").code == 0
    assert command("verify", folder).code == 0


@pytest.mark.parametrize(
    "arguments",
    [
        ["apply"],
        ["apply", "plan.json", "--target-path", "target"],
        ["plan", "--offline", "--out", "plan.json", "--target-path", "target"],
        ["plan", "--against", "state.json", "--out", "plan.json", "--target-path", "target"],
    ],
)
def test_calls_that_make_no_sense_are_refused(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(arguments)
    assert stopped.value.code == 1
    assert "see --help" in capsys.readouterr().err


def test_removed_for_good_on_request(
    command: Command, standin: StandIn, service: str, tmp_path: Path
) -> None:
    folder = copied("library", tmp_path)
    command("apply", folder)
    remove_node(folder, "model.library.shelf_shapes")
    assert command("apply", folder, "--hard").code == 0
    deleted = standin.call("GET", f"tables?database={service}.mart&include=deleted&limit=100")
    assert deleted["data"] == []
    assert command("verify", folder).code == 0


def test_verify_is_strict_on_request(
    command: Command, standin: StandIn, service: str, tmp_path: Path
) -> None:
    folder = copied("library", tmp_path)
    command("apply", folder)
    assert command("verify", folder, "--strict").code == 0
    schema = f"{service}.mart.staging"
    standin.call("PUT", "tables", {"name": "theirs", "databaseSchema": schema, "columns": []})
    assert command("verify", folder).code == 0
    strict = command("verify", folder, "--strict")
    assert strict.code == 2
    assert strict.lines[-1] == "No drift, but not strictly so: 1 additions by others."
    with editing(folder, "manifest.json") as manifest:
        manifest["nodes"][LOANS]["description"] = "Drifted."
    assert command("verify", folder, "--strict").lines[-1].startswith("Drift: 1 ")
