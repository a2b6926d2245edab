"""Great Expectations on raw files: what it flags, what follows, and what it never writes."""

from __future__ import annotations

import gzip
import json
import re
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from logmart.dbt.manifest import read_manifest
from logmart.errors import CommandError
from logmart.landed.quarantine import quarantined_files
from logmart.operations.file_actions import Actions
from logmart.operations.landed_records import REPLACED, last_actions
from logmart.operations.quality_results.build import ReadBuild
from logmart.operations.quality_results.nodes import CheckedNodes
from logmart.operations.quality_results.raw_stage import quarantine_checks, raw_checks
from logmart.operations.quality_results.raw_stage import quarantined_files as files_in_quarantine
from logmart.operations_script import PYTHON
from logmart.pages.site.operations_queries import DECISIONS, STAGES
from logmart.policies.build_decisions import decide_on_build
from logmart.policies.decisions import POLICIES, refuse_broken
from logmart.policies.kept_decisions import read_decisions
from logmart.policies.results import start_run
from logmart.quality.failed_rows import failed_rows
from logmart.quality.new_files import groups_of, new_files
from logmart.quality.raw_checks import FileGroup
from logmart.quality.release import release
from logmart.quality.run import Outcome, Place, run_checks
from logmart.quality.suites import Expectation
from logmart.sample.command import main as write_sample
from logmart.settings import PROJECT, Settings, project_variables
from mart_runs import KEY, NO_ARTIFACTS, NO_UNIT_TESTS, Mart, app_event, copied

KINDS = ("missing_required", "wrong_type", "not_allowed", "out_of_range", "pattern_mismatch")
SECRET = "planted-value-77"
USER = "u_planted_77"
TRUNCATED = "app/dt=2026-01-09/cut.jsonl.gz"
OTHER_SCHEMA = "app/dt=2026-01-09/renamed.jsonl.gz"
BAD_LINES = "app/dt=2026-01-09/bad_lines.jsonl.gz"
BANK_SCHEMA = "bank/dt=2026-01-09/transfers-renamed.jsonl"
APP_EVENTS = "source.logmart.app.events"
RAISING = "out_of_range:app_opened.launchSource"
WITHOUT_TESTS = ("--exclude-resource-type", "test", *NO_UNIT_TESTS, NO_ARTIFACTS)


def needs_great_expectations() -> None:
    if not PYTHON.exists():
        pytest.skip("operations/.venv is not installed: `make operations/.venv/.locked`")


@dataclass(frozen=True)
class Checked:
    """A landing zone after a run of the checks, and what the run found."""

    mart: Mart
    place: Place
    outcome: Outcome


def place_of(mart: Mart) -> Place:
    paths = Settings(mart.landing, mart.database, mart.folder / "published.duckdb")
    return Place(paths, mart.folder / "pages", project_variables())


def sample(folder: Path, *, seed: int, users: int, days: int, clean: bool = False) -> Mart:
    options = {"out": folder, "users": users, "days": days, "seed": seed, "workers": 1}
    words = [f"--{name}={value}" for name, value in options.items()]
    assert write_sample([*words, *(["--clean"] if clean else [])]) == 0
    return Mart(folder, record_sources=("bank", "crm"))


def opened(number: int, **properties: Any) -> dict[str, Any]:
    return app_event(
        "app_opened",
        properties,
        eventId=f"planted-{number}",
        userId=USER,
        occurredAt="2026-01-09T10:00:00.000Z",
        receivedAt="2026-01-09T10:00:01.000Z",
    )


def plant(mart: Mart) -> None:
    """Land a file that was cut, two of another schema, and one with 30 % bad lines."""
    sound = [opened(number, launchSource="icon") for number in range(400)]
    mart.land(TRUNCATED, [*sound])
    path = mart.landing / TRUNCATED
    path.write_bytes(path.read_bytes()[:-100])
    renamed = [opened(1000 + number, source=SECRET) for number in range(50)]
    mart.land(OTHER_SCHEMA, [*renamed])
    bad = [opened(2000 + number, launchSource=SECRET) for number in range(30)]
    mart.land(
        BAD_LINES, [*bad, *(opened(3000 + number, launchSource="icon") for number in range(70))]
    )
    mart.land(
        BANK_SCHEMA,
        [{"transferId": f"t{number}", "userId": USER, "amountKrw": SECRET} for number in range(30)],
    )


