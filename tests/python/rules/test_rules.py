"""The project keeps to the rules, and each rule is seen to find what is planted against it."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from scripts import rules
from scripts.errors import CommandError
from scripts.findings import Finding
from scripts.rules import Broken, RuleException

Artifact = dict[str, Any]
CATEGORIES = ["manifest_checks", "catalog_checks"]

pytestmark = pytest.mark.skipif(
    not rules.BOUNCER.exists(), reason="the rules: dbt-bouncer is not installed, `make rules` does"
)


@pytest.fixture(scope="session")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> Artifact:
    folder = tmp_path_factory.mktemp("rules")
    content: Artifact = json.loads((rules.parse_project(folder) / "manifest.json").read_text())
    return content


def catalog_of(manifest: Artifact) -> Artifact:
    """A catalog that has the columns that the manifest describes."""
    return {
        "metadata": {"dbt_schema_version": "https://schemas.getdbt.com/dbt/catalog/v1.json"},
        "sources": {},
        "nodes": {
            unique_id: {
                "unique_id": unique_id,
                "metadata": {"type": "TABLE", "schema": node["schema"], "name": node["name"]},
                "stats": {},
                "columns": {
                    name: {"name": name, "index": index, "type": column["data_type"]}
                    for index, (name, column) in enumerate(node["columns"].items())
                },
            }
            for unique_id, node in manifest["nodes"].items()
            if node["resource_type"] in ("model", "seed")
        },
    }


def broken_rules(folder: Path, manifest: Artifact, catalog: Artifact) -> list[Broken]:
    (folder / "manifest.json").write_text(json.dumps(manifest))
    (folder / "catalog.json").write_text(json.dumps(catalog))
    return rules.run_rules(folder, CATEGORIES)


class Planted:
    """Copies of artifacts, to plant things in."""

    def __init__(self, manifest: Artifact) -> None:
        self.manifest = copy.deepcopy(manifest)
        self.catalog = catalog_of(manifest)

    def model(self, name: str) -> Any:
        return self.manifest["nodes"][f"model.logmart.{name}"]

    def reads(self, name: str, unique_id: str) -> None:
        self.model(name)["depends_on"]["nodes"].append(unique_id)

    def writes(self, name: str, code: str) -> None:
        self.model(name)["raw_code"] += code

    def column(self, name: str, column: str, data_type: str | None) -> None:
        self.model(name)["columns"][column] = {
            "name": column,
            "description": "Planted.",
            "data_type": data_type,
            "meta": {},
            "config": {"meta": {}},
        }

    def add(self, kind: str, like: str, name: str, **changes: Any) -> Any:
        parts = [*like.split(".")[:-1], name]
        entry = copy.deepcopy(self.manifest[kind][like])
        entry |= {"unique_id": ".".join(parts), "name": name, **changes}
        self.manifest[kind][entry["unique_id"]] = entry
        return entry

    def seed(self, name: str) -> Any:
        return self.manifest["nodes"][f"seed.logmart.{name}"]

    def snapshot(self) -> Any:
        return self.manifest["nodes"]["snapshot.logmart.bank_user_states"]

    def source(self, name: str) -> Any:
        return self.manifest["sources"][f"source.logmart.{name}"]

    def exposure(self, name: str) -> Any:
        return self.manifest["exposures"][f"exposure.logmart.{name}"]

    def untest(self, name: str, *tests: str) -> None:
        """Take away a model's tests of these kinds."""
        for unique_id, node in list(self.manifest["nodes"].items()):
            if (
                node["resource_type"] == "test"
                and node.get("attached_node") == f"model.logmart.{name}"
                and node["test_metadata"]["name"] in tests
            ):
                del self.manifest["nodes"][unique_id]

    def source_twice(self) -> None:
        twice = self.add("sources", "source.logmart.crm.campaigns", "planted_twice")
        self.reads("base_crm__campaigns", twice["unique_id"])

    def chain_of_views(self) -> None:
        above = "model.logmart.int_business_dates"
        for number in range(3):
            view = self.add("nodes", above, f"int_planted_views_{number}")
            view["config"]["materialized"] = "view"
            view["depends_on"]["nodes"] = [above]
            above = view["unique_id"]
        self.reads("payments_daily", above)


