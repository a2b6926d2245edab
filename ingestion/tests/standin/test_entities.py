"""Entities in general: names, listing, fields, deletion, bulk calls."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from .standin_calls import Api, Json, label, on


@pytest.mark.parametrize(
    "name", ["한국어 표", "🦆", "a b", "a/b", "it's", "x" * 256, "a&b=c?d#e%20", "A", "a"]
)
def test_legal_names_survive(api: Api, schema: str, name: str) -> None:
    api.put_table(schema, name)
    table = api.table(f"{schema}.{name}")
    assert (table["name"], table["fullyQualifiedName"]) == (name, f"{schema}.{name}")


def test_names_with_dots_are_quoted(api: Api, schema: str) -> None:
    columns = [{"name": "a.b", "dataType": "STRING"}]
    api.put_table(schema, "x.y", columns=columns)
    table = api.table(f'{schema}."x.y"')
    assert table["columns"][0]["fullyQualifiedName"] == f'{schema}."x.y"."a.b"'


@on("1.2")
@pytest.mark.parametrize("name", ["", "x" * 257, 'a"b', "a::b", "a\nb"])
def test_illegal_names_are_refused(api: Api, schema: str, name: str) -> None:
    body = {"name": name, "databaseSchema": schema, "columns": []}
    api.refused(400, "PUT", "tables", body)


def test_names_are_case_sensitive(api: Api, schema: str) -> None:
    assert api.put_table(schema, "Orders")["id"] != api.put_table(schema, "orders")["id"]
    api.refused(404, "GET", f"tables/name/{schema}.ORDERS")


def names(page: Json) -> list[str]:
    return [one["name"] for one in page["data"]]


def test_pages_go_forth_and_back(api: Api, schema: str) -> None:
    for number in range(5):
        api.put_table(schema, f"t{number}")
    scope = {"databaseSchema": schema, "limit": "2"}
    first = api.ok("GET", "tables", params=scope)
    assert (names(first), first["paging"]["total"]) == (["t0", "t1"], 5)
    assert "before" not in first["paging"]
    second = api.ok("GET", "tables", params={**scope, "after": first["paging"]["after"]})
    api.put_table(schema, "t0a")
    third = api.ok("GET", "tables", params={**scope, "after": second["paging"]["after"]})
    assert (names(second), names(third)) == (["t2", "t3"], ["t4"])
    assert "after" not in third["paging"]
    back = api.ok("GET", "tables", params={**scope, "before": second["paging"]["before"]})
    assert names(back) == ["t0a", "t1"]
    api.refused(400, "GET", "tables", params={"limit": "1000001"})
    api.refused(400, "GET", "tables", params={"limit": "-1"})
    api.refused(400, "GET", "tables", params={"after": "nonsense"})
    assert names(api.ok("GET", "tables", params={**scope, "limit": "0"})) == []


@pytest.mark.parametrize("level", [1, 2, 3])
def test_listing_is_limited_to_a_container(api: Api, schema: str, level: int) -> None:
    api.put_table(schema, "mine")
    scope = ".".join(schema.split(".")[:level])
    field = ("service", "database", "databaseSchema")[level - 1]
    page = api.ok("GET", "tables", params={field: scope, "limit": "1000000"})
    assert names(page) == ["mine"]


def test_listing_includes_what_is_asked_for(api: Api, schema: str) -> None:
    api.put_table(schema, "live")
    api.ok("DELETE", f"tables/{api.put_table(schema, 'gone')['id']}")
    found = {
        include: names(
            api.ok("GET", "tables", params={"databaseSchema": schema, "include": include})
        )
        for include in ("all", "deleted", "non-deleted")
    }
    assert found == {"all": ["gone", "live"], "deleted": ["gone"], "non-deleted": ["live"]}
    api.refused(400, "GET", "tables", params={"include": "some"})


@on("1.2")
def test_fields_are_sent_when_asked_for(api: Api, schema: str) -> None:
    model = {"modelType": "DBT", "sql": "select 1"}
    columns = [{"name": "a", "dataType": "STRING", "tags": [label("Tier.Tier1")]}]
    table = api.put_table(schema, tags=[label("Tier.Tier1")], dataModel=model, columns=columns)
    bare = api.ok("GET", f"tables/{table['id']}")
    assert not {"tags", "dataModel", "owners"} & bare.keys()
    assert bare["columns"][0]["tags"] == []
    assert bare["databaseSchema"]["fullyQualifiedName"] == schema
    assert bare["serviceType"] == "CustomDatabase"
    asked = api.ok("GET", f"tables/{table['id']}", params={"fields": "tags,dataModel,owners"})
    assert (len(asked["tags"]), asked["dataModel"]["sql"], asked["owners"]) == (1, "select 1", [])
    assert len(asked["columns"][0]["tags"]) == 1
    api.refused(400, "GET", f"tables/{table['id']}", params={"fields": "nope"})


def test_containers_list_what_they_hold(api: Api, schema: str) -> None:
    api.put_table(schema, "mine")
    found = api.ok("GET", f"databaseSchemas/name/{schema}", params={"fields": "tables"})
    assert [one["name"] for one in found["tables"]] == ["mine"]


def test_unknown_parent_is_refused(api: Api, schema: str) -> None:
    body = {"name": "orders", "databaseSchema": f"{schema}x", "columns": []}
    message = api.refused(404, "PUT", "tables", body)
    assert message == f"databaseSchema instance for {schema}x not found"


@on("1.2")
def test_soft_deleted_entities_come_back_with_a_put(api: Api, schema: str) -> None:
    model = {"modelType": "DBT", "sql": "select 1"}
    kept: Json = {"description": "text", "tags": [label("Tier.Tier1")]}
    table = api.put_table(schema, dataModel=model, **kept)
    api.ok("DELETE", f"tables/{table['id']}")
    api.refused(404, "GET", f"tables/{table['id']}")
    api.refused(404, "PATCH", f"tables/{table['id']}", [])
    api.refused(404, "DELETE", f"tables/{table['id']}")
    assert api.table(f"{schema}.orders")["deleted"] is True
    api.put_table(schema, sourceUrl="https://example.com")
    revived = api.table(f"{schema}.orders")
    assert (revived["id"], revived["deleted"]) == (table["id"], False)
    assert (revived["description"], len(revived["tags"])) == ("text", 1)
    assert "dataModel" not in revived


@on("1.2")
def test_restore_brings_back_what_hangs_on_it(api: Api, schema: str) -> None:
    table = api.put_table(schema)
    holder = api.ok("GET", f"databaseSchemas/name/{schema}")
    api.refused(400, "DELETE", f"databaseSchemas/{holder['id']}")
    api.ok("DELETE", f"databaseSchemas/{holder['id']}", params={"recursive": "true"})
    api.refused(404, "GET", f"tables/{table['id']}")
    body = {"name": "late", "databaseSchema": schema, "columns": []}
    api.refused(404, "PUT", "tables", body)
    api.ok("PUT", "databaseSchemas/restore", {"id": holder["id"]})
    assert api.ok("GET", f"tables/{table['id']}")["deleted"] is False


def test_hard_delete_makes_room_for_a_new_entity(api: Api, schema: str) -> None:
    table = api.put_table(schema)
    hard = {"hardDelete": "true", "recursive": "true"}
    service = schema.split(".", maxsplit=1)[0]
    api.ok("DELETE", f"services/databaseServices/name/{service}", params=hard)
    api.refused(404, "GET", f"tables/{table['id']}", params={"include": "all"})
    api.refused(404, "GET", f"databases/name/{service}.db", params={"include": "all"})


def rows(schema: str, *tables: str, **fields: object) -> list[Json]:
    columns = [{"name": "id", "dataType": "BIGINT"}]
    return [
        {"name": name, "databaseSchema": schema, "columns": columns, **fields} for name in tables
    ]


@on("1.2")
def test_bulk_put_judges_each_row(api: Api, schema: str) -> None:
    good, bad = rows(schema, "a", "b"), rows(schema, "c", surprise=1)
    result = api.ok("PUT", "tables/bulk", [*good, *bad], params={"async": "false"})
    assert result["status"] == "partialSuccess"
    assert (result["numberOfRowsPassed"], result["numberOfRowsFailed"]) == (2, 1)
    assert [row["request"] for row in result["successRequest"]] == [f"{schema}.a", f"{schema}.b"]
    assert (result["failedRequest"][0]["request"], result["failedRequest"][0]["status"]) == (
        f"{schema}.c",
        400,
    )
    assert names(api.ok("GET", "tables", params={"databaseSchema": schema})) == ["a", "b"]


@on("2.0")
def test_bulk_put_can_override_descriptions(api: Api, schema: str) -> None:
    api.ok("PUT", "tables/bulk", rows(schema, "a", description="first"))
    api.ok("PUT", "tables/bulk", rows(schema, "a", description="second"))
    assert api.table(f"{schema}.a")["description"] == "first"
    override = {"overrideMetadata": "true"}
    api.ok("PUT", "tables/bulk", rows(schema, "a", description="second"), params=override)
    assert api.table(f"{schema}.a")["description"] == "second"


@on("2.0")
def test_bulk_put_passes_over_an_equal_source_hash(api: Api, schema: str) -> None:
    api.ok("PUT", "tables/bulk", rows(schema, "a", sourceHash="1"))
    api.ok("PUT", "tables/bulk", rows(schema, "a", sourceHash="1", displayName="new"))
    assert "displayName" not in api.table(f"{schema}.a")
    api.ok("PUT", "tables/bulk", rows(schema, "a", sourceHash="2", displayName="new"))
    assert api.table(f"{schema}.a")["displayName"] == "new"


@on("2.0")
def test_delete_stale_deletes_what_was_not_seen(api: Api, schema: str) -> None:
    api.ok("PUT", "tables/bulk", rows(schema, "a", "b"))
    body = {"scopeFqn": schema, "scopeEntityType": "databaseSchema", "seenFqns": [f"{schema}.a"]}
    nothing_seen: Json = {"seenFqns": []}
    for harmless in (nothing_seen, {"scopeFqn": "no.such"}):
        result = api.ok("DELETE", "tables/deleteStale", {**body, **harmless})
        assert result["numberOfRowsProcessed"] == 0
    dry = api.ok("DELETE", "tables/deleteStale", {**body, "dryRun": True})
    assert [row["request"] for row in dry["successRequest"]] == [f"{schema}.b"]
    assert api.table(f"{schema}.b")["deleted"] is False
    assert api.ok("DELETE", "tables/deleteStale", body)["numberOfRowsPassed"] == 1
    assert api.table(f"{schema}.b")["deleted"] is True
    assert api.table(f"{schema}.a")["deleted"] is False
    api.refused(400, "DELETE", "tables/deleteStale", {**body, "scopeEntityType": "nope"})


def test_classifications_and_tags(api: Api) -> None:
    text = {"description": "text"}
    api.ok("PUT", "classifications", {"name": "Care", **text})
    tag = api.ok("PUT", "tags", {"name": "High", "classification": "Care", **text})
    nested = api.ok("PUT", "tags", {"name": "Very", "parent": "Care.High", **text})
    assert nested["fullyQualifiedName"] == "Care.High.Very"
    assert nested["classification"]["name"] == "Care"
    assert names(api.ok("GET", "tags", params={"parent": "Care"})) == ["High", "Very"]
    api.refused(400, "DELETE", f"tags/{tag['id']}")
    api.refused(400, "DELETE", "classifications/name/Tier", params={"recursive": "true"})
    api.refused(400, "PUT", "tags", {"name": "Orphan", **text})


def test_teams_and_users(api: Api) -> None:
    user = api.ok("PUT", "users", {"name": "Jisoo", "email": "jisoo@example.com"})
    assert user["name"] == "jisoo"
    body = {"name": "pay", "teamType": "Group", "users": [user["id"]]}
    team = api.ok("PUT", "teams", body)
    assert [one["name"] for one in team["users"]] == ["jisoo"]
    assert "pay" in names(api.ok("GET", "teams", params={"limit": "100"}))
    api.refused(404, "GET", f"teams/name/{quote('no one')}")


def test_other_identifiers_are_not_found(api: Api) -> None:
    api.refused(404, "GET", "tables/not-a-uuid")
    user = api.ok("GET", "users/loggedInUser")
    api.refused(404, "GET", f"tables/{user['id']}")
