"""A build runs the nodes whose code or inputs have changed, and reports on all."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from logmart.dbt.manifest import read_json
from logmart.environment import changed_environment
from logmart.errors import CommandError
from logmart.mart.build_options import BuildOptions
from logmart.mart.changed_build import build_changed
from logmart.settings import PROJECT, Settings

FILES = {
    "dbt_project.yml": """
name: logmart
version: "0.1.0"
config-version: 2
profile: logmart
vars: {least: 1, other: 1, clock: early}
on-run-end: "{{ noted(var('other')) }}"
""",
    "macros/noted.sql": """
{% macro noted(value) %}{% if value > 99 %}select {{ value }}{% endif %}{% endmacro %}
""",
    "macros/doubled.sql": """
{% macro doubled(amount) -%}{{ return(adapter.dispatch('doubled')(amount)) }}{%- endmacro %}
{% macro duckdb__doubled(amount) -%}{{ halved(4) }} * {{ amount }}{%- endmacro %}
{% macro halved(number) -%}{{ number // 2 }}{%- endmacro %}
""",
    "macros/described.sql": """
{% macro described() -%}
{%- set node = (graph.get('nodes') or {}).get('model.logmart.amounts', {}) -%}
{{ node.get('description', '') | length }}
{%- endmacro %}
""",
    "seeds/bounds.csv": "bound\n5\n",
    "models/_models.yml": """
sources:
  - name: app
    config: {meta: {external_location: "{{ env_var('LOGMART_LANDING') }}/app/*.csv"}}
    tables: [{name: lines}]
models:
  - {name: amounts, description: The amounts.}
  - name: totals
    columns: [{name: total, data_tests: [not_null]}]
unit_tests:
  - name: totals_are_sums
    model: totals
    given: [{input: ref('amounts'), rows: [{amount: 1}, {amount: 2}]}]
    expect: {rows: [{total: 6}]}
""",
    "models/lines.sql": """
{{ config(materialized='table') }}
select * from {{ source('app', 'lines') }}
""",
    "models/amounts.sql": """
{{ config(materialized='view') }}
select amount from {{ ref('lines') }} where amount >= {{ var('least') }}
""",
    "models/totals.sql": """
{{ config(materialized='table') }}
select {{ doubled('sum(amount)') }} as total from {{ ref('amounts') }}
""",
    "models/bounded.sql": """
{{ config(materialized='table') }}
select amount from {{ ref('lines') }} where amount < (select max(bound) from {{ ref('bounds') }})
""",
    "models/stamped.sql": """
{{ config(materialized='table') }}
select '{{ var("clock") }}' as clock, {{ described() }} as description_length
""",
    "tests/singular/totals_are_small.sql": "select * from {{ ref('totals') }} where total > 100",
}
ALL = {
    *("bounds", "lines", "amounts", "totals", "bounded", "stamped"),
    *("not_null_totals_total", "totals_are_sums", "totals_are_small"),
}
OF_TOTALS = {"totals", "not_null_totals_total", "totals_are_sums", "totals_are_small"}
AMOUNTS_AND_BELOW = {"amounts", *OF_TOTALS}


class Project:
    """A small project in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.paths = Settings(folder / "landing", folder / "logmart.duckdb", folder / "published")
        self.target = folder / "target"
        for name, text in FILES.items():
            self.write(name, text)
        self.write("landing/app/one.csv", "amount\n1\n7\n")

    def write(self, name: str, text: str) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def replace(self, name: str, old: str, new: str) -> None:
        text = (self.folder / name).read_text(encoding="utf-8")
        assert old in text
        self.write(name, text.replace(old, new))

    def build(self, *, runs_all: bool = False, whole: bool = False, **variables: Any) -> set[str]:
        """Build; return the names of the nodes that ran."""
        chosen = {"least": 1, "other": 1, "clock": "early"} | variables
        options = BuildOptions(self.target, chosen, whole)
        before = self._ends()
        with self.inside():
            arguments = ["--target-path", str(self.target), "--vars", json.dumps(chosen)]
            build_changed(self.paths, options, arguments, runs_all=runs_all)
        return {name for name, end in self._ends().items() if before.get(name) != end}

    def _ends(self) -> dict[str, str]:
        """Return when each node of run_results.json ended."""
        if not (self.target / "run_results.json").exists():
            return {}
        results = read_json(self.target / "run_results.json")["results"]
        ends = {
            each["unique_id"].split(".")[3 if each["unique_id"].startswith("unit") else 2]: str(
                each["timing"]
            )
            for each in results
        }
        return {name: end for name, end in ends.items() if not name.startswith("logmart-on-run")}

    @contextlib.contextmanager
    def inside(self) -> Iterator[None]:
        environment = {
            "LOGMART_LANDING": str(self.paths.landing),
            "LOGMART_DATABASE": str(self.paths.database),
            "LOGMART_PROJECT": str(PROJECT),
            "DBT_PROFILES_DIR": str(PROJECT / "profiles"),
        }
        with changed_environment(environment), contextlib.chdir(self.folder):
            yield

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(self.paths.database), read_only=True) as connection:
            return connection.execute(query).fetchall()


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = Project(tmp_path_factory.mktemp("changed"))
    assert project.build() == ALL
    return project


def test_a_build_without_changes_runs_nothing_and_reports_on_all(built: Project) -> None:
    manifest = read_json(built.target / "manifest.json")
    results = read_json(built.target / "run_results.json")
    assert built.build() == set()
    later = read_json(built.target / "run_results.json")
    statuses = {each["unique_id"]: each["status"] for each in results["results"]}
    statuses = {name: status for name, status in statuses.items() if "operation" not in name}
    assert {each["unique_id"]: each["status"] for each in later["results"]} == statuses
    nodes = read_json(built.target / "manifest.json")["nodes"]
    for unique_id in statuses.keys() & nodes.keys():
        code = manifest["nodes"][unique_id].get("compiled_code")
        assert nodes[unique_id].get("compiled_code") == code


_CHANGES: list[tuple[str, Callable[[Project], None], dict[str, Any], set[str]]] = [
    (
        "a file lands",
        lambda project: project.write("landing/app/two.csv", "amount\n9\n"),
        {},
        # The view has no data of its own; what reads it has.
        {"lines", "bounded", *OF_TOTALS},
    ),
    (
        "a seed",
        lambda project: project.write("seeds/bounds.csv", "bound\n6\n"),
        {},
        {"bounds", "bounded"},
    ),
    (
        "a macro that is called through a macro's form for the engine",
        lambda project: project.replace("macros/doubled.sql", "number // 2", "number / 2"),
        {},
        OF_TOTALS,
    ),
    (
        "the SQL of a view",
        lambda project: project.replace("models/amounts.sql", "amount >=", "lines.amount >="),
        {},
        AMOUNTS_AND_BELOW,
    ),
    ("a variable", lambda project: None, {"least": 2}, AMOUNTS_AND_BELOW),
    ("a variable in quotes", lambda project: None, {"clock": "late"}, {"stamped"}),
    (
        "a description that a macro reads through the graph",
        lambda project: project.replace("models/_models.yml", "The amounts.", "All amounts."),
        {},
        {"stamped", *AMOUNTS_AND_BELOW},
    ),
    (
        "a comment of a macro",
        lambda project: project.replace(
            "macros/doubled.sql", "\n{% macro h", "\n{# ! #}{% macro h"
        ),
        {},
        set(),
    ),
    (
        "a unit test",
        lambda project: project.replace(
            "models/_models.yml", "{amount: 2}", "{amount: 1}, {amount: 1}"
        ),
        {},
        OF_TOTALS,
    ),
    (
        "a data test",
        lambda project: project.replace("tests/singular/totals_are_small.sql", "100", "1000"),
        {},
        {"totals_are_small"},
    ),
    # dbt runs no hook where it runs no node.
    ("a variable of a hook", lambda project: None, {"other": 2}, ALL),
]


def test_a_build_runs_what_a_change_reaches(built: Project) -> None:
    """Each change comes on top of the ones before it."""
    chosen: dict[str, Any] = {}
    found = {}
    for name, change, variables, _ in _CHANGES:
        change(built)
        chosen |= variables
        found[name] = built.build(**chosen)
    assert found == {name: nodes for name, _, _, nodes in _CHANGES}
    assert built.build(**chosen) == set()


def test_the_tables_are_those_of_a_whole_build(built: Project) -> None:
    built.write("landing/app/three.csv", "amount\n11\n")
    built.build(least=3)
    tables = {name: built.rows(f"from main.{name} order by all") for name in ("totals", "bounded")}
    assert built.build(least=3, runs_all=True) == ALL
    assert {name: built.rows(f"from main.{name} order by all") for name in tables} == tables
    assert built.build(least=3, whole=True) == ALL


def test_what_failed_runs_again_and_what_passed_does_not(built: Project) -> None:
    built.build()
    built.replace("models/bounded.sql", "select amount", "select error('broken') as amount")
    built.replace("models/stamped.sql", "as clock", "as clock, 1 as one")
    with pytest.raises(CommandError):
        built.build()
    built.replace("models/bounded.sql", "select error('broken') as amount", "select amount")
    # Nothing is known of what a node that failed left behind, so it runs.
    assert built.build() == {"bounded"}
    built.write("tests/singular/totals_are_small.sql", "select * from {{ ref('totals') }}")
    with pytest.raises(CommandError):
        built.build()
    with pytest.raises(CommandError):
        built.build()
    built.write("tests/singular/totals_are_small.sql", FILES["tests/singular/totals_are_small.sql"])
    assert built.build() == {"totals_are_small"}


def test_after_a_write_by_anybody_else_every_node_runs(built: Project) -> None:
    built.build()
    with duckdb.connect(str(built.paths.database)) as connection:
        connection.execute("select * from main.totals").fetchall()
    assert built.build() == set()
    with duckdb.connect(str(built.paths.database)) as connection:
        connection.execute("delete from main.totals")
    assert built.build() == ALL


def test_a_list_of_versions_that_is_cut_short_counts_as_none(built: Project) -> None:
    built.build()
    path = built.folder / "logmart.versions.json"
    path.write_bytes(path.read_bytes()[:100])
    assert built.build() == ALL
