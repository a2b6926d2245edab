"""PUT and PATCH of tables: what the server keeps, merges, erases and refuses."""

from __future__ import annotations

import pytest

from .standin_calls import Api, Json, column, label, on, tag_names, text_column

NOBODY = "00000000-0000-0000-0000-000000000000"


@on("1.2")
@pytest.mark.parametrize("text", ["", None, "another"])
def test_put_by_a_bot_keeps_a_description(api: Api, schema: str, text: str | None) -> None:
    described = [text_column("a", description="column text")]
    api.put_table(schema, description="first", columns=described)
    api.put_table(schema, description=text, columns=[text_column("a", description=text)])
    table = api.table(f"{schema}.orders")
    assert (table["description"], table["version"]) == ("first", 0.1)
    assert column(table, "a")["description"] == "column text"


def test_put_by_a_bot_fills_an_empty_description(api: Api, schema: str) -> None:
    api.put_table(schema, description="", columns=[text_column("a")])
    api.put_table(schema, description="new", columns=[text_column("a", description="text")])
    table = api.table(f"{schema}.orders")
    assert (table["description"], column(table, "a")["description"]) == ("new", "text")


@on("1.2", "2.0")
def test_put_by_a_bot_keeps_a_display_name(api: Api, schema: str) -> None:
    api.put_table(schema, displayName="First")
    assert api.put_table(schema, displayName="Second")["displayName"] == "First"


@on("1.2")
def test_put_by_a_person_changes_and_removes_a_description(
    api: Api, person: Api, schema: str
) -> None:
    api.put_table(schema, description="first")
    person.put_table(schema, description="second")
    assert api.table(f"{schema}.orders")["description"] == "second"
    person.put_table(schema)
    assert "description" not in api.table(f"{schema}.orders")


def test_patch_changes_and_removes_a_description(api: Api, schema: str) -> None:
    table = api.put_table(schema, description="first")
    changed = api.patch(table, {"op": "replace", "path": "/description", "value": "second"})
    assert (changed["description"], changed["version"]) == ("second", 0.2)
    assert "description" not in api.patch(table, {"op": "remove", "path": "/description"})


def test_identical_put_makes_no_version(api: Api, schema: str) -> None:
    first = api.put_table(schema, description="text", tags=[label("Tier.Tier1")])
    again = api.put_table(schema, description="text", tags=[label("Tier.Tier1")])
    assert (again["version"], again["updatedAt"]) == (0.1, first["updatedAt"])


@on("1.2")
def test_versions_step_by_a_tenth_and_are_kept(api: Api, schema: str) -> None:
    table = api.put_table(schema)
    for number in range(11):
        table = api.patch(table, {"op": "add", "path": "/displayName", "value": str(number)})
    assert table["version"] == 1.2
    assert table["changeDescription"]["previousVersion"] == 1.1
    assert table["updatedBy"] == "ingestion-bot"
    assert len(api.ok("GET", f"tables/{table['id']}/versions")["versions"]) == 12
    assert api.ok("GET", f"tables/{table['id']}/versions/0.3")["displayName"] == "1"


def test_put_merges_tags_and_patch_replaces_them(api: Api, schema: str) -> None:
    tagged = [text_column("a", tags=[label("PII.Sensitive")])]
    api.put_table(schema, tags=[label("PersonalData.Personal")], columns=tagged)
    more = [text_column("a", tags=[label("Tier.Tier1")])]
    table = api.put_table(schema, tags=[label("Tier.Tier2")], columns=more)
    assert tag_names(table) == ["PersonalData.Personal", "Tier.Tier2"]
    assert tag_names(column(table, "a")) == ["PII.Sensitive", "Tier.Tier1"]
    assert table["tags"][1]["name"] == "Tier2"
    table = api.patch(table, {"op": "remove", "path": "/tags/0"})
    assert tag_names(table) == ["Tier.Tier2"]


def test_mutually_exclusive_tags_are_refused(api: Api, schema: str) -> None:
    api.put_table(schema, tags=[label("Tier.Tier1")])
    body = {
        "name": "orders",
        "databaseSchema": schema,
        "columns": [{"name": "id", "dataType": "BIGINT"}],
        "tags": [label("Tier.Tier2")],
    }
    assert "mutually exclusive" in api.refused(400, "PUT", "tables", body)


def test_unknown_tag_is_refused_on_first_put(api: Api, schema: str) -> None:
    body = {
        "name": "orders",
        "databaseSchema": schema,
        "columns": [text_column("a", tags=[label("No.Such")])],
    }
    assert "tag instance for No.Such not found" in api.refused(404, "PUT", "tables", body)
    api.refused(404, "GET", f"tables/name/{schema}.orders")