def with_raising(found: Callable[..., list[FileGroup]]) -> Callable[..., list[FileGroup]]:
    """Add an expectation that compares texts with a number, which raises."""

    def changed(*arguments: Any) -> list[FileGroup]:
        raising = Expectation(
            RAISING, "ExpectColumnValuesToBeBetween", "launch_source", {"min_value": 1}
        )
        return [
            replace(
                group,
                suites=[
                    replace(suite, expectations=(*suite.expectations, raising))
                    if suite.entity == "app_opened"
                    else suite
                    for suite in group.suites
                ],
            )
            for group in found(*arguments)
        ]

    return changed


@pytest.fixture(scope="module")
def checked(tmp_path_factory: pytest.TempPathFactory) -> Checked:
    needs_great_expectations()
    made = sample(tmp_path_factory.mktemp("zone"), seed=7, users=150, days=9)
    mart = replace(made, record_sources=())
    shutil.rmtree(mart.landing / "bank")
    plant(mart)
    place = place_of(mart)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("logmart.quality.run.groups_of", with_raising(groups_of))
        outcome = run_checks(place, ["app", "bank"], start_run("run-1", None, place.variables))
    mart.dbt("build", "--select", "+int_judged_events", *WITHOUT_TESTS)
    return Checked(mart, place, outcome)


def assert_both_agree(mart: Mart, flagged: Sequence[tuple[str, str, int]]) -> int:
    """Compare the event ids of each kind of violation; return the number of violations."""
    events = {
        (file, line): event_id
        for file, line, event_id in mart.query(
            "select landing_file, line_number, event_id from intermediate.int_judged_events"
        )
    }
    of_model = {
        (code, file, line)
        for code, file, line in mart.query(
            "select unnest(violations), landing_file, line_number"
            " from intermediate.int_judged_events"
        )
        if code.split(":")[0] in KINDS and code != "missing_required:occurred_at"
    }
    of_witness = {
        (re.sub(r":\w+[.]", ":", check), file, line)
        for check, file, line in flagged
        if (file, line) in events
    }
    assert of_witness == of_model
    for kind in KINDS:
        found, due = (
            {events[file, line] for code, file, line in each if code.startswith(kind)}
            for each in (of_witness, of_model)
        )
        assert found == due
    return len(of_model)


def test_great_expectations_and_the_mart_flag_the_same_events(checked: Checked) -> None:
    assert assert_both_agree(checked.mart, checked.outcome.flagged_lines) > 30


@pytest.mark.deep
@pytest.mark.parametrize("seed", [1, 2, 3, 4, 5])
def test_both_agree_on_events_and_records_of_other_samples(tmp_path: Path, seed: int) -> None:
    needs_great_expectations()
    mart = sample(tmp_path / "zone", seed=seed, users=400, days=40)
    place = place_of(mart)
    outcome = run_checks(place, ["app", "bank", "crm"], start_run("", None, place.variables))
    assert outcome.quarantined == {}
    assert [each for each in outcome.results if each.status == "error"] == []
    mart.dbt("build", "--select", "+int_judged_events", "+int_judged_records", *WITHOUT_TESTS)
    assert assert_both_agree(mart, outcome.flagged_lines) > 100
    of_records = {
        (code, file, line)
        for code, file, line in mart.query(
            "select unnest(violations), landing_file, line_number"
            " from intermediate.int_judged_records"
        )
        if code.split(":")[0] in KINDS
    }
    assert of_records == {
        (re.sub(r":\w+[.]", ":", check), file, line)
        for check, file, line in outcome.flagged_lines
        if not file.startswith("app/")
    }


@pytest.mark.deep
@pytest.mark.parametrize("seed", [1, 2, 3, 4, 5])
def test_no_check_of_a_clean_sample_fails(tmp_path: Path, seed: int) -> None:
    needs_great_expectations()
    mart = sample(tmp_path / "zone", seed=seed, users=300, days=60, clean=True)
    place = place_of(mart)
    outcome = run_checks(place, ["app", "bank", "crm"], start_run("", None, place.variables))
    assert {each.action for each in outcome.decisions} <= {"none"}
    assert {each.status for each in outcome.results} <= {"passed", "warned"}
    assert sum(each.check_name == "truncated:files" for each in outcome.results) > 200


