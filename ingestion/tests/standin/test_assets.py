"""Metrics and dashboards, lineage to them, and the search routes."""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest
from metadata.generated.schema.entity.data.table import Table

from .standin_calls import Api, Json, on

Client = Any  # Its own annotations do not fit how it is called.


@pytest.fixture
def name() -> str:
    """A new name."""
    return f"n{uuid.uuid4().hex[:8]}"


def put_edge(api: Api, start: tuple[str, Json], end: tuple[str, Json], **details: Any) -> int:
    ends = [{"id": one["id"], "type": kind} for kind, one in (start, end)]
    edge = {"fromEntity": ends[0], "toEntity": ends[1], "lineageDetails": details}
    return api.call("PUT", "lineage", {"edge": edge}).status_code


def test_metrics_keep_their_expression_and_name_their_parts(api: Api, name: str) -> None:
    expression = {"language": "SQL", "code": "count(*)"}
    parts = {"measures": [{"name": "total"}], "dimensions": [{"name": "day"}]}
    metric = api.ok("PUT", "metrics", {"name": name, "metricExpression": expression, **parts})
    assert metric["measures"][0]["fullyQualifiedName"] == f"{name}.measure.total"
    assert metric["dimensions"][0]["fullyQualifiedName"] == f"{name}.dimension.day"
    derived = {"name": f"{name}2", "relatedMetrics": [name]}
    assert api.ok("PUT", "metrics", derived)["relatedMetrics"][0]["id"] == metric["id"]
    later = api.ok("PUT", "metrics", {"name": name, **parts, "granularity": "DAY"})
    assert (later["metricExpression"], later["granularity"]) == (expression, "DAY")
    api.refused(404, "PUT", "metrics", {"name": f"{name}3", "relatedMetrics": ["none"]})


@on("1.2")
def test_lineage_to_a_metric_reaches_its_parts(api: Api, schema: str, name: str) -> None:
    table = api.put_table(schema)
    metric = api.ok("PUT", "metrics", {"name": name, "measures": [{"name": "total"}]})
    pair = {"fromColumns": [f"{schema}.orders.id"], "toColumn": f"{name}.measure.total"}
    ends = ("table", table), ("metric", metric)
    assert put_edge(api, *ends, columnsLineage=[pair]) == 200
    assert put_edge(api, *ends, columnsLineage=[{**pair, "toColumn": f"{name}.total"}]) == 400


@on("1.2")
def test_dashboards_hang_on_services_and_take_lineage(api: Api, schema: str, name: str) -> None:
    body = {"name": "sales", "service": name}
    api.refused(404, "PUT", "dashboards", body)
    service = {"name": name, "serviceType": "CustomDashboard"}
    api.ok("PUT", "services/dashboardServices", service)
    chart = api.ok("PUT", "charts", {"name": "bars", "service": name})
    dashboard = api.ok("PUT", "dashboards", {**body, "charts": [f"{name}.bars"]})
    assert dashboard["fullyQualifiedName"] == f"{name}.sales"
    assert (dashboard["serviceType"], dashboard["charts"][0]["id"]) == (
        "CustomDashboard",
        chart["id"],
    )
    table = api.put_table(schema)
    ends = ("table", table), ("dashboard", dashboard)
    assert put_edge(api, *ends, source="DbtLineage") == 200
    graph = api.ok("GET", f"lineage/table/name/{schema}.orders")
    assert [node["type"] for node in graph["nodes"]] == ["dashboard"]
    pair = {"fromColumns": [f"{schema}.orders.id"], "toColumn": f"{name}.sales.id"}
    assert put_edge(api, *ends, columnsLineage=[pair]) == 400


def hits(answer: Json) -> list[str]:
    return [hit["_source"]["fullyQualifiedName"] for hit in answer["hits"]["hits"]]


def test_search_by_field_takes_wildcards_and_leaves_out_the_deleted(
    api: Api, client: Client, schema: str
) -> None:
    api.put_table(schema)
    gone = api.put_table(schema, "ord_rs")
    api.ok("DELETE", f"tables/{gone['id']}")
    service = schema.split(".", maxsplit=1)[0]
    found = client.es_search_from_fqn(Table, f"{service}.*.MARTS.ord*")
    assert [table.fullyQualifiedName.root for table in found] == [f"{schema}.orders"]
    params = {
        "fieldName": "fullyQualifiedName",
        "fieldValue": f"{schema}.ord_rs",
        "index": "table_search_index",
    }
    assert hits(api.ok("GET", "search/fieldQuery", params=params)) == [f"{schema}.ord_rs"]
    params["deleted"] = "false"
    assert hits(api.ok("GET", "search/fieldQuery", params=params)) == []
    api.refused(400, "GET", "search/fieldQuery", params={"index": "table"})


def test_search_by_query_and_filter(api: Api, client: Client, schema: str, name: str) -> None:
    table = api.put_table(schema)
    api.ok("PUT", "users", {"name": name, "email": f"{name}@example.com"})
    assert client.get_reference_by_email(f"{name}@example.com").root[0].name == name
    assert client.get_reference_by_name(name.upper()).root[0].name == name
    by_service = {"term": {"service.name": schema.split(".", maxsplit=1)[0]}}
    clauses = {"must": [by_service], "must_not": [{"terms": {"name": ["x"]}}]}
    for query in ({"bool": clauses}, {"ids": {"values": [table["id"]]}}):
        params = {"index": "table", "query_filter": json.dumps({"query": query})}
        assert hits(api.ok("GET", "search/query", params=params)) == [f"{schema}.orders"]
    params = {"index": "table", "query_filter": json.dumps({"query": {"span": {}}})}
    api.refused(400, "GET", "search/query", params=params)
