"""Custom properties of types, and the user that calls."""

from __future__ import annotations

from .standin_calls import Api, jwt, on


@on("1.2")
def test_custom_properties(api: Api, schema: str) -> None:
    string = api.ok("GET", "metadata/types/name/string", params={"category": "field"})
    table_type = api.ok("GET", "metadata/types/name/table")
    path = f"metadata/types/{table_type['id']}"
    prop = {
        "name": "lastApplied",
        "description": "What was written last.",
        "propertyType": {"id": string["id"], "type": "type"},
    }
    first, second = (api.ok("PUT", path, prop) for _ in range(2))
    assert first["version"] == second["version"]
    described = api.ok("GET", path, params={"fields": "customProperties"})
    assert "lastApplied" in [one["name"] for one in described["customProperties"]]
    table = api.put_table(schema, extension={"lastApplied": "one"})
    assert "extension" not in api.ok("GET", f"tables/{table['id']}")
    operation = {"op": "replace", "path": "/extension/lastApplied", "value": "two"}
    assert api.patch(table, operation)["extension"] == {"lastApplied": "two"}
    assert api.put_table(schema, extension={"lastApplied": "three"})["version"] == 0.2
    wrong = {"op": "replace", "path": "/extension", "value": {"lastApplied": 3}}
    api.refused(400, "PATCH", f"tables/{table['id']}", [wrong])
    integer = api.ok("GET", "metadata/types/name/integer")
    changed = {**prop, "propertyType": {"id": integer["id"], "type": "type"}}
    api.refused(400, "PUT", path, changed)


def test_logged_in_user(api: Api, person: Api) -> None:
    assert api.ok("GET", "users/loggedInUser")["isBot"] is True
    assert person.ok("GET", "users/loggedInUser")["name"] == "mina"
    headers = {"Authorization": f"Bearer {jwt('nobody')}"}
    api.refused(401, "GET", "users/loggedInUser", headers=headers)