def test_only_cut_files_and_those_of_another_schema_are_moved(checked: Checked) -> None:
    assert {
        name: (each.check_name, each.policy_id)
        for name, each in checked.outcome.quarantined.items()
    } == {
        TRUNCATED: ("truncated:files", "raw_truncated_file"),
        OTHER_SCHEMA: ("missing_required:app_opened.launchSource", "raw_property_gone"),
        BANK_SCHEMA: ("missing_required:transfers.amount", "raw_property_gone"),
    }
    moved = {file.landing_file for file in quarantined_files(checked.mart.landing)}
    assert moved == {TRUNCATED, OTHER_SCHEMA, BANK_SCHEMA}


def test_a_file_with_many_bad_lines_is_loaded_and_told(checked: Checked) -> None:
    told = {
        (each.check_name, each.action)
        for each in checked.outcome.decisions
        if each.subject == BAD_LINES and each.action != "none"
    }
    assert told == {("rejected_line:files", "slack")}
    assert checked.mart.query(
        "select count(*), count(*) filter (not is_valid) from intermediate.int_judged_events"
        f" where landing_file = '{BAD_LINES}'"
    ) == [(100, 30)]


def test_the_loader_passes_over_quarantined_files(checked: Checked) -> None:
    loaded = {
        file for (file,) in checked.mart.query("select landing_file from staging.base_app__files")
    }
    landed = {
        str(path.relative_to(checked.mart.landing))
        for path in (checked.mart.landing / "app").rglob("*.jsonl*")
    }
    assert loaded == landed
    assert loaded.isdisjoint(checked.outcome.quarantined)


def test_an_expectation_that_raises_is_an_error_and_moves_nothing(checked: Checked) -> None:
    (result,) = [each for each in checked.outcome.results if each.status == "error"]
    assert (result.check_name, result.subject) == (RAISING, "stg_app__app_opened")
    assert result.message == "raised TypeError, policy raw_check_raised: slack"
    (decision,) = [each for each in checked.outcome.decisions if each.key == result.key]
    assert (decision.action, decision.policy_id) == ("slack", "raw_check_raised")


def test_one_result_a_file_fails(checked: Checked) -> None:
    failed = [each.subject for each in checked.outcome.results if each.status == "failed"]
    assert sorted(failed) == sorted([TRUNCATED, OTHER_SCHEMA, BAD_LINES, BANK_SCHEMA])


def test_no_value_of_a_row_is_landed_or_on_a_page(checked: Checked) -> None:
    written = [
        *checked.mart.landing.glob("operations/dt=*/*-quality-*.jsonl"),
        *(checked.mart.folder / "pages").rglob("*.html"),
    ]
    texts = {path.name: path.read_text(encoding="utf-8") for path in written}
    # The results, an action for each moved file, a page and the list of pages.
    assert len(texts) == 1 + 3 + 2
    of_sample = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}|u_[0-9a-z]+")
    for name, text in texts.items():
        assert SECRET not in text, name
        assert USER not in text, name
        assert "planted-" not in text, name
        assert not of_sample.search(text), name


def test_results_are_landed_with_counts(checked: Checked) -> None:
    (path,) = checked.mart.landing.glob("operations/dt=*/check_results-quality-*.jsonl")
    records = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    (schema,) = [
        each
        for each in records
        if each["subject"] == OTHER_SCHEMA and each["check"].startswith("missing_required")
    ]
    del schema["checkedAt"], schema["runDate"]
    assert schema == {
        "runId": "run-1",
        "task": "land_check/app",
        "stage": "raw",
        "platform": "great_expectations",
        "check": "missing_required:app_opened.launchSource",
        "checkKind": "expectation",
        "subjectKind": "file",
        "subject": OTHER_SCHEMA,
        "status": "failed",
        "severity": "critical",
        "action": "quarantine",
        "owner": "engagement",
        "failureCount": 50,
        "checkedCount": 50,
        "message": "50 of 50, policy raw_property_gone: quarantine",
    }
    assert {each["status"] for each in records} == {"passed", "warned", "failed", "error"}