def _change(entry: Any, **changes: Any) -> None:
    entry.update(changes)


# A rule, which of its entries in the configuration, the node (or nodes) that break it, and what is
# planted.
PLANTED: list[tuple[str, int, str, Callable[[Planted], object]]] = [
    (
        "lineage_permitted_upstream_models",
        0,
        "stg_app__logged_in",
        lambda p: p.reads("stg_app__logged_in", "model.logmart.fct_sessions"),
    ),
    (
        "lineage_permitted_upstream_models",
        1,
        "int_sessions",
        lambda p: p.reads("int_sessions", "model.logmart.base_app__events"),
    ),
    (
        "lineage_permitted_upstream_models",
        2,
        "fct_sessions",
        lambda p: p.reads("fct_sessions", "model.logmart.base_app__events"),
    ),
    (
        "lineage_source_cannot_be_used",
        0,
        "stg_app__app_opened",
        lambda p: p.reads("stg_app__app_opened", "source.logmart.app.events"),
    ),
    (
        "lineage_seed_cannot_be_used",
        0,
        "stg_app__screen_viewed",
        lambda p: p.reads("stg_app__screen_viewed", "seed.logmart.holidays"),
    ),
    (
        "model_has_no_upstream_dependencies",
        0,
        "campaign_performance",
        lambda p: _change(p.model("campaign_performance")["depends_on"], nodes=[]),
    ),
    (
        "model_hard_coded_references",
        0,
        "fct_transfers",
        lambda p: p.writes("fct_transfers", "\nunion all select * from staging.transfers"),
    ),
    ("model_max_chained_views", 0, "payments_daily", Planted.chain_of_views),
    (
        "source_used_by_models_in_same_directory",
        0,
        "app.events",
        lambda p: p.reads("base_bank__users", "source.logmart.app.events"),
    ),
    (
        "source_not_orphaned",
        0,
        "app.planted_alone",
        lambda p: p.add(
            "sources", "source.logmart.app.events", "planted_alone", identifier="planted_alone"
        ),
    ),
    (
        "model_min_downstream_models",
        0,
        "int_planted_alone",
        lambda p: p.add("nodes", "model.logmart.int_business_dates", "int_planted_alone"),
    ),
    (
        "model_materialization_permitted",
        0,
        "stg_app__push_opened",
        lambda p: _change(p.model("stg_app__push_opened")["config"], materialized="table"),
    ),
    (
        "model_materialization_permitted",
        1,
        "frequency_cap_breaches",
        lambda p: _change(
            p.model("frequency_cap_breaches")["config"], materialized="incremental", unique_key="x"
        ),
    ),
    (
        "model_code_does_not_contain_regexp_pattern",
        0,
        "dim_users",
        lambda p: p.writes("dim_users", "\nwhere created_at < current_timestamp"),
    ),
    (
        "model_code_does_not_contain_regexp_pattern",
        1,
        "dim_devices",
        lambda p: p.writes("dim_devices", "\n{{ 'x' if target.type == 'duckdb' }}"),
    ),
    (
        "model_does_not_use_cartesian_join",
        0,
        "fct_events",
        lambda p: _change(
            p.model("fct_events"),
            raw_code="select * from {{ ref('int_sessions') }} as a join {{ ref('x') }} as b",
        ),
    ),
    ("model_has_semi_colon", 0, "fct_messages", lambda p: p.writes("fct_messages", ";")),
    (
        "model_max_number_of_lines",
        0,
        "dim_campaigns",
        lambda p: p.writes("dim_campaigns", "\nand true" * 200),
    ),
    (
        "macro_max_number_of_lines",
        0,
        "now",
        lambda p: _change(p.manifest["macros"]["macro.logmart.now"], macro_sql="\n" * 121),
    ),
    (
        "macro_is_used",
        0,
        "planted_unused",
        lambda p: p.add("macros", "macro.logmart.visitor", "planted_unused"),
    ),
    (
        "model_names",
        0,
        "stg_app__push_received",
        lambda p: _change(p.model("stg_app__push_received"), name="push_received"),
    ),
    (
        "model_names",
        1,
        "int_user_days",
        lambda p: _change(p.model("int_user_days"), name="user_days"),
    ),
    (
        "model_names",
        2,
        "fct_landed_files",
        lambda p: _change(p.model("fct_landed_files"), name="int_landed_files"),
    ),
    (
        "model_file_name",
        0,
        "int_user_lifetimes",
        lambda p: _change(
            p.model("int_user_lifetimes"),
            original_file_path="models/intermediate/identity/UserLifetimes.sql",
        ),
    ),
    (
        "model_directories",
        0,
        "planted_report",
        lambda p: p.add(
            "nodes",
            "model.logmart.retention_cohorts",
            "planted_report",
            original_file_path="models/reports/planted_report.sql",
            patch_path="logmart://models/reports/_reports.yml",
        ),
    ),
    *(
        ("model_schema_name", number, name, lambda p, name=name: _change(p.model(name), schema="x"))
        for number, name in enumerate(
            [
                "stg_app__transfer_failed",
                "base_crm__sends",
                "int_judged_records",
                "retention_cohorts",
            ]
        )
    ),
    (
        "model_column_names",
        0,
        "active_users_daily",
        lambda p: p.column("active_users_daily", "activeUsers", "bigint"),
    ),
    (
        "model_column_name_complies_to_column_type",
        0,
        "user_lifecycle_daily",
        lambda p: p.column("user_lifecycle_daily", "is_planted", "varchar"),
    ),
    (
        "model_column_type_complies_to_column_name",
        0,
        "fct_funnel_steps",
        lambda p: p.column("fct_funnel_steps", "planted", "boolean"),
    ),
    (
        "model_column_type_complies_to_column_name",
        1,
        "funnel_conversions_daily",
        lambda p: p.column("funnel_conversions_daily", "planted", "date"),
    ),
    (
        "model_column_type_complies_to_column_name",
        2,
        "unplanned_registry",
        lambda p: p.column("unplanned_registry", "planted", "timestamp"),
    ),
    (
        "macro_names",
        0,
        "code",
        lambda p: _change(p.manifest["macros"]["macro.logmart.code"], name="Code"),
    ),
    ("seed_names", 0, "holidays", lambda p: _change(p.seed("holidays"), name="Holidays")),
    (
        "seed_column_names",
        0,
        "funnels",
        lambda p: _change(
            p.seed("funnels")["columns"],
            stepNumber={"name": "stepNumber", "description": "x", "data_type": "bigint"},
        ),
    ),
    ("snapshot_names", 0, "bank_user_states", lambda p: _change(p.snapshot(), name="Users")),
    ("source_names", 0, "crm.sends", lambda p: _change(p.source("crm.sends"), name="Sends")),
    (
        "model_documented_in_same_directory",
        0,
        "rejected_events_daily",
        lambda p: _change(
            p.model("rejected_events_daily"), patch_path="logmart://models/marts/crm/x.yml"
        ),
    ),
    (
        "model_description_populated",
        0,
        "ingestion_findings",
        lambda p: _change(p.model("ingestion_findings"), description=""),
    ),
    (
        "model_column_description_populated",
        0,
        "dim_user_states",
        lambda p: _change(p.model("dim_user_states")["columns"]["user_id"], description=""),
    ),
    (
        "seed_description_populated",
        0,
        "known_outages",
        lambda p: _change(p.seed("known_outages"), description=""),
    ),
    (
        "snapshot_description_populated",
        0,
        "bank_user_states",
        lambda p: _change(p.snapshot(), description=""),
    ),
    (
        "source_description_populated",
        0,
        "bank.users",
        lambda p: _change(p.source("bank.users"), description=""),
    ),
    (
        "source_top_level_description_populated",
        0,
        "bank.files",
        lambda p: _change(p.source("bank.files"), source_description=""),
    ),
    (
        "exposure_description_populated",
        0,
        "growth_dashboard",
        lambda p: _change(p.exposure("growth_dashboard"), description=""),
    ),
    (
        "model_has_group",
        0,
        "stg_app__card_application_started",
        lambda p: _change(p.model("stg_app__card_application_started")["config"], group=None),
    ),
    (
        "exposure_has_owner",
        0,
        "behaviour_notebooks",
        lambda p: _change(p.exposure("behaviour_notebooks")["owner"], email=None),
    ),
    (
        "model_has_contracts_enforced",
        0,
        "ingestion_health_daily",
        lambda p: _change(p.model("ingestion_health_daily")["contract"], enforced=False),
    ),
    (
        "model_columns_have_types",
        0,
        "transfer_reconciliation",
        lambda p: p.column("transfer_reconciliation", "planted", None),
    ),
    (
        "model_has_unique_test",
        0,
        "fct_card_applications",
        lambda p: p.untest("fct_card_applications", "unique", "unique_combination_of_columns"),
    ),
    (
        "model_has_tests_by_type",
        0,
        "campaign_performance",
        lambda p: p.untest(
            "campaign_performance",
            *("not_null", "relationships", "accepted_values", "parts_add_up_to"),
        ),
    ),
    (
        "model_incremental_has_unique_key",
        0,
        "base_app__events",
        lambda p: _change(p.model("base_app__events")["config"], unique_key=None),
    ),
    (
        "unit_test_expect_format",
        0,
        "dim_devices.a_device_of_two_users_is_shared",
        lambda p: _change(
            p.manifest["unit_tests"][
                "unit_test.logmart.dim_devices.a_device_of_two_users_is_shared"
            ]["expect"],
            format="sql",
        ),
    ),
    (
        "seed_columns_have_types",
        0,
        "campaign_goals",
        lambda p: _change(next(iter(p.seed("campaign_goals")["columns"].values())), data_type=None),
    ),
    (
        "snapshot_has_unique_key",
        0,
        "bank_user_states",
        lambda p: _change(p.snapshot()["config"], unique_key=None),
    ),
    (
        "snapshot_strategy",
        0,
        "bank_user_states",
        lambda p: _change(p.snapshot()["config"], strategy="planted"),
    ),
    (
        "model_has_exposure",
        0,
        "rejected_events_daily",
        lambda p: p.exposure("landing_health_report")["depends_on"]["nodes"].remove(
            "model.logmart.rejected_events_daily"
        ),
    ),
    (
        "exposure_based_on_model",
        0,
        "planted_exposure",
        lambda p: p.add(
            "exposures",
            "exposure.logmart.payments_dashboard",
            "planted_exposure",
            depends_on={"nodes": [], "macros": []},
        ),
    ),
    (
        "exposure_based_on_view",
        0,
        "behaviour_notebooks",
        lambda p: p.exposure("behaviour_notebooks")["depends_on"]["nodes"].append(
            "model.logmart.int_landed_files"
        ),
    ),
    (
        "duplicate_sources",
        0,
        "crm.planted_twice crm.campaigns",
        Planted.source_twice,
    ),
    (
        "columns_are_all_documented",
        0,
        "fct_events",
        lambda p: _change(
            p.catalog["nodes"]["model.logmart.fct_events"]["columns"],
            planted={"name": "planted", "index": 99, "type": "varchar"},
        ),
    ),
    (
        "seed_columns_are_all_documented",
        0,
        "casting_verdicts",
        lambda p: _change(
            p.catalog["nodes"]["seed.logmart.casting_verdicts"]["columns"],
            planted={"name": "planted", "index": 99, "type": "varchar"},
        ),
    ),
]


def _without_exceptions(broken: list[Broken]) -> set[tuple[str, int, str]]:
    exceptions = rules.read_exceptions()
    return {
        (each.rule, each.place, each.node)
        for each in broken
        if not any(exception.covers(each) for exception in exceptions)
    }


def _places() -> dict[tuple[str, int], int]:
    """Return of each rule and which of its entries it is, the place in its category."""
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
        Finding("rule:model_names", "error", "models/staging/x.sql", None, "stg_x", "named wrongly")
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
