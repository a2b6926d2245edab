"""Lineage edges: replaced by a PUT, checked against columns, kept by a soft delete."""

from __future__ import annotations

from typing import Any

import pytest

from .standin_calls import Api, Json, on


def columns(*names: str) -> list[Json]:
    return [{"name": name, "dataType": "STRING"} for name in names]


def end(table: Json) -> Json:
    return {"id": table["id"], "type": "table"}


def put_edge(api: Api, source: Json, target: Json, /, **details: Any) -> int:
    edge = {"fromEntity": end(source), "toEntity": end(target), "lineageDetails": details}
    return api.call("PUT", "lineage", {"edge": edge}).status_code


def mapping(source: Json, target: Json, from_column: str, to_column: str) -> Json:
    return {
        "fromColumns": [f"{source['fullyQualifiedName']}.{from_column}"],
        "toColumn": f"{target['fullyQualifiedName']}.{to_column}",
    }


@pytest.fixture
def pair(api: Api, schema: str) -> tuple[Json, Json]:
    """Two tables with columns a and b, the second with a nested one too."""
    struct = {"name": "s", "dataType": "STRUCT", "children": columns("inner")}
    source = api.put_table(schema, "raw", columns=columns("a", "b"))
    return source, api.put_table(schema, "mart", columns=[*columns("a", "b"), struct])


def details(api: Api, pair: tuple[Json, Json]) -> Json:
    edge = api.ok("GET", f"lineage/getLineageEdge/{pair[0]['id']}/{pair[1]['id']}")["edge"]
    assert isinstance(edge, dict)
    return edge


def test_put_replaces_all_details(api: Api, pair: tuple[Json, Json]) -> None:
    both = [mapping(*pair, "a", "a"), mapping(*pair, "b", "b")]
    first = put_edge(api, *pair, source="DbtLineage", sqlQuery="select 1", columnsLineage=both)
    assert (first, len(details(api, pair)["columnsLineage"])) == (200, 2)
    put_edge(api, *pair, columnsLineage=both[:1])
    edge = details(api, pair)
    assert edge["columnsLineage"] == both[:1]
    assert edge["source"] == "Manual"
    assert "sqlQuery" not in edge


@on("1.2")
@pytest.mark.parametrize("column", ["nope", "A", "s.inner"])
def test_unknown_column_is_refused(api: Api, pair: tuple[Json, Json], column: str) -> None:
    assert put_edge(api, *pair, columnsLineage=[mapping(*pair, "a", column)]) == 400


def test_unknown_end_is_refused(api: Api, pair: tuple[Json, Json]) -> None:
    nobody = {"id": "00000000-0000-0000-0000-000000000000"}
    assert put_edge(api, nobody, pair[1]) == 404


@on("1.2")
def test_old_pair_stays_when_its_column_is_gone(
    api: Api, schema: str, pair: tuple[Json, Json]
) -> None:
    old = [mapping(*pair, "b", "b")]
    put_edge(api, *pair, columnsLineage=old)
    api.put_table(schema, "raw", columns=columns("a"))
    assert details(api, pair)["columnsLineage"] == old
    assert put_edge(api, *pair, columnsLineage=old) == 400


def test_self_edge_is_accepted(api: Api, pair: tuple[Json, Json]) -> None:
    assert put_edge(api, pair[0], pair[0]) == 200


def test_graph_has_the_depth_asked_for(api: Api, schema: str, pair: tuple[Json, Json]) -> None:
    last = api.put_table(schema, "report")
    put_edge(api, *pair)
    put_edge(api, pair[1], last)
    path = f"lineage/table/name/{schema}.report"
    near = api.ok("GET", path, params={"upstreamDepth": 1, "downstreamDepth": 0})
    assert [node["name"] for node in near["nodes"]] == ["mart"]
    assert near["entity"]["name"] == "report"
    far = api.ok("GET", path, params={"upstreamDepth": 3, "downstreamDepth": 0})
    assert {node["name"] for node in far["nodes"]} == {"mart", "raw"}
    assert len(far["upstreamEdges"]) == 2
    down = api.ok("GET", f"lineage/table/{pair[0]['id']}", params={"downstreamDepth": 2})
    assert [edge["toEntity"] for edge in down["downstreamEdges"]] == [pair[1]["id"], last["id"]]
    api.refused(400, "GET", path, params={"upstreamDepth": 4})


@on("1.2")
def test_patch_changes_an_edge(api: Api, pair: tuple[Json, Json]) -> None:
    put_edge(api, *pair)
    path = f"lineage/table/{pair[0]['id']}/table/{pair[1]['id']}"
    add = {"op": "add", "path": "/sqlQuery", "value": "select 2"}
    assert api.ok("PATCH", path, [add])["sqlQuery"] == "select 2"
    unknown = {"op": "add", "path": "/columnsLineage", "value": [mapping(*pair, "a", "x")]}
    api.refused(400, "PATCH", path, [unknown])


def test_delete_removes_an_edge_once(api: Api, pair: tuple[Json, Json]) -> None:
    put_edge(api, *pair)
    path = f"lineage/table/{pair[0]['id']}/table/{pair[1]['id']}"
    assert api.call("DELETE", path).status_code == 200
    api.refused(404, "DELETE", path)


@on("1.2")
def test_routes_by_name(api: Api, pair: tuple[Json, Json]) -> None:
    names = "/name/".join(["table", pair[0]["fullyQualifiedName"]])
    path = f"{names}/table/name/{pair[1]['fullyQualifiedName']}"
    assert api.call("PUT", f"lineage/{path}", {"source": "DbtLineage"}).status_code == 200
    assert api.ok("GET", f"lineage/getLineageEdge/{path}")["edge"]["source"] == "DbtLineage"
    assert api.call("DELETE", f"lineage/{path}").status_code == 200
    api.refused(404, "GET", f"lineage/getLineageEdge/{path}")


def test_edges_of_one_source_are_removed(api: Api, pair: tuple[Json, Json]) -> None:
    put_edge(api, *pair, source="DbtLineage")
    base = f"lineage/table/{pair[1]['id']}/type"
    api.call("DELETE", f"{base}/QueryLineage")
    assert details(api, pair)["source"] == "DbtLineage"
    api.call("DELETE", f"{base}/DbtLineage")
    api.refused(404, "GET", f"lineage/getLineageEdge/{pair[0]['id']}/{pair[1]['id']}")


def test_soft_delete_keeps_edges_and_hard_delete_does_not(
    api: Api, schema: str, pair: tuple[Json, Json]
) -> None:
    put_edge(api, *pair, source="DbtLineage")
    api.ok("DELETE", f"tables/{pair[0]['id']}")
    graph = api.ok("GET", f"lineage/table/{pair[1]['id']}")
    assert [(node["name"], node["deleted"]) for node in graph["nodes"]] == [("raw", True)]
    api.refused(404, "GET", f"lineage/table/{pair[0]['id']}")
    assert put_edge(api, *pair) == 404
    revived = api.put_table(schema, "raw", columns=columns("a", "b"))
    assert revived["id"] == pair[0]["id"]
    assert details(api, pair)["source"] == "DbtLineage"
    api.ok("DELETE", f"tables/{pair[0]['id']}", params={"hardDelete": "true"})
    assert api.put_table(schema, "raw", columns=columns("a", "b"))["id"] != pair[0]["id"]
    assert api.ok("GET", f"lineage/table/{pair[1]['id']}")["upstreamEdges"] == []