@pytest.mark.deep
def test_a_broken_file_is_replaced_and_loaded_once(checked: Checked, tmp_path: Path) -> None:
    mart = copied(checked.mart, tmp_path / "zone")
    place = place_of(mart)
    replacement = tmp_path / "whole.jsonl.gz"
    lines = [json.dumps(opened(number, launchSource="icon")) for number in range(400)]
    replacement.write_bytes(gzip.compress("\n".join([*lines, ""]).encode()))
    release(
        Actions(mart.landing, start_run("", None, place.variables), "test"), TRUNCATED, replacement
    )
    outcome = run_checks(place, ["app"], start_run("run-2", None, place.variables))
    assert {each.subject for each in outcome.results if each.subject_kind == "file"} == {TRUNCATED}
    assert outcome.quarantined == {}
    for _ in range(2):
        mart.dbt("build", "--select", "+int_judged_events", *WITHOUT_TESTS)
        assert mart.query(
            "select count(*), count(distinct event_id), count(*) filter (is_duplicate)"
            f" from intermediate.int_judged_events where landing_file = '{TRUNCATED}'"
        ) == [(400, 400, 0)]
    assert new_files(place.paths, "app") == {}
    moved = {file.landing_file for file in quarantined_files(mart.landing)}
    assert moved == {OTHER_SCHEMA, BANK_SCHEMA}
    assert last_actions(mart.landing)[TRUNCATED].reason == REPLACED


@pytest.mark.deep
def test_a_file_that_was_put_back_is_not_moved_again(checked: Checked, tmp_path: Path) -> None:
    mart = copied(checked.mart, tmp_path / "zone")
    place = place_of(mart)
    release(Actions(mart.landing, start_run("", None, place.variables), "test"), OTHER_SCHEMA, None)
    outcome = run_checks(place, ["app"], start_run("run-2", None, place.variables))
    assert outcome.quarantined == {}
    assert ("missing_required:app_opened.launchSource", "slack") in {
        (each.check_name, each.action) for each in outcome.decisions if each.subject == OTHER_SCHEMA
    }
    assert (mart.landing / OTHER_SCHEMA).exists()


@pytest.fixture(scope="module")
def with_operations(checked: Checked, tmp_path_factory: pytest.TempPathFactory) -> Mart:
    """A mart that is built with all records of operations, and tested."""
    folder = tmp_path_factory.mktemp("operations") / "zone"
    mart = replace(copied(checked.mart, folder), has_operations=True)
    models = ("+quality_decisions", "+quality_results_daily", "+fct_quarantined_files")
    mart.build(
        "--select", *models, "+fct_landed_files", "--indirect-selection", "cautious", *NO_UNIT_TESTS
    )
    return mart


@pytest.mark.deep
def test_the_mart_decides_as_the_run_did(checked: Checked, with_operations: Mart) -> None:
    columns = "subject_kind, subject, check_name, policy_id, severity, action, is_reported"
    found = with_operations.query(
        f"select {columns} from marts.quality_decisions where stage = 'raw' order by all"
    )
    due = [
        (*each.key, each.policy_id, each.severity, each.action, each.is_reported)
        for each in checked.outcome.decisions
    ]
    assert found == sorted(due)
    assert len(found) > 20


@pytest.mark.deep
def test_quarantined_files_are_in_the_mart(with_operations: Mart) -> None:
    columns = "landing_file, source, landed_date::varchar, policy_id, reason, is_quarantined"
    found = with_operations.query(f"select {columns} from marts.fct_quarantined_files order by all")
    day = "2026-01-09"
    share = ", 100% of it"
    gone = "missing_required:app_opened.launchSource" + share
    amount = "missing_required:transfers.amount" + share
    assert found == [
        (TRUNCATED, "app", day, "raw_truncated_file", "truncated:files" + share, True),
        (OTHER_SCHEMA, "app", day, "raw_property_gone", gone, True),
        (BANK_SCHEMA, "bank", day, "raw_property_gone", amount, True),
    ]


