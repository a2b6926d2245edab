"""Columns of a table: merging by PUT, and the server's changes of types and names."""

from __future__ import annotations

from .standin_calls import Api, column, label, on, tag_names, text_column


def test_displayed_types_are_kept_in_lower_case(api: Api, schema: str) -> None:
    inner = {"name": "c", "dataType": "VARCHAR", "dataTypeDisplay": "VARCHAR(9)"}
    table = api.put_table(
        schema,
        columns=[
            {"name": "a", "dataType": "BIGINT"},
            {"name": "b", "dataType": "DECIMAL", "dataTypeDisplay": "Decimal(9,2)"},
            {"name": "s", "dataType": "STRUCT", "children": [inner]},
        ],
    )
    displayed = [one["dataTypeDisplay"] for one in table["columns"]]
    assert displayed == ["bigint", "decimal(9,2)", "struct"]
    assert table["columns"][2]["children"][0]["dataTypeDisplay"] == "VARCHAR(9)"
    patched = api.patch(
        table, {"op": "replace", "path": "/columns/0/dataTypeDisplay", "value": "INT8"}
    )
    assert patched["columns"][0]["dataTypeDisplay"] == "int8"


@on("1.2")
def test_columns_that_come_and_go(api: Api, schema: str) -> None:
    documented = {"description": "text", "tags": [label("PII.Sensitive")]}
    api.put_table(schema, columns=[text_column(name, **documented) for name in "abc"])
    table = api.put_table(
        schema, columns=[text_column("a"), text_column("renamed"), text_column("c")]
    )
    for neighbour in "ac":
        assert column(table, neighbour)["description"] == "text"
        assert tag_names(column(table, neighbour)) == ["PII.Sensitive"]
    assert "description" not in column(table, "renamed")
    assert column(table, "renamed")["tags"] == []
    assert table["version"] == 1.1
    table = api.put_table(schema, columns=[text_column(name) for name in "abc"])
    assert "description" not in column(table, "b")


def test_changed_type_keeps_the_description_and_loses_tags(api: Api, schema: str) -> None:
    documented = {"description": "text", "tags": [label("PII.Sensitive")]}
    api.put_table(schema, columns=[text_column("a", **documented)])
    table = api.put_table(schema, columns=[{"name": "a", "dataType": "BIGINT"}])
    assert column(table, "a")["description"] == "text"
    assert column(table, "a")["tags"] == []


def test_change_of_case_or_order_alone_is_ignored(api: Api, schema: str) -> None:
    api.put_table(schema, columns=[text_column("a"), text_column("b")])
    table = api.put_table(schema, columns=[text_column("B"), text_column("A")])
    assert [one["name"] for one in table["columns"]] == ["a", "b"]
    assert table["version"] == 0.1


def test_nested_columns_have_full_names(api: Api, schema: str) -> None:
    struct = {"name": "who", "dataType": "STRUCT", "children": [text_column("e.mail")]}
    table = api.put_table(schema, columns=[struct])
    child = table["columns"][0]["children"][0]
    assert child["fullyQualifiedName"] == f'{schema}.orders.who."e.mail"'
