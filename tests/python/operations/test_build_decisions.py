"""What follows from the results of a build: decided once, kept for those who land them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from logmart.__main__ import run as run_logmart
from logmart.dbt import full_refresh
from logmart.errors import CommandError, TransientError
from logmart.mart import build as build_module
from logmart.mart.build import build_mart
from logmart.mart.build_options import BuildOptions
from logmart.operations import pipeline
from logmart.operations.dbt_results import check_results
from logmart.policies.build_decisions import decide_on_build, decide_on_findings
from logmart.policies.decisions import Decision
from logmart.policies.kept_decisions import read_decisions
from logmart.quality import run as run_module
from logmart.quality.run import Outcome
from small_project import SmallProject

NULLS = "not_null_counted_amount"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> SmallProject:
    """A project that was built: one of its tests fails, and one warns."""
    project = SmallProject(tmp_path_factory.mktemp("tested"))
    project.hold_amounts("(1), (2), (null)")
    project.open_gate()
    project.build()
    return project


def test_what_failed_breaks_and_what_warned_is_told(project: SmallProject) -> None:
    found = {each.check_name: each for each in decide_on_build(project.target)}
    failed = found.pop(NULLS)
    assert (failed.policy_id, failed.action, failed.severity) == (
        "mart_failed",
        "break",
        "critical",
    )
    (warned,) = found.values()
    assert (warned.policy_id, warned.action, warned.severity) == ("mart_warned", "slack", "warning")


def test_the_landed_results_carry_what_was_decided(project: SmallProject) -> None:
    decide_on_build(project.target)
    manifest, results = project.artifact("manifest"), project.artifact("run_results")
    decisions = read_decisions(project.target, results)
    run = pipeline.Run("r1", date(2026, 3, 1), "nightly")
    long_ago = datetime(2000, 1, 1, tzinfo=UTC)
    records = check_results(manifest, results, run, long_ago, decisions)
    actions = {each["check"]: each.get("action") for each in records}
    assert actions.pop(NULLS) == "break"
    assert sorted(map(str, actions.values())) == ["None"] * 4 + ["slack"]


def test_an_open_finding_is_told_by_its_policy() -> None:
    common = {"subjectKind": "source", "subject": "app", "severity": "critical"}
    records = [
        {"check": "stale app", "status": "failed", **common},
        {"check": "late app", "status": "passed", **common},
    ]
    (decision,) = decide_on_findings(records)
    assert (decision.check_name, decision.policy_id) == ("stale app", "anomaly_open")
    assert (decision.action, decision.severity) == ("slack", "critical")


def decided(action: str) -> list[Decision]:
    return [Decision("model", "orders", "totals", "own", "critical", action, True, None)]


@pytest.mark.parametrize(
    ("action", "error"), [("break", CommandError), ("retry", TransientError), ("slack", None)]
)
def test_a_build_is_published_unless_a_policy_breaks_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, action: str, error: type[Exception] | None
) -> None:
    steps: list[str] = []

    def step(name: str, result: object = None) -> Callable[..., Any]:
        def stepped(*_: Any, **__: Any) -> object:
            steps.append(name)
            return result

        return stepped

    class Published:
        def sentence(self) -> str:
            return "Published"

    for name, result in {
        "check_build": None,
        "finish_erasure": False,
        "_check_key": "",
        "run_dbt": None,
        "build_changed": "",
        "read_outcomes": [],
        "decide_on_build": decided(action),
        "publish": Published(),
    }.items():
        monkeypatch.setattr(build_module, name, step(name, result))
    monkeypatch.setenv("LOGMART_PUBLISHED", str(tmp_path / "published.duckdb"))
    monkeypatch.setenv("LOGMART_DATABASE", str(tmp_path / "build/logmart.duckdb"))
    monkeypatch.setattr(build_module, "published_date", lambda _: None)
    monkeypatch.setattr(full_refresh, "holds", lambda *_: True)
    options = BuildOptions(tmp_path / "target")
    if error is None:
        build_mart(options)
    else:
        with pytest.raises(error, match="totals of orders: policy own says .*, so nothing is publ"):
            build_mart(options)
    assert ("publish" in steps) == (error is None)
    assert steps.index("build_changed") < steps.index("decide_on_build")


@pytest.mark.parametrize(("action", "error"), [("break", CommandError), ("retry", TransientError)])
def test_checks_on_files_end_the_task_where_a_policy_says_so(
    monkeypatch: pytest.MonkeyPatch, action: str, error: type[Exception]
) -> None:
    outcome = Outcome({}, [], decided(action), {}, [])
    monkeypatch.setattr(run_module, "run_checks", lambda *_: outcome)
    with pytest.raises(error, match=f"policy own says {action}, so nothing is to be built"):
        run_logmart(["quality", "run"])
