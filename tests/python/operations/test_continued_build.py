"""A build that failed for a moment goes on from the node that failed, and counts as a whole."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from logmart.dbt.artifacts import read_artifacts
from logmart.errors import CommandError, TransientError
from logmart.mart.continued_build import continue_build, variables_of
from logmart.operations.task_attempt import can_continue
from small_project import SmallProject


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> SmallProject:
    """A project whose build has failed at `waiting`, for a reason that may go away."""
    project = SmallProject(tmp_path_factory.mktemp("project"))
    project.hold_amounts("(1)")
    error = project.build("--vars", "{ledger_until: '2026-03-01 17:00:00'}")
    assert isinstance(error, TransientError)
    return project


def test_a_build_of_this_run_alone_is_continued(project: SmallProject) -> None:
    assert can_continue(project.target, "r1")
    assert not can_continue(project.target, "r2")
    assert not can_continue(project.folder, "r1")


def test_a_build_of_a_selection_is_not_continued(project: SmallProject, tmp_path: Path) -> None:
    results = json.loads((project.target / "run_results.json").read_bytes())
    results["args"]["select"] = ["+waiting"]
    (tmp_path / "run_results.json").write_text(json.dumps(results))
    assert not can_continue(tmp_path, "r1")


def test_a_build_with_a_failing_test_is_not_continued(
    project: SmallProject, tmp_path: Path
) -> None:
    results = json.loads((project.target / "run_results.json").read_bytes())
    last = results["results"][-1]
    last["status"], last["message"] = "fail", "Got 1 result, configured to fail if != 0"
    (tmp_path / "run_results.json").write_text(json.dumps(results))
    assert not can_continue(tmp_path, "r1")


def test_another_command_is_not_continued(project: SmallProject, tmp_path: Path) -> None:
    results = json.loads((project.target / "run_results.json").read_bytes())
    results["args"]["which"] = "generate"
    (tmp_path / "run_results.json").write_text(json.dumps(results))
    assert not can_continue(tmp_path, "r1")
    with pytest.raises(CommandError, match="was `generate`: only a build can be"):
        variables_of(tmp_path)


def test_a_build_goes_on_from_the_failed_node_and_passes_as_a_whole(project: SmallProject) -> None:
    assert variables_of(project.target) == {"ledger_until": "2026-03-01 17:00:00"}
    with project.inside(), pytest.raises(TransientError):
        continue_build(project.target)
    assert can_continue(project.target, "r1")
    before = {one["unique_id"]: one for one in project.artifact("run_results")["results"]}

    project.open_gate()
    with project.inside():
        continue_build(project.target)
    after = {one["unique_id"]: one for one in project.artifact("run_results")["results"]}
    assert before.keys() == after.keys()
    # What had passed was not run again.
    assert before["model.logmart.events"] == after["model.logmart.events"]
    artifacts = read_artifacts(project.target)
    assert artifacts.command == "build"
    assert {result.status for result in artifacts.results} == {"success", "pass"}
    assert not can_continue(project.target, "r1")
