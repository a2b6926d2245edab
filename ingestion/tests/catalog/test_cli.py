"""The command: its options, exit codes and files."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from logmart_catalog.command.cli import main

from .support import ARTIFACTS, CONFIG, INGESTION, Command, StandIn, copied, editing, remove_node

LIBRARY, ORCHARD = ARTIFACTS / "library", ARTIFACTS / "orchard"


def test_offline_plan_adds_everything(command: Command, service: str) -> None:
    outcome = command("plan", LIBRARY, "--offline")
    assert (outcome.code, outcome.err) == (0, "")
    assert f"  + table {service}.mart.lending.book_loans (regular, 4 columns" in outcome.out
    assert outcome.lines[-1] == "Plan: 34 to add, 0 to change, 0 to remove, 0 unchanged."
    assert command("plan", LIBRARY, "--offline", "--detailed-exitcode").code == 2


def test_a_pull_request_plans_against_a_saved_state(command: Command, tmp_path: Path) -> None:
    saved = tmp_path / "state.json"
    assert command("plan", LIBRARY, "--offline", "--save", str(saved)).code == 0
    against = ["--against", str(saved), "--detailed-exitcode"]
    same = command("plan", LIBRARY, *against)
    assert (same.code, same.lines[-1]) == (0, "No changes: 32 unchanged.")
    folder = copied("library", tmp_path)
    remove_node(folder, "model.library.shelf_shapes")
    with editing(folder, "manifest.json") as manifest:
        manifest["nodes"]["seed.library.books"]["description"] = "All the books."
    changed = command("plan", folder, *against)
    assert changed.code == 2
    assert '~ description: "The books." -> "All the books."' in changed.out
    assert changed.lines[-1].startswith("Plan: 0 to add, 1 to change, 2 to remove")


def test_a_saved_state_that_does_not_fit_is_refused(command: Command, tmp_path: Path) -> None:
    saved = tmp_path / "state.json"
    missing = command("plan", LIBRARY, "--against", str(saved))
    assert "write one with `plan --save`" in missing.error_line()
    command("plan", ARTIFACTS / "clinic", "--offline", "--save", str(saved))
    other = command("plan", LIBRARY, "--against", str(saved))
    assert "the saved state is of project clinic" in other.error_line()
    saved.write_text("{}")
    assert "of version None" in command("plan", LIBRARY, "--against", str(saved)).error_line()
    saved.write_text("{")
    assert "no saved state" in command("plan", LIBRARY, "--against", str(saved)).error_line()


def test_json_and_the_summary_file_say_the_same(
    command: Command, standin: StandIn, tmp_path: Path
) -> None:
    path = tmp_path / "summary.json"
    summary = command.summary("apply", LIBRARY, "--summary-file", str(path))
    assert json.loads(path.read_text()) == summary
    assert summary == {
        **summary,
        "tables": 8,
        "columns": 35,
        "columns_documented": 13,
        "edges": 8,
        "owners": 3,
        "changed": 0,
        "removed": 0,
        "drift": 0,
        "unknown_types": {},
        "by_others": 0,
    }
    assert command.summary("verify", LIBRARY)["drift"] == 0


@pytest.mark.parametrize("name", ["apply", "verify", "plan"])
def test_without_a_host_there_is_an_error(
    name: str, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OPENMETADATA_HOST", raising=False)
    line = command(name, LIBRARY).error_line()
    assert line.startswith(f"logmart-catalog {name}: {name} needs a server: set OPENMETADATA_HOST")


def test_a_wrong_host_is_an_error(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENMETADATA_HOST", "localhost:8585/api")
    assert "must begin with http://" in command("verify", LIBRARY).error_line()


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("serviceName: logmart", "serviceName: 3", "serviceName: expected a text, found int"),
        ("databaseName: mart", "dataBase: mart", "unknown option dataBase"),
        ("databaseName: mart", "databaseName: ''", "databaseName '' is no name"),
        ('"0.3"', '"30"', "maxRemovalShare must be 0 to 1, not '30'"),
        ('createTeams: "true"', "createTeams: maybe", "createTeams must be true or false"),
        (
            "databaseName: mart",
            "databaseName: mart\n        databaseNames: a",
            "databaseNames must be `own=catalog` pairs with commas between, not 'a'",
        ),
        ('concurrency: "4"', 'concurrency: "0"', "concurrency must be 1 to 32, not '0'"),
        ('concurrency: "4"', "concurrency: many", "concurrency must be 1 to 32, not 'many'"),
        ("source:", "source: [", "no YAML"),
    ],
)
def test_a_configuration_that_does_not_fit_is_refused(
    old: str, new: str, expected: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = (INGESTION / "openmetadata.yaml").read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / "openmetadata.yaml"
    path.write_text(text.replace(old, new), encoding="utf-8")
    code = main(["plan", "--offline", "--target-path", str(LIBRARY), "--config", str(path)])
    captured = capsys.readouterr()
    assert (code, captured.out, captured.err.count("\n")) == (1, "", 1)
    assert expected in captured.err


def test_a_wrong_call_ends_with_1(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["plan"])
    assert stopped.value.code == 1
    assert "--target-path" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["--help"], 0),
        (["plan", "--offline", "--target-path", str(LIBRARY)], 0),
        (["plan", "--offline", "--target-path", "nowhere"], 1),
        (["apply", "--target-path", str(LIBRARY)], 1),
        (["verify", "--target-path", str(LIBRARY), "--config", "nowhere.yaml"], 1),
    ],
)
def test_the_client_is_not_imported_where_no_server_is_called(
    arguments: list[str], code: int, tmp_path: Path
) -> None:
    script = f"""
import atexit, sys
from logmart_catalog.command.cli import main
atexit.register(lambda: print("client:", sorted(m for m in sys.modules if "metadata." in m)[:1]
                              if "metadata" in sys.modules else "absent"))
sys.exit(main({arguments!r}))
"""
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={"PYTHONPATH": str(INGESTION)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code, done.stderr
    assert done.stdout.splitlines()[-1] == "client: absent"


@pytest.mark.parametrize("name", ["apply", "verify"])
def test_what_the_server_has_no_word_for_is_named_counted_and_in_the_exit_code(
    name: str, command: Command, standin: StandIn
) -> None:
    command("apply", ORCHARD)
    outcome = command(name, ORCHARD, "--config", str(CONFIG))
    assert outcome.code == 3
    left_out = [
        line for line in outcome.lines if line.startswith("  Left out, not in OpenMetadata")
    ]
    assert "(2): metric type SIMPLE, published as OTHER" in left_out[-1]
    assert command(name, ORCHARD).code == 0
    counted = command.summary(name, ORCHARD, "--config", str(CONFIG))["left_out"]
    assert counted["metric type SIMPLE, published as OTHER"] == 2
