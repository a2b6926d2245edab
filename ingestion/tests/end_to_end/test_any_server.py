"""The guarantees of the catalog sync, on any server."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from logmart_catalog.command.cli import LEFT_OUT, main

from .server import Server

ARTIFACTS = Path(__file__).parents[1] / "artifacts"
PROJECTS = ("clinic", "hostile", "library", "orchard")
LOANS, SHELVES = "model.library.stg_loans", "model.library.shelf_shapes"
Json = dict[str, Any]


class Commands:
    """Runs commands on artifacts and a service; each must end without an error."""

    def __init__(self, capsys: pytest.CaptureFixture[str], service: str, folder: Path) -> None:
        self._capsys = capsys
        self._common = ["--target-path", str(folder), "--service", service]

    def __call__(self, command: str, *options: str) -> tuple[int, str]:
        """The exit code and the printed text."""
        self._capsys.readouterr()
        code = main([command, *self._common, *options])
        out, err = self._capsys.readouterr()
        assert (code in (0, 2, 3), err) == (True, "")
        # Values that the server does not support are left out, and then the exit code is 3.
        assert (code == LEFT_OUT) <= (
            "Left out, not in OpenMetadata " in out or '"left_out"' in out
        )
        return code, out

    def last_line(self, command: str) -> str:
        """The last line of a command that must find no drift."""
        code, out = self(command)
        assert code in (0, LEFT_OUT), out
        return out.splitlines()[-1]

    def writes(self, command: str) -> int:
        """The number of writes of a command."""
        return int(json.loads(self(command, "--format", "json")[1])["summary"]["writes"])


@pytest.mark.parametrize("project", PROJECTS)
def test_apply_then_verify_is_clean_and_a_second_apply_writes_nothing(
    project: str, server: Server, service: str, capsys: pytest.CaptureFixture[str]
) -> None:
    commands = Commands(capsys, service, ARTIFACTS / project)
    assert commands.writes("apply") > 0
    assert server.tables(service)
    assert commands.last_line("verify").startswith("Verified, no drift: ")
    assert commands.writes("apply") == 0
    assert commands("plan", "--detailed-exitcode")[0] in (0, LEFT_OUT)


def test_a_renamed_column_and_a_removed_model_show_and_are_gone(
    server: Server, service: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    folder = shutil.copytree(ARTIFACTS / "library", tmp_path / "library")
    commands = Commands(capsys, service, folder)
    commands("apply")
    loans, shelves = f"{service}.mart.staging.stg_loans", f"{service}.mart.lending.shelves"
    assert shelves in server.tables(service)
    _rename_and_remove(folder)
    code, plan = commands("plan", "--detailed-exitcode")
    assert code == 2
    assert '+ column reader: "varchar"' in plan
    assert '- column member: "varchar"' in plan
    assert f"- table {shelves}" in plan
    assert commands("verify")[0] == 2
    commands("apply")
    assert shelves not in server.tables(service)
    assert "reader" in server.columns(loans)
    assert "member" not in server.columns(loans)
    assert commands.last_line("verify").startswith("Verified, no drift: ")
    assert commands.writes("apply") == 0
    # The model returns, and with it the edges between it and our other tables.
    commands = Commands(capsys, service, ARTIFACTS / "library")
    commands("apply")
    assert shelves in server.tables(service)
    assert commands.last_line("verify").startswith("Verified, no drift: ")
    assert commands.writes("apply") == 0


def test_what_people_write_stays_where_dbt_says_nothing_and_gives_way_where_it_does(
    server: Server, service: str, capsys: pytest.CaptureFixture[str]
) -> None:
    commands = Commands(capsys, service, ARTIFACTS / "library")
    commands("apply")
    described, plain = f"{service}.mart.staging.stg_loans", f"{service}.mart.reference.gate_counts"
    label = {"labelType": "Manual", "state": "Confirmed", "source": "Classification"}
    before = server.table(described)["description"]
    server.patch(
        server.table(described),
        {"op": "replace", "path": "/description", "value": "By hand."},
        {"op": "add", "path": "/tags", "value": [{"tagFQN": "PII.Sensitive", **label}]},
    )
    admin = server.call("GET", "users/name/admin")["id"]
    server.patch(
        server.table(plain),
        {"op": "add", "path": "/owners", "value": [{"id": admin, "type": "user"}]},
    )
    code, drift = commands("verify")
    assert code == 2
    assert '~ description: "By hand." -> ' in drift
    assert "owners user:admin" in drift or "owners: " in drift
    commands("apply")
    table = server.table(described)
    assert table["description"] == before
    assert [one["tagFQN"] for one in table["tags"]] == ["PII.Sensitive"]
    assert [one["name"] for one in server.table(plain)["owners"]] == ["admin"]
    assert commands.last_line("verify").startswith("Verified, no drift: ")
    assert commands.writes("apply") == 0


def test_a_test_that_somebody_deleted_softly_is_there_again(
    server: Server, service: str, capsys: pytest.CaptureFixture[str]
) -> None:
    commands = Commands(capsys, service, ARTIFACTS / "orchard")
    commands("apply")
    table = next(one for one in server.tables(service) if server.tests(one))
    test = server.tests(table)[0]
    server.call("DELETE", f"dataQuality/testCases/{test['id']}?hardDelete=false")
    assert commands("verify")[0] == 2
    commands("apply")
    assert test["id"] in [one["id"] for one in server.tests(table)]
    assert commands.last_line("verify").startswith("Verified, no drift: ")
    assert commands.writes("apply") == 0


@pytest.mark.parametrize("command", ["plan", "apply", "verify"])
def test_a_wrong_token_writes_nothing(
    command: str,
    server: Server,
    service: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with monkeypatch.context() as patch:
        patch.setenv("OPENMETADATA_JWT_TOKEN", "wrong")
        common = ["--target-path", str(ARTIFACTS / "library"), "--service", service]
        assert main([command, *common]) == 1
    assert "401, not authorized: OPENMETADATA_JWT_TOKEN" in capsys.readouterr().err
    assert server.tables(service) == []


def test_a_renamed_model_moves_and_keeps_its_edges(
    server: Server, service: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    folder = shutil.copytree(ARTIFACTS / "library", tmp_path / "library")
    commands = Commands(capsys, service, folder)
    commands("apply")
    old, new = (f"{service}.mart.staging.{name}" for name in ("stg_loans", "loans"))
    upstream = server.upstream(old)
    assert upstream
    manifest, catalog = _read(folder, "manifest"), _read(folder, "catalog")
    manifest["nodes"][LOANS]["alias"] = "loans"
    manifest["nodes"][LOANS]["config"]["meta"] = {"previous_name": "stg_loans"}
    catalog["nodes"][LOANS]["metadata"]["name"] = "loans"
    _write(folder, manifest=manifest, catalog=catalog)
    assert f"> table {old} -> {new}" in commands("plan")[1]
    commands("apply")
    assert old not in server.tables(service)
    assert server.upstream(new) == upstream
    assert commands.last_line("verify").startswith("Verified, no drift: ")


def _rename_and_remove(folder: Path) -> None:
    """Rename a column of a view, and remove a model that others read."""
    manifest, catalog = _read(folder, "manifest"), _read(folder, "catalog")
    for document in (manifest, catalog):
        columns = document["nodes"][LOANS]["columns"]
        renamed = {"reader" if one == "member" else one: value for one, value in columns.items()}
        if "reader" in renamed:
            renamed["reader"]["name"] = "reader"
        document["nodes"][LOANS]["columns"] = renamed
        del document["nodes"][SHELVES]
    for node in manifest["nodes"].values():
        parents = node.get("depends_on", {}).get("nodes", [])
        parents[:] = [one for one in parents if one != SHELVES]
    _write(folder, manifest=manifest, catalog=catalog)


def _read(folder: Path, name: str) -> Json:
    document: Json = json.loads((folder / f"{name}.json").read_bytes())
    return document


def _write(folder: Path, **documents: Json) -> None:
    for name, document in documents.items():
        (folder / f"{name}.json").write_text(json.dumps(document), encoding="utf-8")
