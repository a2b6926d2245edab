"""The fewest calls that the server's API allows, by kind of entity, counted from the artifacts.

Where the API has a bulk route, a call holds a hundred entities, the page size of the engine and of
the official client. There is no bulk route for edges, test results, contracts, teams, tags and a
table's profile, nor to read the edges that end at an entity.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import ceil
from pathlib import Path

from benchmarks.catalog.artifacts import ARTIFACTS, EDITED, Json

BULK = 100
# A page of the search index.
INDEXED = 500
# The server's types whose entities carry our mark as a custom property.
_MARKED_TYPES = 5
FIRST, SAME, EDIT, REBUILD = "first run", "no change", "one model changed", "built again"
RUNS = (FIRST, SAME, EDIT, REBUILD)
# A kind of entity: how many calls it takes, and why.
WHY = {
    "containers": "the service by name, a page of databases, one of schemas a database; one PUT of"
    " the service, one bulk PUT of databases, one of schemas",
    "server": "its version",
    "tables": "a page and a bulk PUT a hundred tables; a PATCH a table that has what it cannot be"
    " created with: a dbt tab, a key of another table, a last build; a PUT a table whose rows are"
    " known",
    "edges": "a read a table, dashboard or metric of what flows into it; a PUT an edge",
    "search index": "whether it answers; a page a kind of thing that edges end at, to see the edges"
    " that people see, and once more when something was written; a page five hundred tests",
    "owners": "a read and a PUT a team",
    "tags": "a read and a PUT a classification, a page of its tags, a PUT a tag",
    "tests": "a read and a PUT a definition; a POST (createMany) a hundred tests; where the index"
    " lacks some, how many there are, and a page",
    "test results": "a POST a result; they are read with the tests",
    "dashboards": "the service by name and its PUT; a page and a bulk PUT a hundred dashboards",
    "metrics": "whether the server knows them; a page and a bulk PUT a hundred metrics",
    "contracts": "whether the server knows them; a page a hundred contracts; a PUT a contract",
    "types": "a read of the words for a metric's type; a read and a PUT a type that marks are kept"
    " on, a read of the property's type",
}


@dataclass(frozen=True)
class Floor:
    """The fewest reads and writes of one run, by kind."""

    reads: Counter[str]
    writes: Counter[str]

    @property
    def total(self) -> int:
        """All calls."""
        return self.reads.total() + self.writes.total()


@dataclass(frozen=True)
class Size:
    """The number of entities of each kind in a project's artifacts.

    `edges` are between tables, `uses` go to dashboards and metrics, `edited` go into the edited
    model. `completed` tables have parts that need a PATCH after creation, `built` tables were built
    by the run, `profiled` are the built tables with a known number of rows. `ends` is the number of
    kinds of entities that edges end at.
    """

    tables: int
    databases: int
    schemas: int
    teams: int
    tags: int
    edges: int
    uses: int
    edited: int
    dashboards: int
    metrics: int
    definitions: int
    tests: int
    results: int
    contracts: int
    completed: int
    ends: int
    built: int
    profiled: int


def measure(folder: Path) -> Size:
    """Count the entities in the artifacts of a folder."""
    manifest, catalog, run = (json.loads((folder / name).read_bytes()) for name in ARTIFACTS)
    nodes = {
        **manifest["nodes"],
        **manifest["sources"],
    }
    relations = {**catalog["nodes"], **catalog["sources"]}
    places = [relation["metadata"] for relation in relations.values()]
    tests = {key: node for key, node in nodes.items() if node["resource_type"] == "test"}
    results = [result for result in run["results"] if result["unique_id"] in tests]
    built = [
        result
        for result in run["results"]
        if result["unique_id"] in relations and result["status"] == "success"
    ]
    into = {key: _upstream(key, nodes, relations) for key in relations}
    uses = {**manifest["exposures"], **manifest["metrics"]}
    everything = {**nodes, **manifest["semantic_models"], **manifest["metrics"]}
    return Size(
        tables=len(relations),
        databases=len({place["database"] for place in places}),
        schemas=len({(place["database"], place["schema"]) for place in places}),
        teams=len({nodes[key]["group"] for key in relations if nodes[key].get("group")}),
        tags=len(_tags(nodes[key] for key in relations)),
        edges=sum(map(len, into.values())),
        uses=sum(len(_upstream_of(node, everything, relations)) for node in uses.values()),
        edited=sum(len(ends) for key, ends in into.items() if key.endswith(f".{EDITED}")),
        dashboards=len(manifest["exposures"]),
        metrics=len(manifest["metrics"]),
        definitions=len({test["test_metadata"]["name"] for test in tests.values()}),
        tests=len(tests),
        results=len(results),
        contracts=sum(
            nodes[key]["config"].get("contract", {}).get("enforced", False) for key in relations
        ),
        completed=len(
            {
                test["attached_node"]
                for test in tests.values()
                if test["test_metadata"]["name"] == "relationships"
            }
            | {result["unique_id"] for result in built}
            | {key for key in relations if nodes[key].get("compiled_code")}
        ),
        ends=1 + bool(manifest["exposures"]) + bool(manifest["metrics"]),
        built=len(built),
        profiled=sum(
            isinstance(result["adapter_response"].get("rows_affected"), int) for result in built
        ),
    )


def floors(size: Size) -> Mapping[str, Floor]:
    """Return the floor of each run on a project of a size; the first run is on an empty server."""
    tests_shown = 1 + size.tests // INDEXED
    read_all = Counter(
        {
            "server": 1,
            "containers": 2 + size.databases,
            "tables": ceil(size.tables / BULK),
            "edges": size.tables + size.dashboards + size.metrics,
            "search index": 1 + size.ends + tests_shown,
            "owners": size.teams,
            "tags": 2,
            "tests": size.definitions,
            "dashboards": 1 + ceil(size.dashboards / BULK),
            "metrics": bool(size.metrics) + ceil(size.metrics / BULK),
            "contracts": bool(size.contracts) + ceil(size.contracts / BULK),
            "types": 1 * bool(size.metrics),
        }
    )
    read_nothing = Counter(
        {
            "server": 1,
            "containers": 1,
            # Created tables are read back for their ids, which a bulk PUT does not return.
            "tables": ceil(size.tables / BULK),
            "owners": size.teams,
            "tags": 1,
            # After writing, the search index is read once more, because people see the index.
            "search index": 1 + size.ends + 1,
            "tests": size.definitions + 2,
            "dashboards": 1,
            "metrics": bool(size.metrics) + 1,
            "contracts": bool(size.contracts) + 1,
            "types": bool(size.metrics) + _MARKED_TYPES + 1,
        }
    )
    made = Counter(
        {
            "containers": 3,
            "tables": ceil(size.tables / BULK) + size.completed + size.profiled,
            "edges": size.edges + size.uses,
            "owners": size.teams,
            "tags": 1 + size.tags,
            "tests": size.definitions + ceil(size.tests / BULK),
            "test results": size.results,
            "dashboards": 1 + ceil(size.dashboards / BULK),
            "metrics": ceil(size.metrics / BULK),
            "contracts": size.contracts,
            "types": _MARKED_TYPES,
        }
    )
    # An edit writes the table with its dbt tab, and the SQL on each edge into it.
    edited = Counter({"tables": 1, "edges": size.edited})
    rebuilt = Counter({"tables": size.built + size.profiled, "test results": size.results})
    return {
        FIRST: Floor(read_nothing, made),
        SAME: Floor(read_all, Counter()),
        # The edited model has edges to tables only; a build writes tables with edges to all kinds.
        EDIT: Floor(read_all + Counter({"search index": 1}), edited),
        REBUILD: Floor(read_all + Counter({"search index": size.ends}), rebuilt),
    }


def _upstream(key: str, nodes: Json, relations: Json) -> set[str]:
    return _upstream_of(nodes[key], nodes, relations) - {key}


def _upstream_of(node: Json, nodes: Json, relations: Json) -> set[str]:
    """Return the relations that a node reads, directly or through nodes that are no relations."""
    found: set[str] = set()
    for parent in node.get("depends_on", {}).get("nodes", []):
        if parent in relations:
            found.add(parent)
        elif parent in nodes:
            found |= _upstream_of(nodes[parent], nodes, relations)
    return found


def _tags(nodes: Iterable[Json]) -> set[str]:
    found: set[str] = set()
    for node in nodes:
        found.update(node["tags"])
        for column in node["columns"].values():
            found.update(column["tags"])
    return found
