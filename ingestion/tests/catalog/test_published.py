"""What is published besides structure, with a test for each row of the README's table: the
orchard's artifacts on the stand-in, read back over HTTP.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import pytest

from .support import ARTIFACTS, Command, Json, Proxy, StandIn, copied, editing, failing

ORCHARD = ARTIFACTS / "orchard"
PICKERS = "model.orchard.dim_pickers"


@pytest.fixture
def published(command: Command, standin: StandIn) -> StandIn:
    """The stand-in with the orchard on it."""
    outcome = command("apply", ORCHARD)
    assert (outcome.code, outcome.err) == (0, "")
    return standin


def columns_of(table: Json) -> dict[str, Json]:
    """The columns of a table's document, by name."""
    return {one["name"]: one for one in table["columns"]}


def tags_of(document: Json) -> set[str]:
    """The tags and terms of a table's or column's document."""
    return {one["tagFQN"] for one in document.get("tags", [])}


def edge_details(standin: StandIn, upstream: str, downstream: str) -> Json:
    """The lineage details of an edge between two tables."""
    graph = standin.call(
        "GET", f"lineage/table/name/{quote(downstream)}?upstreamDepth=1&downstreamDepth=0"
    )
    ids = {node["fullyQualifiedName"]: node["id"] for node in graph["nodes"]}
    details: Json = next(
        edge["lineageDetails"]
        for edge in graph["upstreamEdges"]
        if edge["fromEntity"] == ids[upstream]
    )
    return details


def named(standin: StandIn, collection: str, name: str, fields: str = "") -> Json:
    """An entity by its full name."""
    asked = f"?fields={fields}" if fields else ""
    return standin.call("GET", f"{collection}/name/{quote(name, safe='')}{asked}")


def test_keys_and_nullability_come_from_contracts_and_tests(
    published: StandIn, service: str
) -> None:
    pickers = published.table(f"{service}.mart.main.dim_pickers")
    columns = columns_of(pickers)
    assert columns["picker_id"]["constraint"] == "PRIMARY_KEY"
    assert columns["full_name"]["constraint"] == "NOT_NULL"
    assert {"constraintType": "UNIQUE", "columns": ["full_name", "phone"]} in pickers[
        "tableConstraints"
    ]
    days = published.table(f"{service}.mart.main.harvest_days")
    foreign = [one for one in days["tableConstraints"] if one["constraintType"] == "FOREIGN_KEY"]
    assert [(one["columns"], one["referredColumns"]) for one in foreign] == [
        (["picker_id"], [f"{service}.mart.main.dim_pickers.picker_id"])
    ]
    # Its test holds for some rows only.
    assert "constraint" not in columns_of(days)["picker_id"]
    # Tests on a source count for its table, too.
    baskets = published.table(f"{service}.mart.main.baskets")
    assert columns_of(baskets)["basket_id"]["constraint"] == "NOT_NULL"
    assert [one["referredColumns"] for one in baskets["tableConstraints"]] == [
        [f"{service}.mart.main.pickers.picker_id"]
    ]


def test_the_dbt_tab_has_sql_path_owners_tags_and_upstream(
    published: StandIn, service: str
) -> None:
    model = published.table(f"{service}.mart.main.stg_baskets")["dataModel"]
    assert model["resourceType"] == "model"
    assert model["path"] == "models/staging/stg_baskets.sql"
    assert "{{ ref('baskets') }}" in model["rawSql"]
    # The database has the catalog's name, whatever file dbt built in.
    assert '"mart"."main"."baskets"' in model["sql"]
    assert [one["name"] for one in model["owners"]] == ["Harvest Team"]
    assert tags_of(model) == {"dbtTags.daily", 'dbtTags."weights.and.measures"'}
    assert model["upstream"] == [f"{service}.mart.main.baskets"]


def test_an_incremental_model_shows_the_sql_of_a_full_refresh(
    published: StandIn, service: str
) -> None:
    manifest = json.loads((ORCHARD / "manifest.json").read_text("utf-8"))
    assert "basket_log" in manifest["nodes"]["model.orchard.basket_log"]["compiled_code"]
    log = f"{service}.mart.main.basket_log"
    assert "basket_log" not in published.table(log)["dataModel"]["sql"]
    details = edge_details(published, f"{service}.mart.main.stg_baskets", log)
    assert len(details["columnsLineage"]) == 3
    assert published.upstream(log) == {f"{service}.mart.main.stg_baskets"}


