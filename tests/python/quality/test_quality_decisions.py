"""What follows from check results: the query that the mart and `logmart quality run` share."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb
import pytest

from logmart.dbt.project_macros import ProjectMacros
from logmart.operations.landing import land
from logmart.quality.decisions import POLICIES, Decision, decide
from logmart.quality.landed_records import failed_checks
from logmart.quality.raw_checks import FileGroup
from logmart.quality.results import CheckResult, Run, of_decision, write_results
from logmart.quality.run import passed_again
from logmart.settings import PROJECT

FILE = "app/dt=2026-01-09/events.jsonl"
RUN = Run("run-1", date(2026, 1, 9), datetime(2026, 1, 9, tzinfo=UTC))
GONE = "missing_required:app_opened.launchSource"
HEADER = "policy_id,stage,check_name,subject,max_share,least_checked,severity,action"


@pytest.fixture(scope="module")
def macros() -> ProjectMacros:
    return ProjectMacros(PROJECT)


def decided(
    macros: ProjectMacros,
    results: Sequence[CheckResult],
    policies: Path = PROJECT / POLICIES,
    returned: Sequence[str] = (),
) -> list[Decision]:
    with duckdb.connect() as connection:
        write_results(connection, RUN, list(results))
        return decide(connection, macros, policies, returned)


def result(
    check: str, failures: int, checked: int, *, status: str = "failed", subject: str = FILE
) -> CheckResult:
    kind = "file" if "/" in subject else "model"
    return CheckResult("app", check, kind, subject, status, failures, checked)


@pytest.mark.parametrize(
    ("check", "failures", "checked", "action"),
    [
        ("truncated:files", 1, 1, "quarantine"),
        (GONE, 91, 100, "quarantine"),
        (GONE, 90, 100, "none"),
        (GONE, 19, 19, "none"),
        ("wrong_type:transfers.amount", 20, 20, "quarantine"),
        ("unreadable_line:files", 95, 100, "quarantine"),
        ("rejected_line:files", 30, 100, "slack"),
        ("rejected_line:files", 10, 100, "none"),
        ("volume:files", 1, 0, "slack"),
    ],
)
def test_the_default_policies_move_cut_and_other_files_only(
    macros: ProjectMacros, check: str, failures: int, checked: int, action: str
) -> None:
    (decision,) = decided(macros, [result(check, failures, checked)])
    assert decision.action == action


def test_what_passed_is_not_decided_on(macros: ProjectMacros) -> None:
    assert decided(macros, [result("truncated:files", 0, 1, status="passed")]) == []


def test_violations_of_all_files_together_move_no_file(macros: ProjectMacros) -> None:
    assert decided(macros, [result(GONE, 99, 100, subject="stg_app__app_opened")]) == []


def test_what_raised_moves_no_file_whatever_the_policies_say(
    macros: ProjectMacros, tmp_path: Path
) -> None:
    policies = tmp_path / "policies.csv"
    policies.write_text(f"{HEADER}\nall,raw,*,*,0,0,critical,quarantine\n", encoding="utf-8")
    raised = result(GONE, 0, 0, status="error")
    (decision,) = decided(macros, [raised], policies)
    assert decision.action == "slack"
    assert of_decision(raised, decision).status == "error"


def test_a_file_that_was_put_back_is_told_and_not_moved(macros: ProjectMacros) -> None:
    (decision,) = decided(macros, [result(GONE, 99, 100)], returned=[FILE])
    assert decision.action == "slack"


@pytest.mark.parametrize(
    ("rows", "policy_id"),
    [
        (["a,raw,*,*,0,0,info,slack", "b,raw,missing_required,*,0,0,info,slack"], "b"),
        (["a,raw,missing_required,app,0,0,info,slack", f"b,raw,{GONE},*,0,0,info,slack"], "a"),
        (["a,raw,*,app,0,0,info,slack", f"b,raw,*,{FILE},0,0,info,slack"], "b"),
        (["a,mart,*,*,0,0,info,slack", "b,raw,*,*,0,0,info,slack"], "b"),
    ],
)
def test_the_closest_policy_holds(
    macros: ProjectMacros, tmp_path: Path, rows: list[str], policy_id: str
) -> None:
    policies = tmp_path / "policies.csv"
    policies.write_text("\n".join([HEADER, *rows, ""]), encoding="utf-8")
    (decision,) = decided(macros, [result(GONE, 1, 2)], policies)
    assert decision.policy_id == policy_id


def test_of_the_results_on_a_file_the_worst_is_told(macros: ProjectMacros) -> None:
    found = [result("rejected_line:files", 99, 100), result(GONE, 99, 100)]
    decisions = {each.check_name: each for each in decided(macros, found)}
    assert {name: each.is_reported for name, each in decisions.items()} == {
        "rejected_line:files": False,
        GONE: True,
    }
    statuses = [of_decision(each, decisions[each.check_name]).status for each in found]
    assert statuses == ["warned", "failed"]


def test_violations_that_no_policy_minds_are_a_warning(macros: ProjectMacros) -> None:
    few = result("rejected_line:files", 1, 100)
    (decision,) = decided(macros, [few])
    assert of_decision(few, decision).status == "warned"
    assert of_decision(few, None).status == "warned"


def test_a_check_that_failed_before_and_flags_nothing_now_has_passed(tmp_path: Path) -> None:
    landed = [result(GONE, 99, 100), result("rejected_line:files", 99, 100, status="warned")]
    records = [each.record(RUN) for each in landed]
    land(tmp_path, "check_results", records, writer="quality", name="run-1", at=RUN.started_at)
    failed = failed_checks(tmp_path)
    assert failed == {FILE: {GONE}}
    groups = {"app": [FileGroup("app", "events", {FILE: tmp_path / "x"}, [])]}
    (passed,) = passed_again(failed, groups, [])
    assert (passed.subject, passed.check_name, passed.status) == (FILE, GONE, "passed")
    assert passed_again(failed, groups, landed) == []
    other = {"app": [FileGroup("app", "events", {}, [])]}
    assert passed_again(failed, other, []) == []
