"""Probes of lineage edges."""

from __future__ import annotations

import json
import time
from typing import Any

from openmetadata_standin.behaviours import lineage as behaviours
from openmetadata_standin.conformance.probe import probe
from openmetadata_standin.conformance.workspace import BIGINT, NOTE, Workspace, reference
from openmetadata_standin.models import Json

_STRUCT: Json = {"name": "who", "dataType": "STRUCT", "children": [{**NOTE, "name": "mail"}]}
_SECONDS_OF_INDEX = 20.0


def _tables(place: Workspace) -> tuple[Json, Json]:
    schema = place.schema()
    columns = [BIGINT, NOTE, _STRUCT]
    return place.table(schema, "above", columns=columns), place.table(
        schema, "below", columns=columns
    )


def _put(place: Workspace, above: Json, below: Json, **details: Any) -> int:
    return _put_between(place, reference("table", above), reference("table", below), **details)


def _put_between(place: Workspace, start: Json, end: Json, **details: Any) -> int:
    body = {"edge": {"fromEntity": start, "toEntity": end, "lineageDetails": details}}
    return place.server.status("PUT", "lineage", body)


def _pair(above: Json, below: Json, source: str, target: str) -> Json:
    return {
        "fromColumns": [f"{above['fullyQualifiedName']}.{source}"],
        "toColumn": f"{below['fullyQualifiedName']}.{target}",
    }


def _details(place: Workspace, above: Json, below: Json) -> Json:
    query = {"upstreamDepth": "1", "downstreamDepth": "0"}
    graph = place.server.made("GET", f"lineage/table/{below['id']}", **query)
    found: list[Json] = [
        edge["lineageDetails"]
        for edge in graph["upstreamEdges"]
        if edge["fromEntity"] == above["id"]
    ]
    return found[0] if found else {}


def _targets(place: Workspace, above: Json, below: Json) -> str:
    """Return the target columns of an edge's pairs."""
    pairs = _details(place, above, below).get("columnsLineage", [])
    start = len(below["fullyQualifiedName"]) + 1
    return ", ".join(sorted(pair["toColumn"][start:] for pair in pairs)) or "none"


@probe(behaviours.EDGE_REPLACED, holds="id, note, DbtLineage, SQL; then id, Manual, no SQL")
def edge_replaced(place: Workspace) -> str:
    """PUT an edge with all details and then with fewer."""
    ends = _tables(place)
    pairs = [_pair(*ends, key, key) for key in ("id", "note")]
    found = []
    _put(place, *ends, source="DbtLineage", sqlQuery="select 1", columnsLineage=pairs)
    for again in (False, True):
        if again:
            _put(place, *ends, columnsLineage=pairs[:1])
        edge = _details(place, *ends)
        sql = "SQL" if edge.get("sqlQuery") else "no SQL"
        found.append(f"{_targets(place, *ends)}, {edge['source']}, {sql}")
    return "; then ".join(found)


@probe(behaviours.UNKNOWN_PAIR_DROPPED, holds="200: id", otherwise="400: none")
def unknown_pair_dropped(place: Workspace) -> str:
    """PUT an edge with a column that exists and one that does not."""
    ends = _tables(place)
    pairs = [_pair(*ends, "id", key) for key in ("id", "none")]
    status = _put(place, *ends, columnsLineage=pairs)
    return f"{status}: {_targets(place, *ends)}"


@probe(behaviours.NESTED_PAIRS, holds="200: who.mail", otherwise="400: none")
def nested_pairs(place: Workspace) -> str:
    """PUT an edge between nested columns."""
    ends = _tables(place)
    status = _put(place, *ends, columnsLineage=[_pair(*ends, "who.mail", "who.mail")])
    return f"{status}: {_targets(place, *ends)}"


@probe(behaviours.SELF_EDGE, holds="200")
def self_edge(place: Workspace) -> str:
    """PUT an edge of a table to itself."""
    table = place.table()
    return str(_put(place, table, table))


@probe(behaviours.ABSENT_EDGE, holds="404")
def absent_edge(place: Workspace) -> str:
    """Remove an edge that does not exist."""
    above, below = _tables(place)
    path = f"lineage/table/{above['id']}/table/{below['id']}"
    return str(place.server.status("DELETE", path))


@probe(behaviours.DEPTH_LIMITED, holds="3: 200, 4: 400")
def depth_limited(place: Workspace) -> str:
    """Ask for graphs of depth 3 and 4."""
    path = f"lineage/table/{place.table()['id']}"
    statuses = [
        place.server.status("GET", path, upstreamDepth=depth, downstreamDepth="0")
        for depth in ("3", "4")
    ]
    return "3: {}, 4: {}".format(*statuses)


@probe(behaviours.EDGES_OUTLIVE_SOFT_DELETE, holds="soft: kept; hard: gone")
def edges_outlive_soft_delete(place: Workspace) -> str:
    """Delete the upper table of an edge softly, then for good."""
    ends = _tables(place)
    _put(place, *ends, source="DbtLineage")
    path, found = f"tables/{ends[0]['id']}", []
    for query in ({}, {"hardDelete": "true"}):
        place.server.made("DELETE", path, **query)
        found.append("kept" if _details(place, *ends) else "gone")
    return "soft: {}; hard: {}".format(*found)


@probe(behaviours.LINEAGE_BY_NAME, holds="200", otherwise="405")
def lineage_by_name(place: Workspace) -> str:
    """PUT an edge between two names."""
    above, below = (f"table/name/{table['fullyQualifiedName']}" for table in _tables(place))
    return str(place.server.status("PUT", f"lineage/{above}/{below}", {"source": "DbtLineage"}))


