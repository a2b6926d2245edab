"""What a build, its files and its incidents say of tables, as the catalog sync reads it."""

from __future__ import annotations

import json
import subprocess
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from logmart.__main__ import run
from logmart.dbt.manifest import Manifest
from logmart.errors import CommandError
from logmart.operations.quality_results.build import ReadBuild
from logmart.operations.quality_results.check import CatalogCheck
from logmart.operations.quality_results.nodes import CheckedNodes
from logmart.operations.quality_results.write import quality_results, write_quality_results
from logmart.settings import PROJECT, project_variables

NOW = datetime(2026, 3, 2, 18, tzinfo=UTC)
OPENED = "model.logmart.stg_app__app_opened"
METRICS = "model.logmart.metrics_daily"
EVENTS = "source.logmart.app.events"
BANK_FILES, TRANSFERS = "source.logmart.bank.files", "source.logmart.bank.transfers"
REQUIRED = "missing_required:app_opened.launchSource"
CUT, RENAMED = "bank/dt=2026-03-01/transfers-2.jsonl", "app/dt=2026-03-01/renamed.jsonl.gz"
BAD_LINES = "app/dt=2026-03-01/bad_lines.jsonl.gz"

RESULTS = f"""
    ('run-1', 'great_expectations', '{REQUIRED}', 'model', 'stg_app__app_opened', 'passed',
        0, 90, null, 1),
    ('run-2', 'great_expectations', '{REQUIRED}', 'model', 'stg_app__app_opened', 'warned',
        1203, 2000, null, 2),
    ('run-2', 'great_expectations', 'wrong_type:app_opened.launchSource', 'model',
        'stg_app__app_opened', 'error', 0, 2000, 'raised TypeError, policy raw: slack', 2),
    ('run-2', 'great_expectations', 'missing_required:app_opened.gone', 'model',
        'stg_app__app_opened', 'failed', 3, 90, null, 2),
    ('run-1', 'great_expectations', 'not_allowed:app_opened.launchSource', 'model',
        'stg_app__app_opened', 'failed', 3, 90, null, 1),
    ('run-1', 'great_expectations', 'truncated:files', 'file', 'app/dt=2026-02-28/a', 'failed',
        1, 1, null, 1),
    ('run-2', 'great_expectations', 'truncated:files', 'file', '{BAD_LINES}', 'passed',
        0, 1, null, 2),
    ('run-2', 'great_expectations', 'truncated:files', 'file', '{RENAMED}', 'passed',
        0, 1, null, 2),
    ('run-2', 'great_expectations', 'rejected_line:files', 'file', '{BAD_LINES}', 'failed',
        30, 100, null, 2),
    ('run-1', 'great_expectations', 'rejected_line:files', 'file', 'app/dt=2026-02-28/a',
        'warned', 3, 100, null, 1),
    ('run-2', 'dbt', 'stg_app__app_opened', 'model', 'stg_app__app_opened', 'passed',
        null, null, null, 2)
"""
INCIDENTS = f"""
    ('finding', 'volume_low app.app_opened ios', 'model', 'stg_app__app_opened', 'acknowledged'),
    ('finding', 'volume_low app.app_opened web', 'model', 'stg_app__app_opened', 'resolved'),
    ('finding', 'stale crm', 'source', 'crm', 'open'),
    ('check', '{REQUIRED}', 'file', '{RENAMED}', 'open'),
    ('check', 'truncated:files', 'file', '{CUT}', 'acknowledged'),
    ('check', 'rejected_line:files', 'file', '{BAD_LINES}', 'open'),
    ('check', 'truncated:files', 'file', 'app/dt=2026-02-28/a', 'open'),
    ('check', 'fct_events', 'model', 'fct_events', 'resolved'),
    ('check', 'unique_metrics_daily', 'model', 'metrics_daily', 'open'),
    ('task', 'pages', 'task', 'pages', 'open'),
    ('task', 'build', 'task', 'build', 'resolved'),
    ('sla', 'company_report', 'exposure', 'company_scorecard', 'acknowledged')
"""