ERASED: Json = {
    "dataModel": {"modelType": "DBT", "sql": "select 1"},
    "tableConstraints": [{"constraintType": "PRIMARY_KEY", "columns": ["id"]}],
    "sourceUrl": "https://example.com/orders",
}


@on("1.2")
def test_put_that_changes_erases_what_it_leaves_out(api: Api, schema: str) -> None:
    api.put_table(schema, **ERASED)
    api.put_table(schema)
    assert {key: api.table(f"{schema}.orders")[key] for key in ERASED} == ERASED
    api.put_table(schema, tags=[label("Tier.Tier1")])
    assert not ERASED.keys() & api.table(f"{schema}.orders").keys()


@on("1.2")
def test_put_of_another_data_model_alone_is_not_stored(api: Api, schema: str) -> None:
    api.put_table(schema, dataModel=ERASED["dataModel"])
    api.put_table(schema, dataModel={"modelType": "DBT", "sql": "select 2"})
    table = api.table(f"{schema}.orders")
    assert (table["dataModel"]["sql"], table["version"]) == ("select 1", 0.1)


def test_data_model_has_a_route_of_its_own(api: Api, schema: str) -> None:
    table = api.put_table(schema)
    path = f"tables/{table['id']}/dataModel"
    api.ok("PUT", path, {"modelType": "DBT"})
    api.ok("PUT", path, {"modelType": "DBT", "sql": "select 1", "rawSql": "select {{ 1 }}"})
    stored = api.ok("PUT", path, {"modelType": "DBT", "path": "models/orders.sql"})
    assert stored["dataModel"]["sql"] == "select 1"
    assert stored["dataModel"]["path"] == "models/orders.sql"
    assert stored["version"] == 0.1


@on("1.2")
def test_a_data_model_fills_what_the_table_lacks(api: Api, schema: str) -> None:
    described = {"name": "id", "dataType": "BIGINT", "description": "by hand"}
    table = api.put_table(schema, columns=[described, text_column("note")])
    owner = api.ok("PUT", "teams", {"name": schema.replace(".", "_"), "teamType": "Group"})
    texts = [{**described, "description": "x"}, text_column("note", description="from dbt")]
    model = {
        "modelType": "DBT",
        "columns": texts,
        "owners": [{"id": owner["id"], "type": "team"}],
        "tags": [label("Tier.Tier1")],
    }
    stored = api.ok("PUT", f"tables/{table['id']}/dataModel", model)
    assert column(stored, "id")["description"] == "by hand"
    assert column(stored, "note")["description"] == "from dbt"
    assert (stored["owners"][0]["id"], tag_names(stored)) == (owner["id"], ["Tier.Tier1"])


def test_patch_puts_constraints_back(api: Api, schema: str) -> None:
    table = api.put_table(schema)
    operation = {
        "op": "add",
        "path": "/tableConstraints",
        "value": ERASED["tableConstraints"],
    }
    assert api.patch(table, operation)["tableConstraints"] == ERASED["tableConstraints"]
    operation["value"] = [{"constraintType": "UNIQUE", "columns": ["nope"]}]
    api.refused(400, "PATCH", f"tables/{table['id']}", [operation])


def test_failing_patch_operations_answer_500(api: Api, schema: str) -> None:
    table = api.put_table(schema, description="first")
    path = f"tables/{table['id']}"
    failing = {"op": "test", "path": "/description", "value": "stale"}
    api.refused(500, "PATCH", path, [failing])
    api.refused(500, "PATCH", path, [{"op": "remove", "path": "/sourceUrl"}])
    api.refused(500, "PATCH", path, [{"op": "add", "path": "/description/deeper", "value": 1}])
    for no_patch in ({"op": "remove"}, [1], [{"op": "nope", "path": "/description"}]):
        api.refused(400, "PATCH", path, no_patch)
    assert api.table(f"{schema}.orders")["version"] == 0.1


def test_stale_value_in_a_patch_wins(api: Api, schema: str) -> None:
    table = api.put_table(schema, description="first")
    for value in ("by one", "by another"):
        table = api.patch(table, {"op": "replace", "path": "/description", "value": value})
    assert table["description"] == "by another"


@on("1.2", "1.12", "2.0")
def test_if_match_guards_a_patch(api: Api, schema: str) -> None:
    table = api.put_table(schema)
    operations = [{"op": "add", "path": "/description", "value": "text"}]
    path = f"tables/{table['id']}"
    matching = {"If-Match": api.call("GET", path).headers["ETag"]}
    api.ok("PATCH", path, operations, headers=matching)
    operations[0]["value"] = "later"
    api.refused(412, "PATCH", path, operations, headers=matching)