@probe(
    behaviours.LINEAGE_FROM_SEARCH,
    holds="1 edge above, pair id",
    otherwise="500",
)
def lineage_from_search(place: Workspace) -> str:
    """PUT an edge and wait until the search index has it."""
    ends = _tables(place)
    _put(place, *ends, columnsLineage=[_pair(*ends, "id", "id")])
    query = {"type": "table", "upstreamDepth": "1", "downstreamDepth": "0"}
    until = time.monotonic() + _SECONDS_OF_INDEX
    while True:
        answer = place.server.call(
            "GET", "lineage/getLineage", fqn=ends[1]["fullyQualifiedName"], **query
        )
        edges = list(answer.json()["upstreamEdges"].values()) if answer.ok else []
        if edges:
            start = len(ends[1]["fullyQualifiedName"]) + 1
            pairs = [column["toColumn"][start:] for column in edges[0].get("columns", [])]
            return f"{len(edges)} edge above, pair {', '.join(pairs)}"
        missing = answer.status_code not in (200, 404)
        if missing or time.monotonic() > until:
            return str(answer.status_code)
        time.sleep(0.5)


@probe(behaviours.PAIR_OUTLIVES_COLUMN, holds="id, note", otherwise="id")
def pair_outlives_column(place: Workspace) -> str:
    """PUT the lower table of an edge without a column that a pair of the edge names."""
    ends = _tables(place)
    _put(place, *ends, columnsLineage=[_pair(*ends, key, key) for key in ("id", "note")])
    place.put_again(ends[1], columns=[BIGINT, _STRUCT])
    return _targets(place, *ends)


@probe(behaviours.SESSION_DROPS_PAIR, holds="added, then none", otherwise="added, then added")
def session_drops_pair(place: Workspace) -> str:
    """PATCH a column into a table, PUT an edge that names it, PATCH the table again."""
    ends = _tables(place)
    added = {"op": "add", "path": "/columns/3", "value": {**NOTE, "name": "added"}}
    place.patch(ends[1], added)
    _put(place, *ends, columnsLineage=[_pair(*ends, "id", "added")])
    before = _targets(place, *ends)
    place.patch(ends[1], {"op": "add", "path": "/description", "value": "Text."})
    return f"{before}, then {_targets(place, *ends)}"


@probe(behaviours.EDGES_IN_INDEX, holds="id", otherwise="none")
def edges_in_index(place: Workspace) -> str:
    """PUT an edge and ask the index for the document of its lower end."""
    above, below = _tables(place)
    _put(place, above, below, source="DbtLineage", columnsLineage=[_pair(above, below, "id", "id")])
    start = len(below["fullyQualifiedName"]) + 1
    edges = _indexed_edges(place, "table_search_index", below)
    columns = [pair["toColumn"][start:] for edge in edges for pair in edge["columns"]]
    return ", ".join(columns) or "none"


@probe(behaviours.METRIC_EDGE, holds="200; above: metric; removed: 200; above: none")
def metric_edge(place: Workspace) -> str:
    """PUT an edge of a metric to a dashboard, and remove it."""
    metric, dashboard = _metric(place), _dashboard(place)
    status = _put_between(place, reference("metric", metric), reference("dashboard", dashboard))
    listed = _kinds_above(place, dashboard)
    path = f"lineage/metric/{metric['id']}/dashboard/{dashboard['id']}"
    removed = place.server.status("DELETE", path)
    return f"{status}; above: {listed}; removed: {removed}; above: {_kinds_above(place, dashboard)}"


@probe(behaviours.METRIC_EDGE_IN_INDEX, holds="metric", otherwise="none")
def metric_edge_in_index(place: Workspace) -> str:
    """PUT an edge of a metric to a dashboard and ask the index for the dashboard's document."""
    metric, dashboard = _metric(place), _dashboard(place)
    _put_between(place, reference("metric", metric), reference("dashboard", dashboard))
    edges = _indexed_edges(place, "dashboard_search_index", dashboard)
    return ", ".join(edge["fromEntity"]["type"] for edge in edges) or "none"


def _metric(place: Workspace) -> Json:
    return place.put("metrics", {"name": place.name()})


def _dashboard(place: Workspace) -> Json:
    service = place.name()
    body = {"name": service, "serviceType": "CustomDashboard"}
    place.put("services/dashboardServices", body)
    return place.server.made("PUT", "dashboards", {"name": "board", "service": service})


def _kinds_above(place: Workspace, dashboard: Json) -> str:
    """Return the kinds of the upper ends of the edges to a dashboard."""
    query = {"upstreamDepth": "1", "downstreamDepth": "0"}
    graph = place.server.made("GET", f"lineage/dashboard/{dashboard['id']}", **query)
    kinds = {node["id"]: node["type"] for node in graph["nodes"]}
    return ", ".join(kinds[edge["fromEntity"]] for edge in graph["upstreamEdges"]) or "none"


def _indexed_edges(place: Workspace, index: str, entity: Json) -> list[Json]:
    """Return the edges to an entity in its document in the search index, once there are any."""
    ids = {"ids": {"values": [entity["id"]]}}
    query = {"q": "*", "index": index, "query_filter": json.dumps({"query": ids})}
    until = time.monotonic() + _SECONDS_OF_INDEX
    while True:
        hits = place.server.made("GET", "search/query", **query)["hits"]["hits"]
        edges = [edge for hit in hits for edge in hit["_source"].get("upstreamLineage") or []]
        known = not hits or "upstreamLineage" in hits[0]["_source"]
        if edges or not known or time.monotonic() > until:
            return edges
        time.sleep(0.2)
