"""Artifacts of different dbt runs in one folder are left out and named."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from .support import CONFIG, Command, StandIn, copied, editing

LOANS = "model.library.stg_loans"


def results_of_another_run(folder: Path) -> None:
    with editing(folder, "run_results.json") as results:
        results["metadata"]["invocation_id"] = "another"


def results_of_docs_generate(folder: Path) -> None:
    with editing(folder, "run_results.json") as results:
        results["args"] = {"which": "generate"}


def catalog_read_before_the_build(folder: Path) -> None:
    with editing(folder, "catalog.json") as catalog:
        catalog["metadata"]["generated_at"] = "2020-01-01T00:00:00.000000Z"


def catalog_with_a_relation_too_many(folder: Path) -> None:
    with editing(folder, "catalog.json") as catalog:
        catalog["nodes"]["model.library.gone"] = catalog["nodes"][LOANS]


def catalog_of_another_target(folder: Path) -> None:
    with editing(folder, "catalog.json") as catalog:
        catalog["nodes"][LOANS]["metadata"]["schema"] = "dbt_somebody_staging"


LEFT_OUT = "  Left out, incomplete in the artifacts (1): "
OUTDATED = "  Published, but may be out of date (7): "
MIXED: dict[Callable[[Path], None], tuple[str, str]] = {
    results_of_another_run: (
        f"{LEFT_OUT}run_results.json: its results:",
        "they are of the dbt invocation another",
    ),
    results_of_docs_generate: (
        f"{LEFT_OUT}run_results.json: its results:",
        "`dbt docs generate` overwrote the results of the build",
    ),
    catalog_read_before_the_build: (
        f"{OUTDATED}model.library.book_loans.v1, ",
        "catalog.json was read at 2020-01-01 00:00:00, before the relations were built",
    ),
    catalog_with_a_relation_too_many: (
        f"{LEFT_OUT}model.library.gone:",
        "catalog.json has it, but manifest.json does not",
    ),
    catalog_of_another_target: (
        f"{LEFT_OUT}{LOANS}:",
        "catalog.json has it as dbt_somebody_staging.stg_loans, manifest.json as staging.stg_loans",
    ),
}


@pytest.mark.parametrize("spoil", MIXED, ids=lambda one: one.__name__)
def test_what_is_of_different_runs_is_left_out_and_named_unless_that_is_meant(
    spoil: Callable[[Path], None], command: Command, standin: StandIn, tmp_path: Path
) -> None:
    folder = copied("library", tmp_path)
    command("apply", folder)
    spoil(folder)
    for name in ("plan", "verify", "apply"):
        outcome = command(name, folder, "--config", str(CONFIG))
        assert (outcome.code, outcome.err) == (0 if name == "plan" else 3, "")
        (line,) = (one for one in outcome.lines if one.startswith(MIXED[spoil][0]))
        assert MIXED[spoil][1] in line
    assert command.summary("plan", folder)["unchanged"] > 0
    assert command.summary("plan", folder)["removed"] == 0
    meant = command("verify", folder, "--allow-mixed-artifacts")
    assert (meant.code, meant.err) == (0, "")
    assert not [one for one in meant.lines if one.startswith((LEFT_OUT, OUTDATED))]


@pytest.mark.parametrize("spoil", MIXED, ids=lambda one: one.__name__)
@pytest.mark.parametrize("name", ["plan", "apply", "verify"])
def test_strict_refuses_artifacts_of_different_runs_before_anything_is_written(
    name: str,
    spoil: Callable[[Path], None],
    command: Command,
    standin: StandIn,
    tmp_path: Path,
) -> None:
    folder = copied("library", tmp_path)
    spoil(folder)
    before = standin.writes()
    assert MIXED[spoil][1] in command(name, folder, "--strict").error_line()
    assert standin.writes() == before


def test_results_of_another_run_are_not_published(
    command: Command, standin: StandIn, tmp_path: Path
) -> None:
    folder = copied("library", tmp_path)
    whole = command("plan", folder).out
    assert "2 first test results" in whole
    results_of_another_run(folder)
    assert "test result" not in command("plan", folder).out


@pytest.mark.parametrize("which", ["test", "compile", "source"])
def test_a_later_run_that_builds_nothing_does_not_age_the_catalog(
    which: str, command: Command, tmp_path: Path
) -> None:
    folder = copied("library", tmp_path)
    with editing(folder, "run_results.json") as results:
        results["args"] = {"which": which}
        results["metadata"]["generated_at"] = "2099-01-01T00:00:00Z"
    assert command.summary("plan", folder, "--offline")["outdated"] == 0
    with editing(folder, "run_results.json") as results:
        results["args"] = {"which": "run"}
    assert command.summary("plan", folder, "--offline")["outdated"] == 7


def test_names_that_differ_in_case_alone_are_the_same(command: Command, tmp_path: Path) -> None:
    folder = copied("library", tmp_path)
    with editing(folder, "catalog.json") as catalog:
        metadata = catalog["nodes"][LOANS]["metadata"]
        metadata["schema"], metadata["name"] = "STAGING", "STG_LOANS"
    assert command.summary("plan", folder, "--offline")["nodes_left_out"] == 0
