"""Probes of batch calls and of data contracts."""

from __future__ import annotations

from openmetadata_standin.behaviours import reading as behaviours
from openmetadata_standin.conformance.probe import probe
from openmetadata_standin.conformance.server import path_of
from openmetadata_standin.conformance.workspace import BIGINT, NOTE, Workspace, reference
from openmetadata_standin.models import Json


def _bulk(place: Workspace) -> tuple[Json, Json]:
    """Put a good row and one with a key of an unknown column; return the bad row and the answer."""
    schema = place.schema()
    key = {"constraintType": "UNIQUE", "columns": ["none"]}
    bad = place.table_body(schema, "bad", tableConstraints=[key])
    rows = [place.table_body(schema, "good"), bad]
    return bad, place.server.made("PUT", "tables/bulk", rows, **{"async": "false"})


@probe(behaviours.BULK_BY_ROW, holds="partialSuccess, 1 passed, 1 failed")
def bulk_by_row(place: Workspace) -> str:
    """Put a good row and a bad one."""
    _, result = _bulk(place)
    passed, failed = result["numberOfRowsPassed"], result["numberOfRowsFailed"]
    return f"{result['status']}, {passed} passed, {failed} failed"


@probe(behaviours.BULK_WHOLE_BODY, holds="the body", otherwise="the full name")
def bulk_whole_body(place: Workspace) -> str:
    """Read how the answer identifies a failed row."""
    bad, result = _bulk(place)
    request = result["failedRequest"][0]["request"]
    if isinstance(request, dict) or str(request).lstrip().startswith("{"):
        return "the body"
    named = request == f"{bad['databaseSchema']}.{bad['name']}"
    return "the full name" if named else f"{request}"


@probe(behaviours.STALE_REMOVED, holds="1 of 2 removed, soft", otherwise="404")
def stale_removed(place: Workspace) -> str:
    """DELETE stale tables after naming one of two tables as seen."""
    schema = place.schema()
    kept, stale = place.table(schema, "kept"), place.table(schema, "stale")
    body = {
        "scopeFqn": schema,
        "scopeEntityType": "databaseSchema",
        "seenFqns": [kept["fullyQualifiedName"]],
    }
    result = place.server.call("DELETE", "tables/deleteStale", body)
    if not result.ok:
        return str(result.status_code)
    gone = place.server.call("GET", f"tables/{stale['id']}", include="deleted").ok
    passed = result.json()["numberOfRowsPassed"]
    return f"{passed} of 2 removed, {'soft' if gone else 'hard'}"


@probe(behaviours.BULK_REFUSED_WHOLE, holds="400, none made", otherwise="200, the good row made")
def bulk_refused_whole(place: Workspace) -> str:
    """Put a good row and one with an unknown field."""
    schema = place.schema()
    rows = [place.table_body(schema, "good"), place.table_body(schema, "bad", surprise=1)]
    status = place.server.status("PUT", "tables/bulk", rows, **{"async": "false"})
    made = place.server.call("GET", path_of("tables", f"{schema}.good")).ok
    return f"{status}, {'the good row' if made else 'none'} made"


def _put_twice(place: Workspace, first: Json, second: Json, **query: str) -> Json:
    """Put a table in bulk calls twice, with different fields; return it."""
    schema = place.schema()
    for fields in (first, second):
        rows = [place.table_body(schema, **fields)]
        place.server.made("PUT", "tables/bulk", rows, **{"async": "false", **query})
    return place.server.made("GET", path_of("tables", f"{schema}.orders"))


@probe(behaviours.OVERRIDE_METADATA, holds="second", otherwise="first")
def override_metadata(place: Workspace) -> str:
    """Put another description with `overrideMetadata`."""
    texts = ({"description": text} for text in ("first", "second"))
    return str(_put_twice(place, *texts, overrideMetadata="true").get("description"))


@probe(behaviours.EQUAL_SOURCE_HASH, holds="1 column", otherwise="2 columns")
def equal_source_hash(place: Workspace) -> str:
    """Put an additional column under the same `sourceHash`."""
    columns = ([BIGINT], [BIGINT, NOTE])
    made = _put_twice(place, *({"sourceHash": "1", "columns": column} for column in columns))
    return f"{len(made['columns'])} column{'s' if len(made['columns']) > 1 else ''}"


def _contract(place: Workspace, **entity: str) -> Json:
    table = place.table()
    body = {"name": place.name(), "entity": {**reference("table", table), **entity}}
    return place.server.made("PUT", "dataContracts", body)


@probe(
    behaviours.CONTRACT_AS_SENT,
    holds="by id: no name; with its name: a name",
    otherwise="by id: a name; with its name: a name",
)
def contract_as_sent(place: Workspace) -> str:
    """Put contracts that name their entity by id alone and with its name, and list them."""
    found = []
    for sent in ({}, {"name": "orders", "fullyQualifiedName": "by.the.client.orders"}):
        made = _contract(place, **sent)
        listed = place.server.made("GET", "dataContracts", limit="100000")["data"]
        entity = next(contract["entity"] for contract in listed if contract["id"] == made["id"])
        found.append("a name" if entity.get("fullyQualifiedName") else "no name")
    return f"by id: {found[0]}; with its name: {found[1]}"


@probe(behaviours.ONE_CONTRACT, holds="400")
def one_contract(place: Workspace) -> str:
    """Put a second contract for a table."""
    first = _contract(place)
    body = {"name": place.name(), "entity": {"id": first["entity"]["id"], "type": "table"}}
    return str(place.server.status("PUT", "dataContracts", body))