def test_patch_cannot_change_what_the_server_owns(api: Api, schema: str) -> None:
    table = api.put_table(schema)
    table = api.patch(
        table,
        {"op": "replace", "path": "/name", "value": "other"},
        {"op": "add", "path": "/description", "value": "text"},
    )
    assert (table["name"], table["fullyQualifiedName"]) == ("orders", f"{schema}.orders")


@on("1.2")
@pytest.mark.parametrize(
    "fields",
    [
        {"columns": [{"name": "a", "dataType": "VARCHAR"}]},
        {"columns": [{"name": "a", "dataType": "ARRAY"}]},
        {"columns": [{"name": "a", "dataType": "STRUCT"}]},
        {"columns": [{"name": "a", "dataType": "INT"}, {"name": "a", "dataType": "DATE"}]},
        {"columns": [{"name": "a", "dataType": "DECIMAL", "scale": 2}]},
        {"columns": [{"name": "a", "dataType": "DECIMAL", "precision": 2, "scale": 3}]},
        {"columns": [{"name": "a", "dataType": "VARCHAR", "dataLength": "5"}]},
        {"columns": [{"name": n, "dataType": "INT", "constraint": "PRIMARY_KEY"} for n in "ab"]},
        {
            "columns": [{"name": "a", "dataType": "INT", "constraint": "PRIMARY_KEY"}],
            "tableConstraints": [{"constraintType": "PRIMARY_KEY", "columns": ["a"]}],
        },
        {"columns": [{"name": "a", "dataType": "NOPE"}]},
        {"viewDefinition": "select 1"},
        {"surprise": 1},
        {"tableConstraints": [{"constraintType": "UNIQUE", "columns": ["nope"]}]},
        {"extension": {"unknown": "key"}},
    ],
)
def test_what_is_refused_with_400(api: Api, schema: str, fields: Json) -> None:
    columns = [{"name": "id", "dataType": "BIGINT"}]
    body = {"name": "orders", "databaseSchema": schema, "columns": columns, **fields}
    api.refused(400, "PUT", "tables", body)
    api.refused(404, "GET", f"tables/name/{schema}.orders")


@pytest.mark.parametrize(
    ("path", "body", "missing"),
    [
        ("teams", {"name": "ops", "teamType": "Group", "domains": ["sales"]}, "domain"),
        ("teams", {"name": "ops", "teamType": "Group", "policies": [NOBODY]}, "policy"),
        ("users", {"name": "ana", "email": "ana@example.com", "roles": [NOBODY]}, "role"),
    ],
)
def test_references_to_what_is_not_kept_are_not_found(
    api: Api, path: str, body: Json, missing: str
) -> None:
    assert api.refused(404, "PUT", path, body).startswith(f"{missing} instance for ")
    api.refused(404, "GET", f"{path}/name/{body['name']}")


@on("1.2", "2.0")
def test_owners_on_put_and_patch(api: Api, schema: str) -> None:
    growth, crm = (
        {"id": api.ok("PUT", "teams", {"name": name, "teamType": "Group"})["id"], "type": "team"}
        for name in ("growth", "crm")
    )
    table = api.put_table(schema, owners=[growth])
    assert table["owners"][0]["name"] == "growth"
    assert api.put_table(schema)["owners"][0]["name"] == "growth"
    assert api.put_table(schema, owners=[crm])["owners"][0]["name"] == "growth"
    table = api.patch(table, {"op": "replace", "path": "/owners", "value": [crm]})
    assert [owner["name"] for owner in table["owners"]] == ["crm"]
    assert api.patch(table, {"op": "remove", "path": "/owners/0"})["owners"] == []


def test_only_groups_and_users_own(api: Api, schema: str) -> None:
    body = {"name": "orders", "databaseSchema": schema, "columns": []}
    department = api.ok("PUT", "teams", {"name": "it", "teamType": "Department"})
    owner = {"id": department["id"], "type": "team"}
    assert "Group" in api.refused(400, "PUT", "tables", {**body, "owners": [owner]})
    owner["id"] = NOBODY
    api.refused(404, "PUT", "tables", {**body, "owners": [owner]})


def test_post_of_what_exists_answers_409(api: Api, schema: str) -> None:
    body = {"name": "orders", "databaseSchema": schema, "columns": []}
    assert api.call("POST", "tables", body).status_code == 201
    api.refused(409, "POST", "tables", body)


def test_put_answers_201_then_200(api: Api, schema: str) -> None:
    body = {"name": "orders", "databaseSchema": schema, "columns": []}
    assert [api.call("PUT", "tables", body).status_code for _ in range(2)] == [201, 200]