@pytest.fixture
def built() -> duckdb.DuckDBPyConnection:
    """The tables of a build that the checks are read from."""
    connection = duckdb.connect()
    connection.execute(
        f"""
        create schema marts;
        create schema intermediate;
        create table marts.ingestion_findings as
        select * from (values
            ('volume_low', 'critical', 'app', 'app_opened', null, 'ios', null, 0, 120.0, true),
            ('version_silent', 'critical', 'app', 'app_opened', null, 'ios', '5', 0, 9.0, false),
            ('deprecated', 'info', 'app', 'app_opened', null, 'ios', null, 3, 9.0, true)
        ) as findings (finding, severity, source, event_name, property, platform, app_version,
            observed_count, compared_count, is_ongoing),
        (select date '2026-03-01' as ended_date);
        create table marts.metric_anomalies as
        select 'metric_low' as finding, 'warning' as severity, 'sessions' as metric,
            11.0::double as observed_value, 40.0::double as compared_value, true as is_ongoing,
            date '2026-03-01' as ended_date;
        create table intermediate.int_ingestion_checks as
        select * from (values
            ('volume_low', 'app', 'app_opened', null, 'ios', null),
            ('volume_low', 'app', 'app_opened', null, 'web', null),
            ('volume_low', 'app', 'never_planned', null, 'web', null),
            ('late_share', 'app', null, null, null, null)
        ) as checks (finding, source, event_name, property, platform, app_version),
        (select date '2026-03-01' as business_date);
        create table intermediate.int_metric_checks as
        select * from (values ('metric_low', 'sessions'), ('metric_low', 'users'))
            as checks (finding, metric),
        (select date '2026-03-01' as metric_date);
        create table intermediate.int_source_pauses as
        select * from (values
            ('app', true, true, false, timestamp '2026-03-01 14:00:00', 24),
            ('bank', true, true, false, timestamp '2026-02-20 00:00:00', 84)
        ) as pauses (source, is_ongoing, is_alive, is_excused, started_at, stale_after_hours),
        (select date '2026-02-20' as last_date);
        create table intermediate.int_check_results as
        select 'raw' as stage, results.* exclude (night),
            timestamp '2026-03-01 17:00:00' + to_days(night) as checked_at
        from (values {RESULTS}) as results (run_id, platform, check_name, subject_kind, subject,
            check_status, failure_count, checked_count, message, night);
        create table marts.fct_quarantined_files as
        select * from (values
            ('{CUT}', true, timestamp '2026-03-01 17:10:00'),
            ('{RENAMED}', true, timestamp '2026-03-01 17:10:00'),
            ('{BAD_LINES}', false, timestamp '2026-03-01 17:10:00')
        ) as files (landing_file, is_quarantined, quarantined_at);
        create table marts.incidents as
        select *, 'critical' as severity, timestamp '2026-03-01 17:10:00' as opened_at,
            incident_name || subject as incident_id
        from (values {INCIDENTS}) as incidents (incident_kind, incident_name, subject_kind,
            subject, incident_state);
        """
    )
    return connection


@pytest.fixture
def nodes() -> CheckedNodes:
    """The nodes that the checks are about, as dbt's manifest has them."""

    def model(name: str, group: str, *parents: str) -> dict[str, Any]:
        return {
            "name": name,
            "resource_type": "model",
            "config": {"group": group},
            "depends_on": {"nodes": parents},
            "columns": {"launch_source": {"config": {"meta": {"property": "launchSource"}}}},
        }

    def source(source_name: str, name: str, pattern: str) -> dict[str, Any]:
        meta = {"external_location": f"data/landing/{source_name}/**/{pattern}"}
        return {"source_name": source_name, "name": name, "config": {"meta": meta}}

    models = [
        model("base_app__files", "data_platform", EVENTS),
        model("base_bank__files", "payments", BANK_FILES),
        model("stg_app__app_opened", "engagement", "model.logmart.int_judged_events"),
        model("metrics_daily", "data_platform"),
        model("fct_events", "engagement"),
    ]
    sources = [
        source("app", "events", "*"),
        source("bank", "files", "*"),
        source("bank", "transfers", "transfers*"),
    ]
    return CheckedNodes(
        Manifest(
            {
                "nodes": {f"model.logmart.{each['name']}": each for each in models},
                "sources": {
                    f"source.logmart.{each['source_name']}.{each['name']}": each for each in sources
                },
            }
        )
    )


@pytest.fixture
def build(built: duckdb.DuckDBPyConnection, nodes: CheckedNodes) -> ReadBuild:
    return ReadBuild(built, nodes, project_variables(), NOW)


@pytest.fixture
def checks(build: ReadBuild) -> dict[tuple[str, str], CatalogCheck]:
    """The checks by node and name."""
    found = quality_results(build).checks
    by_key = {(check.node, check.name): check for check in found}
    assert len(by_key) == len(found)
    return by_key


Checks = dict[tuple[str, str], CatalogCheck]