def test_sql_of_other_models_is_refused(command: Command, tmp_path: Path) -> None:
    folder = copied("orchard", tmp_path)
    with editing(folder, "full_refresh/manifest.json") as manifest:
        manifest["nodes"][PICKERS]["checksum"]["checksum"] = "of another text"
    line = command("plan", folder, "--offline").error_line()
    assert f"full_refresh/manifest.json: {PICKERS} is not the model that was built" in line


def test_column_lineage_is_on_the_edge_with_the_sql(published: StandIn, service: str) -> None:
    baskets, days = (f"{service}.mart.main.{name}" for name in ("stg_baskets", "harvest_days"))
    details = edge_details(published, baskets, days)
    pairs = {one["toColumn"]: one["fromColumns"] for one in details["columnsLineage"]}
    assert pairs == {
        f"{days}.harvest_date": [f"{baskets}.picked_at"],
        f"{days}.picker_id": [f"{baskets}.picker_id"],
        f"{days}.kilograms": [f"{baskets}.kilograms"],
    }
    assert "group by 1, 2" in details["sqlQuery"]
    assert details["source"] == "DbtLineage"
    assert "for the dbt project orchard" in details["description"]


def test_a_copied_column_inherits_its_description_marked_as_such(
    published: StandIn, service: str
) -> None:
    contacts = columns_of(published.table(f"{service}.mart.main.picker_contacts"))
    inherited = "Number of the picker.\n\n*Inherited from `main.dim_pickers.picker_id`.*"
    assert contacts["picker_id"]["description"] == inherited
    assert contacts["contact_name"]["description"].startswith("Name of the picker.\n\n*Inherited")
    # Computed, so the description is not inherited.
    assert "description" not in contacts["phone_text"]
    log = columns_of(published.table(f"{service}.mart.main.basket_log"))
    assert log["kilograms"]["description"] == "Weight at the scales."


def test_a_computed_column_takes_the_doc_block_of_its_name_alone(
    published: StandIn, command: Command, service: str, tmp_path: Path
) -> None:
    folder = copied("orchard", tmp_path)
    with editing(folder, "manifest.json") as manifest:
        for package, name, text in (
            ("orchard", "phone_text", "Number as it is dialled.\n"),
            ("orchard", "picker_id", "What is copied keeps its origin's words."),
            ("elsewhere", "phone_text", "Another package's."),
        ):
            manifest["docs"][f"doc.{package}.{name}"] = {
                "name": name,
                "package_name": package,
                "block_contents": text,
            }
    assert command("apply", folder).code == 0
    contacts = columns_of(published.table(f"{service}.mart.main.picker_contacts"))
    assert contacts["phone_text"]["description"] == (
        "Number as it is dialled.\n\n*Inherited from `doc('phone_text')`.*"
    )
    assert contacts["picker_id"]["description"].startswith("Number of the picker.")
    assert command("verify", folder).code == 0
    assert command("apply", ORCHARD).code == 0
    contacts = columns_of(published.table(f"{service}.mart.main.picker_contacts"))
    assert not contacts["phone_text"].get("description")


def test_an_inherited_description_gives_way_to_a_hand_written_one_and_is_cleared_with_its_origin(
    published: StandIn, command: Command, service: str, tmp_path: Path
) -> None:
    name = f"{service}.mart.main.picker_contacts"
    table = published.table(name)
    by_hand = {"op": "replace", "path": "/columns/1/description", "value": "By hand."}
    published.patch(table, by_hand)
    verified = command("verify", ORCHARD)
    assert verified.code == 0
    assert "description of column contact_name" in verified.out
    folder = copied("orchard", tmp_path)
    with editing(folder, "manifest.json") as manifest:
        for column in manifest["nodes"][PICKERS]["columns"].values():
            column["description"] = ""
    assert command("apply", folder).code == 0
    columns = columns_of(published.table(name))
    assert columns["contact_name"]["description"] == "By hand."
    assert not columns["picker_id"].get("description")


