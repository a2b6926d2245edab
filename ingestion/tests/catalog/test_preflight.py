"""Artifacts that do not belong together stop everything before the first call."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from .support import Command, StandIn, copied, editing

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


MIXED: dict[Callable[[Path], None], str] = {
    results_of_another_run: "run_results.json: it is of the dbt invocation another",
    results_of_docs_generate: "run_results.json: `dbt docs generate` wrote it over the results",
    catalog_read_before_the_build: "catalog.json: it was read from the warehouse at 2020-01-01",
    catalog_with_a_relation_too_many: "the first: model.library.gone; it is of another project",
    catalog_of_another_target: "it is of another target",
}


@pytest.mark.parametrize("spoil", MIXED, ids=lambda one: one.__name__)
@pytest.mark.parametrize("name", ["plan", "apply", "verify"])
def test_artifacts_of_different_runs_are_refused_unless_that_is_meant(
    name: str,
    spoil: Callable[[Path], None],
    command: Command,
    standin: StandIn,
    tmp_path: Path,
) -> None:
    folder = copied("library", tmp_path)
    spoil(folder)
    before = standin.writes()
    line = command(name, folder).error_line()
    assert MIXED[spoil] in line
    assert line.endswith("or give --allow-mixed-artifacts to publish them as they are")
    assert standin.writes() == before
    meant = command(name, folder, "--allow-mixed-artifacts")
    assert (meant.code, meant.err) == (2 if name == "verify" else 0, "")


@pytest.mark.parametrize("which", ["test", "compile", "source"])
def test_a_later_run_that_builds_nothing_does_not_age_the_catalog(
    which: str, command: Command, tmp_path: Path
) -> None:
    folder = copied("library", tmp_path)
    with editing(folder, "run_results.json") as results:
        results["args"] = {"which": which}
        results["metadata"]["generated_at"] = "2099-01-01T00:00:00Z"
    assert command("plan", folder, "--offline").code == 0
    with editing(folder, "run_results.json") as results:
        results["args"] = {"which": "run"}
    assert "before the relations were built" in command("plan", folder, "--offline").error_line()


def test_names_that_differ_in_case_alone_are_the_same(command: Command, tmp_path: Path) -> None:
    folder = copied("library", tmp_path)
    with editing(folder, "catalog.json") as catalog:
        metadata = catalog["nodes"][LOANS]["metadata"]
        metadata["schema"], metadata["name"] = "STAGING", "STG_LOANS"
    assert command("plan", folder, "--offline").code == 0
