"""Publishes content for tests of the pages: tables that models build, edges, tests."""

from __future__ import annotations

from typing import Any

from .standin_calls import Api, Json

CASES = "dataQuality/testCases"


def put_model(api: Api, schema: str, name: str, path: str, **fields: Any) -> Json:
    """PUT a table that a dbt model at a path builds. In: `sql`, the model's SQL."""
    sql = fields.pop("sql", "select 1")
    table = api.put_table(schema, name, **fields)
    model = {"modelType": "DBT", "resourceType": "model", "sql": sql, "path": path}
    return api.ok("PUT", f"tables/{table['id']}/dataModel", model)


def text(name: str, description: str = "", **fields: Any) -> Json:
    """A column of text."""
    return {"name": name, "dataType": "STRING", "description": description, **fields}


def put_edge(api: Api, source: Json, target: Json, *columns: str) -> None:
    """PUT an edge between tables, with a pair for each column that both have."""
    pairs = [
        {
            "fromColumns": [f"{source['fullyQualifiedName']}.{one}"],
            "toColumn": f"{target['fullyQualifiedName']}.{one}",
        }
        for one in columns
    ]
    ends = {"fromEntity": source, "toEntity": target}
    edge: Json = {key: {"id": one["id"], "type": "table"} for key, one in ends.items()}
    edge["lineageDetails"] = {"columnsLineage": pairs}
    assert api.call("PUT", "lineage", {"edge": edge}).ok


def put_test(api: Api, table: str, name: str, *results: Json, column: str = "") -> None:
    """Create a test of a table or column and publish its results."""
    kind = "COLUMN" if column else "TABLE"
    definition = f"checks_{kind.lower()}"
    body = {"name": definition, "entityType": kind, "testPlatforms": ["dbt"]}
    api.ok("PUT", "dataQuality/testDefinitions", body)
    link = f"<#E::table::{table}::columns::{column}>" if column else f"<#E::table::{table}>"
    case = {"name": name, "testDefinition": definition, "entityLink": link}
    fqn = api.ok("PUT", CASES, case)["fullyQualifiedName"]
    for result in results:
        api.ok("POST", f"{CASES}/testCaseResults/{fqn}", {"testResultValue": [], **result})


def ran(day: int, status: str, said: str = "") -> Json:
    """A result of a day in January 2026."""
    moment = 1_767_225_600_000 + (day - 1) * 86_400_000
    return {"timestamp": moment, "testCaseStatus": status, "result": said}