def test_a_class_of_personal_data_follows_the_columns_that_can_hold_it(
    published: StandIn, command: Command, service: str
) -> None:
    def classes(table: str) -> dict[str, set[str]]:
        found = columns_of(published.table(f"{service}.mart.main.{table}"))
        return {name: tags_of(column) for name, column in found.items() if tags_of(column)}

    personal = {"PersonalData.Personal"}
    assert classes("dim_pickers") == {
        "full_name": {*personal, "dbtTags.contact"},
        "phone": personal,
    }
    # Neither a boolean nor a digest with `personal_data: none`.
    assert classes("picker_contacts") == {"contact_name": personal, "phone_text": personal}
    # The last value and the list of all values, but not their count.
    assert classes("orchard_totals") == {"last_name": personal, "names": personal}
    out = command("plan", ORCHARD).out
    assert (
        f"Personal data reaches {service}_exposures.phone_list (2):"
        " main.picker_contacts.contact_name (Personal), main.picker_contacts.phone_text (Personal)"
    ) in out


def test_tier_terms_domains_properties_and_tags(
    standin: StandIn, command: Command, service: str
) -> None:
    out = command("plan", ORCHARD).out
    for line in (
        "no such glossary term (1): Orchard.Picker",
        "no such domain (1): Growing",
        "no such custom property (1): season",
    ):
        assert f"Left out, {line}" in out
    assert command("apply", ORCHARD).code == 0
    for collection, body in (
        ("glossaries", {"name": "Orchard", "displayName": "Orchard", "description": "Words."}),
        ("glossaryTerms", {"name": "Picker", "glossary": "Orchard", "description": "Who picks."}),
        ("domains", {"name": "Growing", "domainType": "Aggregate", "description": "Growing."}),
    ):
        standin.call("PUT", collection, body)
    kind = standin.call("GET", "metadata/types/name/string")
    table_type = standin.call("GET", "metadata/types/name/table")
    season = {
        "name": "season",
        "description": "When it is made.",
        "propertyType": {"id": kind["id"], "type": "type"},
    }
    standin.call("PUT", f"metadata/types/{table_type['id']}", season)
    assert command("apply", ORCHARD).code == 0
    pickers = standin.table(f"{service}.mart.main.dim_pickers")
    assert tags_of(pickers) == {"Tier.Tier2", "Orchard.Picker"}
    assert [one["name"] for one in pickers["domains"]] == ["Growing"]
    assert pickers["extension"]["season"] == "spring"
    assert command("verify", ORCHARD).code == 0


def test_tags_of_ours_go_and_those_of_others_stay(
    published: StandIn, command: Command, service: str, tmp_path: Path
) -> None:
    name = f"{service}.mart.main.stg_baskets"
    published.call("PUT", "classifications", {"name": "Hand", "description": "Put there by hand."})
    published.call(
        "PUT", "tags", {"name": "Made", "classification": "Hand", "description": "By hand."}
    )
    label = {
        "tagFQN": "Hand.Made",
        "source": "Classification",
        "labelType": "Manual",
        "state": "Confirmed",
    }
    published.patch(published.table(name), {"op": "add", "path": "/tags/-", "value": label})
    folder = copied("orchard", tmp_path)
    with editing(folder, "manifest.json") as manifest:
        manifest["nodes"]["model.orchard.stg_baskets"]["tags"] = ["daily"]
    assert command("apply", folder).code == 0
    assert tags_of(published.table(name)) == {"dbtTags.daily", "Hand.Made"}
    assert "tag Hand.Made" in command("verify", folder).out


def test_tests_have_definition_arguments_and_latest_result(
    published: StandIn, service: str
) -> None:
    table = f"{service}.mart.main.stg_baskets"
    test = named(
        published,
        "dataQuality/testCases",
        f"{table}.kilograms.positive_stg_baskets_0__kilograms",
        "testDefinition,testCaseResult",
    )
    assert test["testDefinition"]["name"] == "dbt_positive"
    assert {one["name"]: one["value"] for one in test["parameterValues"]} == {
        "at_least": "0",
        "severity": "warn",
    }
    # A warning does not stop the build, so it is no failure; its message says that it is a warning.
    assert test["testCaseResult"]["testCaseStatus"] == "Success"
    assert test["testCaseResult"]["result"].startswith("warn: Got 1 result")
    unit = named(
        published,
        "dataQuality/testCases",
        f"{service}.mart.main.harvest_days.baskets_of_a_day_are_added_up",
        "testDefinition,testCaseResult",
    )
    assert unit["testDefinition"]["name"] == "dbt_unit_test"
    assert unit["testCaseResult"]["testCaseStatus"] == "Success"
    singular = named(
        published,
        "dataQuality/testCases",
        f"{table}.every_basket_is_weighed",
        "testDefinition,testCaseResult",
    )
    assert singular["testDefinition"]["name"] == "dbt_singular_test"