def test_the_newest_result_of_each_planned_check_is_shown(checks: Checks) -> None:
    assert checks[OPENED, REQUIRED] == CatalogCheck(
        node=OPENED,
        name=REQUIRED,
        kind="missing_required",
        platform="great_expectations",
        status="warned",
        message="1,203 of 2,000",
        checked_at="2026-03-03T17:00:00.000Z",
        owner="engagement",
        column="launch_source",
        description="A property that the plan requires is there.",
    )
    raised = checks[OPENED, "wrong_type:app_opened.launchSource"]
    assert (raised.status, raised.message) == ("error", "raised TypeError, policy raw: slack")
    # The model has no such column, the plan no such check; dbt's results come with its artifacts.
    assert (OPENED, "missing_required:app_opened.gone") not in checks
    assert (OPENED, "not_allowed:app_opened.launchSource") not in checks
    assert {check.platform for check in checks.values()} == {"great_expectations", "logmart"}


def test_checks_of_whole_files_count_for_the_table_that_reads_them(checks: Checks) -> None:
    cut, bad = checks[EVENTS, "truncated:files"], checks[EVENTS, "rejected_line:files"]
    # Of the last run alone: the run before had found a cut file.
    assert (cut.status, cut.message, cut.incident) == ("passed", "0 of 2 files", "")
    assert (bad.status, bad.message, bad.incident) == ("failed", "1 of 2 files", "open")
    assert bad.owner == "data_platform"


def test_a_file_in_quarantine_is_on_the_table_that_would_read_it(checks: Checks) -> None:
    found = {
        node: (check.status, check.message, check.incident, check.owner)
        for (node, name), check in checks.items()
        if name == "files_in_quarantine"
    }
    since = "1 in quarantine, the first since 2026-03-01 17:10 UTC"
    assert found == {
        EVENTS: ("failed", since, "open", "data_platform"),
        BANK_FILES: ("passed", "0 in quarantine", "", "payments"),
        TRANSFERS: ("failed", since, "acknowledged", "payments"),
    }


def test_what_is_compared_has_a_check_whether_something_was_found_or_not(checks: Checks) -> None:
    found = {
        key: (check.status, check.message)
        for key, check in checks.items()
        if check.name in {"volume_low", "late_share", "version_silent", "metric_low", "deprecated"}
    }
    assert found == {
        (OPENED, "volume_low"): (
            "failed",
            "1 open, one of 0 beside 120 on 2026-03-01; 2 series up to 2026-03-01",
        ),
        (OPENED, "version_silent"): ("passed", "nothing found"),
        (EVENTS, "late_share"): ("passed", "1 series up to 2026-03-01"),
        (METRICS, "metric_low"): (
            "failed",
            "1 open, one of 11 beside 40 on 2026-03-01; 2 metrics up to 2026-03-01",
        ),
    }
    assert checks[OPENED, "volume_low"].incident == "acknowledged"
    assert checks[METRICS, "metric_low"].incident == ""


def test_a_source_that_ended_is_stale_on_the_date_of_a_run(build: ReadBuild) -> None:
    def stale(run_date: date | None) -> dict[str, str]:
        found = quality_results(replace(build, run_date=run_date)).checks
        return {check.node: check.status for check in found if check.name == "stale"}

    assert stale(None) == {EVENTS: "passed", BANK_FILES: "passed"}
    assert stale(date(2026, 3, 2)) == {EVENTS: "passed", BANK_FILES: "failed"}


def test_other_incidents_are_seen_on_their_table_and_the_rest_is_counted(build: ReadBuild) -> None:
    results = quality_results(build)
    found = {
        check.node: (check.status, check.message, check.incident)
        for check in results.checks
        if check.name == "open_incidents"
    }
    message = "1 open; critical check {} since 2026-03-01 17:10 UTC"
    assert found == {
        METRICS: ("failed", message.format("unique_metrics_daily"), "open"),
        # The files that were checked after it pass.
        EVENTS: ("failed", message.format("truncated:files"), "open"),
        "model.logmart.fct_events": ("passed", "0 open", ""),
    }
    assert results.left_out == {
        "open incident about a subject that is no table: exposure": 1,
        "open incident about a subject that is no table: source": 1,
        "open incident about a subject that is no table: task": 1,
    }


def test_a_build_without_operations_has_the_anomaly_stage(build: ReadBuild) -> None:
    build.connection.execute("drop table marts.incidents")
    build.connection.execute("drop table intermediate.int_check_results")
    results = quality_results(build)
    assert {check.name for check in results.checks} == {
        *("volume_low", "late_share", "version_silent", "metric_low", "stale")
    }
    assert results.left_out == {}


