"""What follows from check results: the query that the mart and `logmart quality run` share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb
import pytest

from logmart.dbt.project_macros import ProjectMacros
from logmart.errors import CommandError, TransientError
from logmart.operations.landed_records import failed_checks
from logmart.operations.landing import land
from logmart.policies.decisions import POLICIES, Decision, check_policies, decide, refuse_broken
from logmart.policies.results import CheckResult, Run, of_decision, write_results
from logmart.quality.raw_checks import FileGroup
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


def seed(folder: Path, *rows: str) -> Path:
    path = folder / POLICIES
    path.parent.mkdir(exist_ok=True)
    path.write_text("\n".join([HEADER, *rows, ""]), encoding="utf-8")
    return path


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


@pytest.mark.parametrize(
    ("status", "row", "follows"),
    [
        ("failed", "a,mart,*,*,0,0,info,slack", ("break", "info")),
        ("error", "a,mart,*,*,0,0,,slack", ("break", "warning")),
        ("warned", "a,mart,warned,*,0,0,,slack", ("slack", "warning")),
        ("warned", "a,mart,totals_add_up,*,0,0,critical,break", ("break", "critical")),
        ("warned", "a,mart,*,orders,0,0,,retry", ("retry", "warning")),
    ],
)
def test_what_dbt_fails_breaks_the_build_and_a_policy_can_be_stricter(
    macros: ProjectMacros, tmp_path: Path, status: str, row: str, follows: tuple[str, str]
) -> None:
    found = result("totals_add_up", 1, 0, status=status, subject="orders")
    with duckdb.connect() as connection:
        write_results(connection, RUN, [replace(found, severity="warning")], "mart")
        (decision,) = decide(connection, macros, seed(tmp_path, row), ())
    assert (decision.action, decision.severity) == follows


@pytest.mark.parametrize(
    ("stage", "check", "status", "action"),
    [
        ("mart", "not_null_orders_id", "failed", "break"),
        ("mart", "orders", "error", "break"),
        ("mart", "totals_add_up", "warned", "slack"),
        ("anomaly", "volume_low app.app_opened ios", "failed", "slack"),
        ("anomaly", "stale bank", "failed", "slack"),
    ],
)
def test_each_failure_of_the_later_stages_has_an_action(
    macros: ProjectMacros, stage: str, check: str, status: str, action: str
) -> None:
    with duckdb.connect() as connection:
        found = result(check, 0, 0, status=status, subject="orders")
        write_results(connection, RUN, [found], stage)
        (decision,) = decide(connection, macros, PROJECT / POLICIES, ())
    assert (decision.action, decision.severity) == (action, "info")


def test_a_break_and_a_retry_end_the_command(macros: ProjectMacros, tmp_path: Path) -> None:
    found = [result("volume:files", 1, 9), result("rejected_line:files", 9, 9)]
    rows = ["a,raw,volume,*,0,0,critical,break", "b,raw,rejected_line,*,0,0,critical,retry"]
    with pytest.raises(CommandError, match=rf"volume:files of {FILE}: policy a says break, so no"):
        refuse_broken(decided(macros, found, seed(tmp_path, *rows)), "nothing is built")
    with pytest.raises(TransientError, match="policy b says retry"):
        refuse_broken(decided(macros, found, seed(tmp_path, rows[1])), "nothing is built")
    refuse_broken(decided(macros, found), "nothing is built")


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("a,bronze,*,*,0,0,info,slack", "policy a: its stage is none of raw, mart and anomaly"),
        ("a,raw,*,*,0,0,info,delete", "policy a: its action is none of slack"),
        ("a,raw,*,*,0,0,urgent,slack", "policy a: its severity is none of"),
        ("a,raw,*,*,30,0,info,slack", "policy a: max_share is not within 0 and 1"),
        ("a,raw,*,*,,0,info,slack", "policy a: max_share is not within 0 and 1"),
        ("a,raw,*,*,0,-1,info,slack", "policy a: least_checked is below 0"),
        ("a,raw,truncatd,*,0,0,info,slack", "policy a: its check_name is no check on files"),
        ("a,raw,,*,0,0,info,slack", "policy a: policy_id, check_name or subject is empty"),
        (",raw,*,*,0,0,info,slack", "policy without an id: policy_id, check_name"),
        ("a,mart,*,*,0,0,info,quarantine", "policy a: only a file can be quarantined"),
        ("a,mart,*,*,0.1,0,info,slack", "policy a: max_share and least_checked are not 0"),
        ("a,anomaly,*,*,0,0,info,retry", "policy a: an anomaly does not heal by a retry"),
        ("a,raw,*,*,much,0,info,slack", "cannot be read: Conversion Error"),
        ("a,raw,*,*,0,0,info,slack\na,raw,error,*,0,0,info,slack", "another row has its policy_id"),
        ("a,raw,*,*,0,0,info,slack\nb,raw,*,*,0,0,info,break", "policy b: another row has its st"),
    ],
)
def test_a_policy_that_cannot_be_decided_by_is_refused(
    macros: ProjectMacros, tmp_path: Path, row: str, message: str
) -> None:
    with pytest.raises(CommandError, match=message):
        decided(macros, [], seed(tmp_path, row))


@pytest.mark.parametrize(
    ("row", "subject"),
    [
        ("a,raw,*,ap,0,0,info,slack", "ap"),
        ("a,raw,*,ap/dt=2026-01-09/x.jsonl,0,0,info,slack", "ap/dt=2026-01-09/x.jsonl"),
        ("a,mart,*,fct_event,0,0,info,slack", "fct_event"),
    ],
)
def test_a_subject_that_does_not_exist_is_refused(
    macros: ProjectMacros, tmp_path: Path, row: str, subject: str
) -> None:
    (tmp_path / "models").mkdir()
    (tmp_path / "models/fct_events.sql").touch()
    seed(tmp_path, row)
    with pytest.raises(CommandError, match=f"policy a: its subject {subject} is no table and no s"):
        check_policies(macros, tmp_path, ["app"])
    seed(tmp_path, row.replace("ap", "app", 1).replace("fct_event", "fct_events"))
    check_policies(macros, tmp_path, ["app"])


def test_the_policies_of_the_project_can_be_decided_by(macros: ProjectMacros) -> None:
    check_policies(macros, PROJECT, ["app", "bank", "crm"])


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
