"""Bulk calls: PUT of many entities, and deletion of the entities that a run did not see."""

from __future__ import annotations

from collections import Counter
from typing import Any

from openmetadata_standin.behaviours.reading import (
    BULK_REFUSED_WHOLE,
    BULK_WHOLE_BODY,
    EQUAL_SOURCE_HASH,
    OVERRIDE_METADATA,
)
from openmetadata_standin.catalog import Catalog
from openmetadata_standin.entity_kind import Kind
from openmetadata_standin.errors import ApiError, BadRequestError
from openmetadata_standin.incoming import check_body
from openmetadata_standin.merging import Writer
from openmetadata_standin.models import Json, check_request
from openmetadata_standin.names import build_fqn
from openmetadata_standin.store import Selection

_SCOPES = frozenset({"service", "databaseService", "database", "databaseSchema"})


def put_many(catalog: Catalog, kind: Kind, bodies: Any, writer: Writer, *, override: bool) -> Json:
    """PUT <collection>/bulk: put each entity on its own; return a BulkOperationResult.

    A row that fails does not affect the others, and each row is durable before the next. Some
    versions skip a row whose `sourceHash` is the stored one, unless `override` is set or the call
    names the entity twice. Raises BadRequestError when the body is no list; on some versions also
    when one row does not fit the schema.
    """
    if not isinstance(bodies, list):
        raise BadRequestError("[body: must be a list]")
    if catalog.version.has(BULK_REFUSED_WHOLE):
        for body in bodies:
            check_body(catalog.version, kind, body)
    override = override and catalog.version.has(OVERRIDE_METADATA)
    names = Counter(_asked_name(kind, body) for body in bodies)
    passed: list[Json] = []
    failed: list[Json] = []
    for body in bodies:
        asked = _asked_name(kind, body)
        try:
            with catalog.store.transaction():
                if override or names[asked] > 1 or not _passed_over(catalog, kind, asked, body):
                    stored, _ = catalog.put(kind, body, writer, override=override)
                    asked = stored["fullyQualifiedName"]
        except ApiError as error:
            sent = body if catalog.version.has(BULK_WHOLE_BODY) else asked
            failed.append({"request": sent, "status": 400, "message": error.message})
        else:
            passed.append({"request": asked, "status": 200})
            catalog.store.commit()
    return _result(passed, failed)


def delete_stale(catalog: Catalog, kind: Kind, body: object, writer: Writer) -> Json:
    """DELETE <collection>/deleteStale: delete the live entities of a scope that were not seen,
    whoever made them.

    An empty list of seen names, or an unknown scope, deletes nothing. Raises BadRequestError on an
    invalid scope type.
    """
    request = check_request("type.bulkDeleteStaleRequest:BulkDeleteStaleRequest", body)
    scope_type = request["scopeEntityType"]
    if scope_type not in _SCOPES:
        raise BadRequestError(f"Invalid scopeEntityType {scope_type}")
    dry_run = request.get("dryRun", False)
    scope = catalog.store.by_fqn(
        "databaseService" if scope_type == "service" else scope_type, request["scopeFqn"]
    )
    seen = {fqn.lower() for fqn in request["seenFqns"]}
    if scope is None or not seen:
        return {**_result([], []), "dryRun": dry_run}
    living = Selection(kind.name, below=scope["fullyQualifiedName"])
    stale = [
        entity
        for entity in catalog.store.page(living, limit=-1)
        if entity["fullyQualifiedName"].lower() not in seen
    ]
    passed: list[Json] = []
    failed: list[Json] = []
    for entity in stale:
        fqn = entity["fullyQualifiedName"]
        try:
            if not dry_run:
                catalog.delete(
                    kind,
                    entity,
                    writer,
                    recursive=request.get("recursive", True),
                    hard=request.get("hardDelete", False),
                )
        except ApiError as error:
            failed.append({"request": fqn, "status": error.status, "message": error.message})
        else:
            passed.append({"request": fqn, "status": 200})
    return {**_result(passed, failed), "dryRun": dry_run}


def _asked_name(kind: Kind, body: object) -> str:
    """Return the FQN of a row, as far as it is known before the row is validated."""
    if not isinstance(body, dict) or not isinstance(body.get("name"), str) or '"' in body["name"]:
        return str(body)
    parent = next((body[field] for field, _ in kind.parents if field in body), None)
    return build_fqn(parent if isinstance(parent, str) else None, body["name"])


def _passed_over(catalog: Catalog, kind: Kind, fqn: str, body: Json) -> bool:
    if not catalog.version.has(EQUAL_SOURCE_HASH):
        return False
    stored = catalog.store.by_fqn(kind.name, fqn) or {"deleted": True}
    asked = body.get("sourceHash") if isinstance(body, dict) else None
    return bool(asked) and not stored.get("deleted") and stored.get("sourceHash") == asked


def _result(passed: list[Json], failed: list[Json]) -> Json:
    status = "success" if not failed else "partialSuccess" if passed else "failure"
    return {
        "dryRun": False,
        "status": status,
        "numberOfRowsProcessed": len(passed) + len(failed),
        "numberOfRowsPassed": len(passed),
        "numberOfRowsFailed": len(failed),
        "successRequest": passed,
        "failedRequest": failed,
    }