def test_the_file_has_no_name_of_a_file_and_is_replaced_whole(
    build: ReadBuild, tmp_path: Path
) -> None:
    for _ in range(2):
        line = write_quality_results(build, tmp_path)
    text = (tmp_path / "quality_results.json").read_text(encoding="utf-8")
    written = json.loads(text)
    assert written["metadata"] == {
        "schema_version": "logmart/quality_results/v1",
        "generated_at": "2026-03-02T18:00:00.000Z",
    }
    names = [check.name for check in quality_results(build).checks]
    assert [each["name"] for each in written["checks"]] == names
    assert line == (
        f"{len(names)} checks for the catalog, 7 failed, 1 error: {tmp_path}/quality_results.json"
    )
    assert "jsonl" not in text
    assert _read_by_the_sync(tmp_path) == names
    assert [path.name for path in tmp_path.iterdir()] == ["quality_results.json"]


def test_the_command_writes_the_file_of_the_last_build(
    build: ReadBuild,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    database = tmp_path / "logmart.duckdb"
    monkeypatch.setenv("LOGMART_DATABASE", str(database))
    words = ["quality", "results", "--target-path", str(tmp_path)]
    with pytest.raises(CommandError, match=r"manifest\.json is not there: build first"):
        run(words)
    document = dict(build.nodes.manifest.document)
    (tmp_path / "manifest.json").write_text(json.dumps(document), encoding="utf-8")
    with pytest.raises(CommandError, match=r"logmart\.duckdb is not there: build first"):
        run(words)
    duckdb.connect(str(database)).close()
    with pytest.raises(CommandError, match="lacks what the results are read from: build it"):
        run(words)
    build.connection.execute(f"attach '{database}' as build; copy from database memory to build")
    build.connection.execute("detach build")
    assert run(words) == 0
    assert capsys.readouterr().out.endswith(f": {tmp_path / 'quality_results.json'}\n")


def test_findings_are_landed_and_all_results_are_written(
    build: ReadBuild, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = tmp_path / "logmart.duckdb"
    owners = "select 'model' as subject_kind, 'fct_events' as subject, 'engagement' as owner"
    build.connection.execute(f"create table intermediate.int_subject_owners as {owners}")
    build.connection.execute("alter table marts.incidents add column owner varchar")
    build.connection.execute(f"attach '{database}' as build; copy from database memory to build")
    build.connection.execute("detach build")
    document = dict(build.nodes.manifest.document)
    (tmp_path / "manifest.json").write_text(json.dumps(document), encoding="utf-8")
    monkeypatch.setenv("LOGMART_DATABASE", str(database))
    monkeypatch.setenv("LOGMART_LANDING", str(tmp_path / "landing"))
    words = ["--run-id", "r1", "--date", "2026-03-02", "--orchestrator", "nightly"]
    assert run(["operations", "land-findings", *words, "--target-path", str(tmp_path)]) == 0
    written = json.loads((tmp_path / "quality_results.json").read_text(encoding="utf-8"))
    stale = {each["node"]: each["status"] for each in written["checks"] if each["name"] == "stale"}
    # By the date of the run.
    assert stale == {EVENTS: "passed", BANK_FILES: "failed"}
    assert list((tmp_path / "landing").rglob("check_results-*"))


def _read_by_the_sync(folder: Path) -> list[str]:
    """Return the names of the checks that the catalog sync reads, in its own environment."""
    code = (
        "import json, sys; from pathlib import Path;"
        "from logmart_catalog.artifacts.quality_results import read_quality_results as read;"
        "print(json.dumps([check.name for check in read(Path(sys.argv[1])).checks]))"
    )
    ran = subprocess.run(
        [PROJECT / "ingestion/.venv/bin/python", "-c", code, folder],
        env={"PYTHONPATH": str(PROJECT / "ingestion")},
        capture_output=True,
        text=True,
        check=True,
    )
    names: list[str] = json.loads(ran.stdout)
    return names


def test_the_tables_of_these_tests_are_those_of_the_project(
    built: duckdb.DuckDBPyConnection,
) -> None:
    described = {
        model["name"]: {column["name"] for column in model.get("columns", ())}
        for path in (PROJECT / "models").rglob("_*__models.yml")
        for model in yaml.safe_load(path.read_text(encoding="utf-8"))["models"]
    }
    rows = built.execute("select table_name, column_name from information_schema.columns")
    for table, column in rows.fetchall():
        assert column in described[table], (table, column)
