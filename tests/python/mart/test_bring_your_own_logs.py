"""The recipe of docs/bring-your-own-logs.md, followed to the letter on a copy of the project."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from logmart.checks import lint_changed, rules, sql_lint
from logmart.plan.check import check, read_project
from mart_runs import EVENTS, NO_ARTIFACTS, NO_UNIT_TESTS, PROJECT, Mart, copy_project

CRAWLERS = "seeds/user_agents/crawler_user_agents.csv"
LANDED_FILE = "access_log/dt=2015-05-21/access.log.gz"
LINE = '1.2.3.{}- - [17/May/2015:10:05:{:02} +0200] "GET /{} HTTP/1.1" 200 {} "-" "Mozilla/5.0"'


def follow_the_recipe(folder: Path) -> Path:
    """Write every file that the recipe shows, where it says, and switch the source on."""
    project = copy_project(folder)
    recipe = (PROJECT / "docs/bring-your-own-logs.md").read_text(encoding="utf-8")
    files = re.findall(r"^```\w+ (\S+)\n(.*?)^```", recipe, re.DOTALL | re.MULTILINE)
    assert len(files) == 7
    for path, content in files:
        (project / path).parent.mkdir(parents=True, exist_ok=True)
        (project / path).write_text(content, encoding="utf-8")
    events = re.search(r"planned_events:\n(    access_log:\n      - page_requested\n)", recipe)
    assert events
    settings = project / "dbt_project.yml"
    text = settings.read_text(encoding="utf-8")
    if "access_log" not in yaml.safe_load(text)["vars"]["planned_events"]:
        text = text.replace("  planned_events:\n", f"  planned_events:\n{events.group(1)}", 1)
    settings.write_text(text, encoding="utf-8")
    return project


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return follow_the_recipe(tmp_path_factory.mktemp("recipe") / "project")


def test_the_recipe_builds(project: Path, tmp_path: Path) -> None:
    mart = Mart(tmp_path, sources=("access_log",), project=project)
    line = LINE.format("4 ", 3, "index.html", 120)
    mart.land(LANDED_FILE, [line, line, LINE.format("5 ", 4, "a", "-"), "no request"])
    mart.build(*NO_UNIT_TESTS, NO_ARTIFACTS)
    assert mart.query(
        "select page_path, response_bytes, occurred_at::varchar, is_duplicate, violations"
        " from staging.stg_access_log__page_requested order by line_number"
    ) == [
        ("/index.html", 120, "2015-05-17 08:05:03", False, []),
        ("/index.html", 120, "2015-05-17 08:05:03", False, []),
        ("/a", None, "2015-05-17 08:05:04", False, []),
    ]
    assert mart.query("select masked_line, violations from intermediate.int_rejected_events") == [
        ("aa aaaaaaa", ["unreadable_line"])
    ]


@pytest.mark.deep
def test_every_unit_test_passes_with_the_recipes_source_alone(
    project: Path, tmp_path: Path
) -> None:
    mart = Mart(tmp_path, sources=("access_log",), project=project)
    mart.land(LANDED_FILE, [LINE.format("4 ", 3, "index.html", 120)])
    mart.build(NO_ARTIFACTS)


def test_every_broken_line_is_a_row_whatever_the_base_makes_of_its_empty_fields(
    project: Path, tmp_path: Path
) -> None:
    keyed = tmp_path / "keyed"
    shutil.copytree(project, keyed)
    base = keyed / "models/staging/access_log/base_access_log__events.sql"
    text = base.read_text(encoding="utf-8")
    assert text.count("null::varchar as event_id") == 1
    key = "md5(request.time || request.address) as event_id"
    base.write_text(text.replace("null::varchar as event_id", key), encoding="utf-8")
    mart = Mart(tmp_path / "mart", sources=("access_log",), project=keyed)
    sound = LINE.format("4 ", 3, "index.html", 120)
    mart.land(LANDED_FILE, ["broken", sound, "torn", "no request", sound])
    mart.build(*EVENTS, NO_ARTIFACTS)
    assert mart.query(
        "select rejected_count, duplicate_count, valid_count from marts.fct_landed_files"
    ) == [(3, 1, 1)]
    assert mart.query(
        "select event_id, user_id, device_id from intermediate.int_rejected_events order by 1"
    ) == [(f"{LANDED_FILE}:{number}", None, None) for number in (1, 3, 4)]


def test_the_recipe_leaves_no_model_without_a_description_and_an_owner(
    project: Path, tmp_path: Path
) -> None:
    mart = Mart(tmp_path, sources=("access_log",), project=project)
    mart.dbt("parse")
    nodes = json.loads((mart.target_path / "manifest.json").read_bytes())["nodes"].values()
    models = [
        node
        for node in nodes
        if node["resource_type"] == "model" and "access_log" in node["original_file_path"]
    ]
    assert {node["name"] for node in models} == {
        "base_access_log__files",
        "base_access_log__events",
        "stg_access_log__page_requested",
        "stg_access_log__unplanned_events",
    }
    assert all(node["description"] and node["group"] for node in models)


# Two whole builds. That no line is lost is tried on broken lines in every run of the tests, above.
@pytest.mark.deep
def test_the_recipe_loses_no_line_of_a_real_log(project: Path, tmp_path: Path) -> None:
    real = Path(os.environ.get("LOGMART_REAL_DATA", "../shared/data")) / "apache_access"
    if not real.exists():
        pytest.skip(
            "the recipe on a real access log: it is not in LOGMART_REAL_DATA (default"
            " ../shared/data); a few lines of the same form were built"
        )
    # Whoever looks like a bot opens no session; the known number of sessions counts them all.
    everybody = follow_the_recipe(tmp_path / "project")
    (everybody / CRAWLERS).write_text("pattern\n^nobody$\n", encoding="utf-8")
    variables = (("bot_user_agent_pattern", "^nobody$"),)
    mart = Mart(tmp_path / "mart", sources=("access_log",), variables=variables, project=everybody)
    (mart.landing / LANDED_FILE).parent.mkdir(parents=True)
    shutil.copyfile(real / "apache_logs.gz", mart.landing / LANDED_FILE)
    mart.build(*NO_UNIT_TESTS, NO_ARTIFACTS)
    ((line_count, valid, requests, addresses),) = mart.query(
        "select (select sum(line_count) from marts.fct_landed_files),"
        " (select sum(valid_count) from marts.fct_landed_files),"
        " count(*), count(distinct user_id) from marts.fct_events"
    )
    assert (line_count, valid, requests, addresses) == (10_000, 10_000, 10_000, 1_753)
    assert mart.query("select count(*) from marts.fct_sessions") == [(3_224,)]
    repeated = Counter(
        mart.query("select properties, device_id, occurred_at from marts.fct_events")
    )
    assert sum(count - 1 for count in repeated.values()) == 19
    replace(mart, variables=(), project=project).build(
        "--full-refresh", *NO_UNIT_TESTS, NO_ARTIFACTS
    )
    ((bots,),) = mart.query("select sum(bot_count) from marts.fct_landed_files")
    assert 1_500 < bots < 3_000


def test_the_recipe_is_all_that_a_new_source_needs(project: Path, tmp_path: Path) -> None:
    """No list outside of the recipe knows the sources: plan, linters and rules take the new one."""
    models = project / "models/staging/access_log"
    assert [str(path) for path in changed_files(project)] == [
        "dbt_project.yml",
        *(str(path.relative_to(project)) for path in sorted(models.iterdir())),
    ]
    assert check(read_project(project)) == []
    with linted(project) as files:
        for options, names in sql_lint.groups(project, files):
            # Only the models that are a call of one macro: dbt takes 20 s to render the rest.
            if "jinja" in options:
                assert len(names) == 3
                assert sql_lint.sqlfluff(options, names) == []
    assert lint_changed.yamllint([str(path) for path in sorted(models.glob("*.yml"))]) == []
    if rules.BOUNCER.exists():
        mart = Mart(
            tmp_path,
            sources=("app", "access_log"),
            record_sources=("bank", "crm"),
            has_operations=True,
            project=project,
        )
        mart.dbt("parse")
        categories = ["manifest_checks"]
        broken = rules.run_rules(mart.target_path, categories)
        assert rules.findings(broken, rules.read_exceptions(), categories) == []
    # The other rule on its columns needs a built catalog.
    (documented,) = (
        rule
        for rule in rules.read_rules()["catalog_checks"]
        if rule["name"] == "check_columns_are_all_documented"
    )
    planned = [str(path.relative_to(project)) for path in models.glob("stg_*.sql")]
    assert [path for path in planned if not re.match(documented["exclude"], path)] == []


@pytest.mark.deep
def test_sqlfluff_finds_nothing_in_the_recipes_models(project: Path) -> None:
    with linted(project) as files:
        assert len(files) == 4
        assert sql_lint.lint_sql(files) == []


@contextmanager
def linted(project: Path) -> Iterator[list[str]]:
    """Let the linter of SQL work in the copy; yield the recipe's models."""
    shutil.copyfile(PROJECT / ".sqlfluff", project / ".sqlfluff")
    shutil.copytree(PROJECT / "profiles", project / "profiles", dirs_exist_ok=True)
    models = sorted((project / "models/staging/access_log").glob("*.sql"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sql_lint, "PROJECT", project)
        patch.setenv("LOGMART_PROJECT", str(PROJECT))
        yield [str(path.relative_to(project)) for path in models]


def changed_files(project: Path) -> list[Path]:
    """Return the files of the copy that are not as in the project, as paths in it."""
    copied = [path for path in sorted(project.rglob("*")) if path.is_file()]
    return [
        path.relative_to(project)
        for path in copied
        if not (PROJECT / path.relative_to(project)).exists()
        or path.read_bytes() != (PROJECT / path.relative_to(project)).read_bytes()
    ]