@pytest.mark.deep
def test_the_catalog_is_told_of_each_check_and_of_the_quarantine(
    checked: Checked, with_operations: Mart
) -> None:
    nodes = CheckedNodes(read_manifest(with_operations.target_path / "manifest.json"))
    variables = project_variables() | {"record_sources": []}
    with duckdb.connect(str(with_operations.database), read_only=True) as connection:
        build = ReadBuild(connection, nodes, variables, datetime.now(UTC))
        results = list(raw_checks(build))
        in_quarantine = list(quarantine_checks(build, files_in_quarantine(build)))
    # The mart does not load the bank: it has no tables to show results on.
    due = {
        (each.subject, each.check_name): each.status
        for each in checked.outcome.results
        if each.subject_kind == "model" and each.source == "app"
    }
    assert {
        (check.node.rpartition(".")[2], check.name): check.status
        for check in results
        if check.node.startswith("model.")
    } == due
    assert {"passed", "warned", "error"} <= set(due.values())
    of_files = {check.name: check.status for check in results if check.node == APP_EVENTS}
    assert of_files["truncated:files"] == of_files["rejected_line:files"] == "failed"
    (quarantine,) = in_quarantine
    assert (quarantine.node, quarantine.status) == (APP_EVENTS, "failed")
    assert quarantine.message.startswith("2 in quarantine, the first since ")


@pytest.mark.deep
def test_the_operations_page_shows_the_stage_and_what_followed(with_operations: Mart) -> None:
    with duckdb.connect(str(with_operations.database), read_only=True) as connection:
        raw, *others = connection.execute(STAGES).fetchall()
        decisions = connection.execute(DECISIONS).fetchall()
    # The sample's own nights land results of dbt.
    assert [row[:2] for row in others] == [("mart", "dbt")]
    stage, platform, _, total, *counts, _ = raw
    assert (stage, platform, total) == ("raw", "great_expectations", sum(counts))
    passed, warned, failed, raised, skipped = counts
    assert (failed, raised, skipped) == (4, 1, 0)
    assert min(passed, warned) > 0
    assert [row[:5] for row in decisions if row[0] == "raw"] == [
        ("raw", "quarantine", "raw_property_gone", "critical", 2),
        ("raw", "quarantine", "raw_truncated_file", "critical", 1),
        ("raw", "slack", "raw_bad_lines", "warning", 1),
        ("raw", "slack", "raw_check_raised", "warning", 1),
    ]


@pytest.mark.deep
def test_a_file_that_is_loaded_and_in_quarantine_is_found_and_breaks_by_a_policy(
    with_operations: Mart, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mart = copied(with_operations, tmp_path / "zone")
    # The sender lands the file again, and no run of the checks follows.
    mart.land(TRUNCATED, [opened(4000, launchSource="icon")])
    models = ("+fct_quarantined_files", "+fct_landed_files")
    cautious = ("--indirect-selection", "cautious", *NO_UNIT_TESTS)
    warned = [each for each in mart.dbt("build", "--select", *models, *cautious) if each.failures]
    assert [(each.node.name, each.status, each.failures) for each in warned] == [
        ("a_quarantined_file_is_not_loaded", "warn", 1)
    ]
    name = warned[0].node.name
    manifest = read_manifest(mart.target_path / "manifest.json")
    (test,) = [each for each in manifest.tests.values() if each["name"] == name]
    monkeypatch.setenv("LOGMART_ID_KEY", KEY)
    assert failed_rows(mart.database, manifest, test, 20) == [
        "landing_file | landed_date",
        f"{TRUNCATED} | 2026-01-09",
        f"1 rows fail {name}",
    ]
    (decision,) = decide_on_build(mart.target_path)
    assert (decision.policy_id, decision.action) == ("mart_warned", "slack")
    refuse_broken([decision], "nothing is published")
    policies = tmp_path / "policies.csv"
    rows = (PROJECT / POLICIES).read_text("utf-8")
    policies.write_text(f"{rows}own,mart,{name},*,0,0,critical,break\n", "utf-8")
    monkeypatch.setattr("logmart.policies.build_decisions.POLICIES", policies)
    with pytest.raises(CommandError, match=f"{name} of .*: policy own says break, so nothing is p"):
        refuse_broken(decide_on_build(mart.target_path), "nothing is published")
    results = json.loads((mart.target_path / "run_results.json").read_bytes())
    kept = read_decisions(mart.target_path, results)
    assert [each["action"] for each in kept.values()] == ["break"]
    assert read_decisions(mart.target_path, {"metadata": {"invocation_id": "other"}}) == {}
