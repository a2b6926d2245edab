"""The records of `check_results`, made from the artifacts of a small project's build."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from logmart.operations.dbt_results import check_results
from logmart.operations.pipeline import Run
from logmart.policies.kept_decisions import key
from small_project import SmallProject

RUN = Run("r1", date(2026, 3, 1), "nightly")
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Build:
    """The records of a build by check, and its artifacts."""

    records: Mapping[str, Mapping[str, Any]]
    manifest: Mapping[str, Any]
    run_results: Mapping[str, Any]


def built(project: SmallProject) -> Build:
    project.build()
    manifest, results = project.artifact("manifest"), project.artifact("run_results")
    records = check_results(manifest, results, RUN, LONG_AGO)
    return Build({record["check"]: record for record in records}, manifest, results)


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> Build:
    """A build whose model `waiting` fails, and all below it is skipped."""
    return built(SmallProject(tmp_path_factory.mktemp("broken")))


@pytest.fixture(scope="module")
def tested(tmp_path_factory: pytest.TempPathFactory) -> Build:
    """A build whose models are built: one test fails, and one warns."""
    project = SmallProject(tmp_path_factory.mktemp("tested"))
    project.hold_amounts("(1), (2), (null)")
    project.open_gate()
    return built(project)


def test_every_node_that_ran_has_one_record(broken: Build, tested: Build) -> None:
    for build in (broken, tested):
        assert len(build.records) == len(build.run_results["results"]) == 6
        for record in build.records.values():
            assert record["runId"] == "r1"
            assert (record["task"], record["platform"]) == ("build", "dbt")


def test_what_failed_names_its_owner_and_all_that_is_above_it(broken: Build) -> None:
    failed = broken.records["waiting"]
    assert (failed["status"], failed["severity"], failed["owner"]) == (
        "error",
        "critical",
        "growth",
    )
    assert failed["ancestors"] == "app,events"
    assert "Could not set lock on file" in failed["message"]
    below = broken.records["counted"]
    assert (below["status"], below["owner"]) == ("skipped", "payments")
    assert below["ancestors"] == "app,events,waiting"
    assert "ancestors" not in broken.records["events"]


def test_a_model_that_passed_says_no_more_than_that(tested: Build) -> None:
    record = dict(tested.records["events"])
    assert datetime.fromisoformat(record.pop("checkedAt")).tzinfo is not None
    assert record == {
        "runId": "r1",
        "runDate": "2026-03-01",
        "task": "build",
        "stage": "mart",
        "platform": "dbt",
        "check": "events",
        "checkKind": "model",
        "subjectKind": "model",
        "subject": "events",
        "status": "passed",
        "severity": "info",
        "owner": "growth",
    }


def test_a_test_is_of_its_model_and_counts_its_failures(tested: Build) -> None:
    failed = tested.records["not_null_counted_amount"]
    assert (failed["status"], failed["severity"]) == ("failed", "critical")
    assert (failed["subject"], failed["owner"]) == ("counted", "payments")
    assert (failed["stage"], failed["failureCount"]) == ("mart", 1)
    assert failed["ancestors"] == "app,counted,events,waiting"
    warned = next(one for one in tested.records.values() if one["status"] == "warned")
    assert (warned["severity"], warned["failureCount"]) == ("warning", 1)


def test_a_unit_test_is_of_the_model_that_it_tests(tested: Build) -> None:
    record = tested.records["amounts_are_kept"]
    assert (record["checkKind"], record["subject"], record["status"]) == (
        "unit_test",
        "counted",
        "passed",
    )


def test_results_of_an_earlier_attempt_are_left_out(tested: Build) -> None:
    moments = sorted(record["checkedAt"] for record in tested.records.values())
    since = datetime.fromisoformat(moments[3])
    later = check_results(tested.manifest, tested.run_results, RUN, since)
    assert len(later) == len([moment for moment in moments if moment >= moments[3]]) < 6


def test_an_owner_of_a_test_is_named_before_that_of_its_model(tested: Build) -> None:
    document = {**tested.manifest, "nodes": {**tested.manifest["nodes"]}}
    unique_id = next(name for name in document["nodes"] if "not_null_counted" in name)
    node = document["nodes"][unique_id]
    config = {**node["config"], "meta": {"owner": "growth"}}
    document["nodes"][unique_id] = {**node, "config": config}
    owners = {
        record["check"]: record["owner"]
        for record in check_results(document, tested.run_results, RUN, LONG_AGO)
    }
    assert owners["not_null_counted_amount"] == "growth"
    assert owners["counted"] == "payments"


def test_failures_below_a_threshold_are_not_called_none(tmp_path: Path) -> None:
    project = SmallProject(tmp_path)
    project.hold_amounts("(1), (2), (null)")
    project.open_gate()
    entries = tmp_path / "models/marts/_marts.yml"
    text = entries.read_text("utf-8")
    threshold = "not_null: {config: {error_if: '> 1', warn_if: '> 1'}}"
    entries.write_text(text.replace("- not_null\n", f"- {threshold}\n"), "utf-8")
    record = built(project).records["not_null_counted_amount"]
    assert record["status"] == "passed"
    assert "failureCount" not in record


def test_a_decision_gives_severity_and_action(tested: Build) -> None:
    warned = next(one for one in tested.records.values() if one["status"] == "warned")
    decision = {"severity": "critical", "policy_id": "stricter", "action": "break"}
    decisions = {key(warned["subject"], warned["check"]): decision}
    records = check_results(tested.manifest, tested.run_results, RUN, LONG_AGO, decisions)
    (decided,) = [one for one in records if one["check"] == warned["check"]]
    assert (decided["severity"], decided["action"]) == ("critical", "break")
    assert decided["message"].endswith(", policy stricter: break")
    assert [one for one in records if "action" in one] == [decided]
