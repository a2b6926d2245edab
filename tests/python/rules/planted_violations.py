"""One violation of each rule, planted in a copy of the project's manifest.

A row names the broken rule, the index of its entry in rules/dbt-bouncer.yml (from 0), the nodes
that break it, and how.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

Artifact = dict[str, Any]


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


class Planted:
    """Copies of artifacts, in which violations are planted."""

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


# The rule, the index of its entry in the configuration, the node or nodes that break it, and the
# planted change.
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
            p.model("frequency_cap_breaches")["config"], materialized="materialized_view"
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
