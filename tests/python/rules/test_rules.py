"""The project keeps to the rules, and each rule finds the violation that is planted for it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from planted_violations import PLANTED, Artifact, Planted

from logmart.checks import rules
from logmart.checks.rules import Broken, RuleException
from logmart.errors import CommandError
from logmart.findings import Finding, Severity

CATEGORIES = ["manifest_checks", "catalog_checks"]

pytestmark = pytest.mark.skipif(
    not rules.BOUNCER.exists(),
    reason="the rules: dbt-bouncer is not installed, `make lint` does",
)


@pytest.fixture(scope="session")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> Artifact:
    folder = tmp_path_factory.mktemp("rules")
    content: Artifact = json.loads((rules.parse_project(folder) / "manifest.json").read_text())
    return content


def broken_rules(folder: Path, manifest: Artifact, catalog: Artifact) -> list[Broken]:
    (folder / "manifest.json").write_text(json.dumps(manifest))
    (folder / "catalog.json").write_text(json.dumps(catalog))
    return rules.run_rules(folder, CATEGORIES)


def _without_exceptions(broken: list[Broken]) -> set[tuple[str, int, str]]:
    exceptions = rules.read_exceptions()
    return {
        (each.rule, each.place, each.node)
        for each in broken
        if not any(exception.covers(each) for exception in exceptions)
    }


def _places() -> dict[tuple[str, int], int]:
    """Return the place in its category of each rule and index of its entry."""
    places: dict[tuple[str, int], int] = {}
    for category in CATEGORIES:
        for place, rule in enumerate(rules.read_rules()[category]):
            name = rule["name"].removeprefix("check_")
            places[name, sum(seen == name for seen, _ in places)] = place
    return places


def test_every_rule_has_something_planted_against_it() -> None:
    assert sorted((rule, entry) for rule, entry, _, _ in PLANTED) == sorted(_places())


def test_each_rule_finds_what_is_planted_against_it_and_nothing_else(
    manifest: Artifact, tmp_path: Path
) -> None:
    planted, expected, places = Planted(manifest), set(), _places()
    for rule, entry, node, plant in PLANTED:
        plant(planted)
        expected |= {(rule, places[rule, entry], name) for name in node.split()}
    found = _without_exceptions(broken_rules(tmp_path, planted.manifest, planted.catalog))
    assert found == expected


def test_the_project_keeps_to_the_rules(manifest: Artifact, tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))
    broken = rules.run_rules(tmp_path, ["manifest_checks"])
    assert rules.findings(broken, rules.read_exceptions(), ["manifest_checks"]) == []


BROKEN = Broken("model_names", 20, "stg_x", "models/staging/x.sql", "named wrongly")


def test_a_broken_rule_is_a_finding_of_its_node() -> None:
    assert rules.findings([BROKEN], [], CATEGORIES) == [
        Finding(
            "rule:model_names",
            "named wrongly",
            "stg_x",
            file="models/staging/x.sql",
            severity=Severity.ERROR,
        )
    ]


@pytest.mark.parametrize("node", ["stg_x", "stg_*"])
def test_an_exception_covers_its_nodes_and_no_others(node: str) -> None:
    other = Broken("model_names", 20, "x_stg", "models/x.sql", "named wrongly")
    found = rules.findings(
        [BROKEN, other], [RuleException("model_names", node, "reason")], CATEGORIES
    )
    assert [each.node for each in found] == ["x_stg"]


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ("model_names", "keeps to the rule: take the exception out"),
        ("no_such_rule", "no rule of this name: mend the exception"),
    ],
)
def test_an_exception_that_nothing_needs_is_a_finding(rule: str, message: str) -> None:
    found = rules.findings([], [RuleException(rule, "stg_x", "reason")], CATEGORIES)
    assert [(each.file, each.node, each.message) for each in found] == [
        ("rules/exceptions.yml", "stg_x", message)
    ]


def test_an_exception_of_a_rule_on_the_catalog_waits_for_a_catalog() -> None:
    exception = RuleException("columns_are_all_documented", "stg_x", "reason")
    assert rules.findings([], [exception], ["manifest_checks"]) == []
    assert len(rules.findings([], [exception], CATEGORIES)) == 1


def test_every_exception_has_a_reason() -> None:
    assert all(exception.reason.strip() for exception in rules.read_exceptions())


def test_a_folder_without_a_manifest_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"manifest\.json is not there: build first"):
        rules.run_rules(tmp_path, [])
