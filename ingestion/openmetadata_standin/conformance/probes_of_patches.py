"""Probes of PATCH: denied operations, sorted constraints, versions."""

from __future__ import annotations

import requests

from openmetadata_standin.behaviours import writing as behaviours
from openmetadata_standin.conformance.probe import probe
from openmetadata_standin.conformance.workspace import BIGINT, NOTE, Workspace
from openmetadata_standin.models import Json


@probe(
    behaviours.CONSTRAINTS_SORTED,
    holds="b, a -> z, y; after a PATCH: a, b -> y, z",
    otherwise="b, a -> z, y; after a PATCH: b, a -> z, y",
)
def constraints_sorted(place: Workspace) -> str:
    """Put a foreign key with unsorted columns, and PATCH another field."""
    schema = place.schema()
    text = {"dataType": "STRING"}
    above = place.table(schema, "above", columns=[{"name": name, **text} for name in "yz"])
    key = {
        "constraintType": "FOREIGN_KEY",
        "columns": ["b", "a"],
        "referredColumns": [f"{above['fullyQualifiedName']}.{name}" for name in "zy"],
    }
    columns = [{"name": name, **text} for name in "ab"]
    table = place.table(schema, "below", columns=columns, tableConstraints=[key])
    before = _shown(place.read(table)["tableConstraints"][0])
    place.patch(table, {"op": "add", "path": "/description", "value": "text"})
    return f"{before}; after a PATCH: {_shown(place.read(table)['tableConstraints'][0])}"


def _shown(key: Json) -> str:
    referred = (column.rpartition(".")[2] for column in key["referredColumns"])
    return f"{', '.join(key['columns'])} -> {', '.join(referred)}"


@probe(
    behaviours.DISPLAY_NAME_DENIED,
    holds="PATCH 403, to the same 403; PUT: Shown",
    otherwise="PATCH 200, to the same 200; PUT: Shown",
)
def display_name_denied(place: Workspace) -> str:
    """PUT a display name, PATCH it."""
    table = place.table(displayName="Shown")
    put = place.read(table).get("displayName", "none")
    operation = {"op": "replace", "path": "/displayName"}
    statuses = [place.patch(table, {**operation, "value": key}) for key in ("Other", "Shown")]
    return f"PATCH {statuses[0]}, to the same {statuses[1]}; PUT: {put}"


@probe(
    behaviours.SESSIONS,
    holds="0.1, 0.2, 0.2; stale updatedAt 500",
    otherwise="0.1, 0.2, 0.3; stale updatedAt 500",
)
def sessions(place: Workspace) -> str:
    """PATCH a table twice, and then with a `test` of its first updatedAt."""
    table = place.table()
    versions = [table["version"]]
    for text in ("one", "two"):
        place.patch(table, {"op": "add", "path": "/description", "value": text})
        versions.append(place.read(table)["version"])
    stale = {"op": "test", "path": "/updatedAt", "value": table["updatedAt"]}
    status = place.patch(table, stale, {"op": "add", "path": "/description", "value": "three"})
    return f"{', '.join(str(version) for version in versions)}; stale updatedAt {status}"


@probe(behaviours.SESSION_MAJOR, holds="0.2, 1.1, 1.1", otherwise="0.2, 0.3, 0.4")
def session_major(place: Workspace) -> str:
    """PATCH a column into a table, then PATCH its description twice."""
    table, versions = place.table(), []
    changes: list[tuple[str, object]] = [
        ("/columns/1", NOTE),
        ("/description", "one"),
        ("/description", "two"),
    ]
    for path, value in changes:
        place.patch(table, {"op": "add", "path": path, "value": value})
        versions.append(str(place.read(table)["version"]))
    return ", ".join(versions)


@probe(behaviours.IF_MATCH, holds="0.2, 0.3, stale 412")
def if_match(place: Workspace) -> str:
    """PATCH a table twice with the current ETag, and then with an older one."""
    table = place.table()
    path, found = f"tables/{table['id']}", []
    for text in ("one", "two"):
        read = place.server.call("GET", path).headers.get("ETag", "")
        _patch_if_match(place, path, text, read)
        found.append(str(place.read(table)["version"]))
    return f"{', '.join(found)}, stale {_patch_if_match(place, path, 'three', read)}"


def _patch_if_match(place: Workspace, path: str, text: str, state: str) -> int:
    answer = requests.patch(
        f"{place.server.host}/v1/{path}",
        json=[{"op": "add", "path": "/description", "value": text}],
        headers={
            "Authorization": f"Bearer {place.server.token}",
            "Content-Type": "application/json-patch+json",
            "If-Match": state,
        },
        timeout=60,
    )
    return answer.status_code


@probe(behaviours.FAILED_PATCH, holds="test 500, remove 500")
def failed_patch(place: Workspace) -> str:
    """PATCH with a failing `test`, and with a `remove` of an absent field."""
    table = place.table(description="first", columns=[BIGINT, NOTE])
    failing = {"op": "test", "path": "/description", "value": "stale"}
    tested = place.patch(table, failing)
    return f"test {tested}, remove {place.patch(table, {'op': 'remove', 'path': '/sourceUrl'})}"