def test_freshness_is_a_test_of_the_source(published: StandIn, service: str) -> None:
    test = named(
        published,
        "dataQuality/testCases",
        f"{service}.mart.main.baskets.source_freshness",
        "testDefinition,testCaseResult",
    )
    assert {one["name"]: one["value"] for one in test["parameterValues"]} == {
        "error_after": "100000 day",
        "warn_after": "1 day",
    }
    assert test["testCaseResult"]["result"].startswith("warn: newest row at 2026-03-02")


def test_results_are_not_masked_by_a_later_docs_generate(
    published: StandIn, command: Command, service: str, tmp_path: Path
) -> None:
    folder = copied("orchard", tmp_path)
    with editing(folder, "run_results.json") as run:
        run["args"] = {"which": "generate"}
        for result in run["results"]:
            result.update(status="success", message=None)
    assert "overwrote the results of the build" in command("verify", folder).out
    assert command("apply", folder).lines[-1] == "Applied: nothing to do, nothing written."
    assert command("apply", folder, "--allow-mixed-artifacts").code == 0
    name = f"{service}.mart.main.stg_baskets.kilograms.positive_stg_baskets_0__kilograms"
    test = named(published, "dataQuality/testCases", name, "testCaseResult")
    assert test["testCaseResult"]["result"].startswith("warn: Got 1 result")


def test_exposures_are_dashboards_with_lineage(published: StandIn, service: str) -> None:
    board = named(published, "dashboards", f"{service}_exposures.harvest_board", "owners")
    assert board["displayName"] == "Harvest board"
    assert board["sourceUrl"] == "https://boards.example.com/harvest"
    assert [one["name"] for one in board["owners"]] == ["Harvest Team"]
    graph = published.call(
        "GET", f"lineage/dashboard/{board['id']}?upstreamDepth=2&downstreamDepth=0"
    )
    names = {node["id"]: node["name"] for node in [*graph["nodes"], graph["entity"]]}
    found = {
        (names[edge["fromEntity"]], names[edge["toEntity"]]) for edge in graph["upstreamEdges"]
    }
    # The exposure names harvest_days too, which it reads through its metric.
    assert found >= {
        ("kilograms_per_picker", "harvest_board"),
        ("dim_pickers", "harvest_board"),
        ("harvest_days", "kilograms_per_picker"),
    }
    assert ("harvest_days", "harvest_board") not in found


def test_metrics_have_expression_unit_granularity_owner_and_lineage(published: StandIn) -> None:
    metric = named(published, "metrics", "kilograms_picked", "owners")
    assert metric["metricExpression"] == {"language": "SQL", "code": "sum(kilograms)"}
    assert metric["customUnitOfMeasurement"] == "kilograms"
    assert metric["granularity"] == "DAY"
    assert [one["name"] for one in metric["owners"]] == ["Harvest Team"]
    ratio = named(published, "metrics", "kilograms_per_picker")
    assert ratio["metricType"] == "RATIO"
    assert ratio["metricExpression"]["code"] == "kilograms_picked / active_pickers"
    graph = published.call(
        "GET", f"lineage/metric/{metric['id']}?upstreamDepth=1&downstreamDepth=0"
    )
    assert "harvest_days" in {one["name"] for one in graph["nodes"]}


def test_what_has_no_place_is_said_once_with_its_count(command: Command) -> None:
    lines = command("plan", ORCHARD, "--offline").lines
    places = [line for line in lines if "No place in the catalog" in line]
    assert places == [
        "  No place in the catalog (2): dbt tab of a seed or source, which has no SQL",
        "  No place in the catalog (4): column that a metric reads: an edge to a metric joins no"
        " columns",
        "  No place in the catalog (1): exposure of type application, kept as a dashboard",
        "  No place in the catalog (1): exposure of type ml, kept as a dashboard",
    ]


