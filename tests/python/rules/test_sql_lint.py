from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from planted_sql import CALLS, FIND_NOTHING, PLANTED
from sqlfluff.core import FluffConfig, Linter

from logmart.checks import sql_lint
from logmart.settings import PROJECT

DBT_PROJECT = "name: logmart\nversion: '0.1.0'\nconfig-version: 2\nprofile: logmart\n"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A dbt project without models, with the configuration of the linter."""
    shutil.copyfile(PROJECT / ".sqlfluff", tmp_path / ".sqlfluff")
    shutil.copytree(PROJECT / "profiles", tmp_path / "profiles")
    (tmp_path / "dbt_project.yml").write_text(DBT_PROJECT)
    (tmp_path / "models").mkdir()
    monkeypatch.setattr(sql_lint, "PROJECT", tmp_path)
    monkeypatch.setenv("LOGMART_PROJECT", str(PROJECT))
    return tmp_path


def test_something_is_planted_for_every_rule_that_can_find_anything() -> None:
    linter = Linter(config=FluffConfig.from_path(str(PROJECT)))
    rules = {rule.code for rule in linter.get_rulepack().rules}
    assert rules == PLANTED.keys() - {"PRS"} | FIND_NOTHING


def test_what_is_planted_in_a_model_is_found(project: Path) -> None:
    for rule, text in PLANTED.items():
        (project / f"models/planted_{rule.lower()}.sql").write_text(text)
    found = sql_lint.lint_sql(sql_lint.sql_files(project))
    by_model = {(finding.node, finding.kind) for finding in found}
    planted = [(f"planted_{rule.lower()}", f"lint:{rule}") for rule in PLANTED]
    assert [each for each in planted if each not in by_model] == []


def test_what_is_planted_around_a_call_is_found(project: Path) -> None:
    for number, text in enumerate(CALLS):
        (project / f"models/call_{number}.sql").write_text(text)
    found = sql_lint.lint_sql(sql_lint.sql_files(project))
    assert {
        text: [
            (finding.kind.removeprefix("lint:"), finding.line)
            for finding in found
            if finding.node == f"call_{number}"
        ]
        for number, text in enumerate(CALLS)
    } == CALLS


def test_only_the_call_of_a_macro_with_a_stand_in_is_not_rendered_by_dbt(project: Path) -> None:
    texts = {
        "call": "{{ planned_event('a') }}\n",
        "call_of_another_macro": "{{ canonical_events('a') }}\n",
        "call_and_config": "{{ config(enabled=true) }}\n\n{{ planned_event('a') }}\n",
        "call_and_sql": "{{ planned_event('a') }}\nlimit 1\n",
        "two_calls": "{{ planned_event('a') }}{{ planned_event('b') }}\n",
    }
    for name, text in texts.items():
        (project / f"models/{name}.sql").write_text(text)
    called, rendered = sql_lint.groups(project, sql_lint.sql_files(project))
    assert called == (["--templater", "jinja"], ["models/call.sql"])
    config = str(project / "target/lint/pyproject.toml")
    assert rendered == (
        ["--config", config],
        [f"models/{name}.sql" for name in sorted(texts) if name != "call"],
    )


def test_a_source_that_is_switched_off_is_linted_by_the_list_of_planned_events(
    project: Path,
) -> None:
    """dbt_project.yml is the only place that names the sources."""
    variables = "vars: {sources: [app], planned_events: {app: [a], own: [b]}}\n"
    (project / "dbt_project.yml").write_text(DBT_PROJECT + variables)
    for source in ("app", "own"):
        enabled = f"{{{{ config(enabled='{source}' in var('sources')) }}}}"
        (project / f"models/{source}.sql").write_text(f"{enabled}\n\nSELECT 1 as one\n")
    found = sql_lint.lint_sql(sql_lint.sql_files(project))
    assert {(one.node, one.kind) for one in found} == {("app", "lint:CP01"), ("own", "lint:CP01")}


def test_every_stand_in_is_of_a_macro_that_is_a_model_by_itself() -> None:
    (_, called), _ = sql_lint.groups(PROJECT, sql_lint.sql_files(PROJECT))
    texts = [(PROJECT / file).read_text() for file in called]
    macros = {text.split("(")[0].removeprefix("{{").strip() for text in texts}
    assert macros == sql_lint.stand_ins(PROJECT)


def test_two_processes_lint_all_sql_the_longest_file_first() -> None:
    _, (options, files) = sql_lint.groups(PROJECT, sql_lint.sql_files(PROJECT))
    sizes = [(PROJECT / file).stat().st_size for file in files]
    assert options[2:] == ["--processes", "2"]
    assert sizes == sorted(sizes, reverse=True)