def test_the_same_project_in_another_service_is_left_alone(
    published: StandIn, command: Command, service: str
) -> None:
    other = Command(command.capsys, f"{service}_other", command.config)
    assert other("apply", ORCHARD).code == 0
    plan = command("plan", ORCHARD)
    assert plan.lines[-1].startswith("No changes")
    assert f"edge: {service}_other.mart.main.harvest_days -> kilograms_picked" in plan.out


def test_an_enforced_contract_is_a_data_contract(published: StandIn, service: str) -> None:
    table = published.table(f"{service}.mart.main.dim_pickers")
    query = f"entityId={table['id']}&entityType=table&fields=owners"
    contract = published.call("GET", f"dataContracts/entity?{query}")
    assert [one["name"] for one in contract["schema"]] == ["picker_id", "full_name", "phone"]
    assert [one["name"] for one in contract["owners"]] == ["Harvest Team"]


def test_the_last_build_is_told_and_only_a_later_one_replaces_it(
    published: StandIn, command: Command, service: str, tmp_path: Path
) -> None:
    name = f"{service}.mart.main.dim_pickers"
    built = published.table(name)["lifeCycle"]["updated"]
    assert built["accessedByAProcess"].startswith("dbt, in ")
    folder = copied("orchard", tmp_path)

    def built_at(moment: str) -> None:
        with editing(folder, "run_results.json") as run:
            for result in run["results"]:
                if result["unique_id"] == PICKERS:
                    result["timing"][-1]["completed_at"] = moment
        with editing(folder, "catalog.json") as catalog:
            catalog["metadata"]["generated_at"] = "2031-01-01T00:00:00Z"

    built_at("2021-01-01T00:00:00Z")
    assert command("plan", folder).lines[-1].startswith("No changes")
    built_at("2030-01-01T00:00:00Z")
    plan = command("plan", folder)
    assert "  ~ 1 tables built again, otherwise unchanged" in plan.lines
    assert command("apply", folder).code == 0
    assert published.table(name)["lifeCycle"]["updated"]["timestamp"] == 1893456000000
    assert command("verify", folder).code == 0


def test_rows_are_told_where_the_warehouse_tells_them(
    standin: StandIn, command: Command, service: str
) -> None:
    assert command("apply", ARTIFACTS / "clinic").code == 0
    name = f"{service}.mart.public_raw.visits"
    profile = standin.call("GET", f"tables/{quote(name)}/tableProfile/latest")["profile"]
    assert profile["rowCount"] == 2
    assert standin.table(name)["lifeCycle"]["updated"]["accessedByAProcess"].endswith(", 2 rows")


def test_many_are_created_in_one_call_and_one_by_one_where_the_server_does_not_know_how(
    standin: StandIn, command: Command
) -> None:
    def calls(fault: Callable[[str, str], tuple[int, str] | None]) -> list[tuple[str, str]]:
        other = Command(command.capsys, f"{command.service}_{len(paths)}", command.config)
        proxy = Proxy(standin.host, fault)
        with proxy.named():
            assert other("apply", ORCHARD).code == 0
            assert other("verify", ORCHARD).code == 0
        found = [(method, path.partition("?")[0]) for method, path in proxy.calls]
        paths.append(found)
        return found

    paths: list[list[tuple[str, str]]] = []
    known = calls(lambda method, path: None)
    assert known.count(("POST", "/api/v1/dataQuality/testCases/createMany")) == 1
    assert known.count(("PUT", "/api/v1/dashboards/bulk")) == 1
    assert ("PUT", "/api/v1/dataQuality/testCases") not in known
    unknown = '{"code": 404, "message": "HTTP 404 Not Found"}'
    old = calls(failing("(POST|PUT)", "/createMany|/dashboards/bulk|/metrics/bulk", 404, unknown))
    assert old.count(("PUT", "/api/v1/dataQuality/testCases")) == 10
    assert old.count(("PUT", "/api/v1/dashboards")) == 3
