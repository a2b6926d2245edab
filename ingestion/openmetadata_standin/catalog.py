"""Reads and writes entities: create, PUT, PATCH, delete, restore."""

from __future__ import annotations

import hashlib
import time
import uuid
from typing import Any

from openmetadata_standin import incoming
from openmetadata_standin.answers import Shaper, parent_kind, to_stored
from openmetadata_standin.behaviours.lineage import PAIR_OUTLIVES_COLUMN, SESSION_DROPS_PAIR
from openmetadata_standin.behaviours.versions import ServerVersion
from openmetadata_standin.behaviours.writing import (
    IF_MATCH,
    NOT_EMPTY_OF_DELETED,
    SESSIONS,
)
from openmetadata_standin.column_edges import column_keys, drop_pairs
from openmetadata_standin.columns import as_server_keeps, with_full_names
from openmetadata_standin.entity_kind import Kind
from openmetadata_standin.entity_kinds import BY_NAME
from openmetadata_standin.errors import (
    BadRequestError,
    ConflictError,
    NotFoundError,
    PreconditionFailedError,
)
from openmetadata_standin.faults import Faults
from openmetadata_standin.json_patch import apply_patch
from openmetadata_standin.merging import (
    SERVER_OWNED,
    Put,
    Writer,
    describe_change,
    merge_put,
    next_version,
)
from openmetadata_standin.models import Json, check_request, without_empty
from openmetadata_standin.names import incidents_key
from openmetadata_standin.patching import check_allowed, with_sorted_constraints
from openmetadata_standin.rules import check_entity
from openmetadata_standin.sessions import session_start
from openmetadata_standin.store import Store

_DEFAULTS: dict[str, Json] = {
    "table": {"tableType": "Regular"},
    "user": {"isBot": False, "isAdmin": False},
    "classification": {"provider": "user", "mutuallyExclusive": False, "disabled": False},
    "tag": {"provider": "user", "mutuallyExclusive": False, "disabled": False},
    "glossary": {"provider": "user", "mutuallyExclusive": False},
    "glossaryTerm": {
        "provider": "user",
        "mutuallyExclusive": False,
        "entityStatus": "Approved",
    },
    "testDefinition": {"provider": "user", "enabled": True},
}


def now_ms() -> int:
    """Return the current time in milliseconds since the epoch."""
    return time.time_ns() // 1_000_000


class Catalog:
    """Writes the entities of the store like the server. Use inside a store's transaction."""

    def __init__(self, store: Store, version: ServerVersion, faults: Faults) -> None:
        """In: the open store; the version to copy; the faults that may break an entity."""
        self.store = store
        self.version = version
        self._faults = faults

    def shaper(self) -> Shaper:
        """Return a new Shaper, for the answers of one call."""
        return Shaper(self.store, self.version)

    def etag(self, document: Json) -> str:
        """Return the ETag of an entity's state: its version, or a hash if a session may keep the
        version over several changes.
        """
        if not self.version.has(SESSIONS):
            return f'W/"{document["version"]}"'
        state = f"{document['version']}-{document['updatedAt']}"
        return f'"{hashlib.sha256(state.encode()).hexdigest()[:16]}"'

    def find(
        self, kind: Kind, entity_id: str, *, deleted: bool | None = False, whole: bool = True
    ) -> Json:
        """Return a stored entity by id. In: `deleted`, its state, None for either.

        Raises NotFoundError when there is none in that state. With `whole`, raises OrphanError when
        the entity has lost its service.
        """
        document = self.store.by_id(_uuid(kind, entity_id))
        if document is None or self.store.type_of(document["id"]) != kind.name:
            raise NotFoundError.instance(kind.name, entity_id)
        if whole:
            self._faults.check_whole(document["fullyQualifiedName"])
        return _in_state(kind, entity_id, document, deleted)

    def find_by_fqn(self, kind: Kind, fqn: str, *, deleted: bool | None = False) -> Json:
        """Return a stored entity by FQN; otherwise the same as `find`."""
        document = self.store.by_fqn(kind.name, fqn)
        if document is None:
            raise NotFoundError.instance(kind.name, fqn)
        self._faults.check_whole(fqn)
        return _in_state(kind, fqn, document, deleted)

    def create(self, kind: Kind, body: object, writer: Writer) -> Json:
        """POST: store a new entity. Raises ConflictError when it exists, even if soft-deleted, and
        the other errors of `put`.
        """
        requested, parent_id = incoming.requested(self, kind, body)
        if self.store.by_fqn(kind.name, requested["fullyQualifiedName"]) is not None:
            raise ConflictError
        return self._insert(kind, requested, parent_id, writer)

    def put(
        self, kind: Kind, body: object, writer: Writer, *, override: bool = False
    ) -> tuple[Json, bool]:
        """PUT: create or update an entity; return it as stored and whether it is new.

        A soft-deleted entity is restored first, with its id and its children. Raises
        BadRequestError on an invalid body, NotFoundError on an unknown parent, owner or tag,
        ConflictError when another call creates the entity at the same time.
        """
        requested, parent_id = incoming.requested(self, kind, body)
        self._faults.check_whole(requested["fullyQualifiedName"])
        stored = self.store.by_fqn(kind.name, requested["fullyQualifiedName"])
        if stored is None:
            # The real server stores the row before it checks the tags. An unknown tag leaves a
            # half-made row there that breaks listings; here the check comes first.
            self.store.let_others_in()
            if self.store.by_fqn(kind.name, requested["fullyQualifiedName"]) is not None:
                raise ConflictError
            return self._insert(kind, requested, parent_id, writer), True
        if stored.get("deleted"):
            stored = self.restore(kind, stored, writer)
        merge = merge_put(kind, stored, requested, Put(writer, self.version, override))
        check_entity(self.store, self.version, kind, merge.document)
        if merge.changed:
            document = with_sorted_constraints(self.version, merge.document)
            stored = self._update(kind, stored, document, writer)
        return stored, False

    def patch(
        self, kind: Kind, stored: Json, operations: Any, writer: Writer, if_match: str | None = None
    ) -> Json:
        """PATCH: apply a JSON Patch to the full answer for an entity; return it as stored.

        There is no lock: a stale value wins, and so does the last of simultaneous calls. Fields of
        the server (id, name, version, ...) cannot be changed. Raises PatchFailedError when an
        operation fails, including a `test`; PreconditionFailedError when `if_match` names another
        version; BadRequestError when the result is invalid.
        """
        guarded = if_match is not None and self.version.has(IF_MATCH)
        if guarded and if_match != self.etag(stored):
            raise PreconditionFailedError(f"Entity has been modified: expected {if_match}")
        self.store.let_others_in()
        self.find(kind, stored["id"])
        check_allowed(self.version, operations, writer)
        patched = apply_patch(self.shaper().full(kind, stored), operations)
        patched = check_request(kind.entity, patched)
        fixed = SERVER_OWNED | {field for field, _ in kind.parents} | set(kind.ancestors)
        document = {
            **{key: value for key, value in to_stored(patched).items() if key not in fixed},
            **{key: stored[key] for key in fixed if key in stored},
        }
        if "columns" in document:
            document["columns"] = with_full_names(
                as_server_keeps(document["columns"]), document["fullyQualifiedName"]
            )
        document = without_empty(document)
        check_entity(self.store, self.version, kind, document)
        if without_empty(stored) == document:
            return stored
        document = with_sorted_constraints(self.version, document)
        start = None
        if not guarded:
            start = session_start(self.store, self.version, stored, writer, now_ms())
        if start is not None and self.version.has(SESSION_DROPS_PAIR):
            drop_pairs(self.store, stored["id"], column_keys(stored) - column_keys(start))
        return self._update(kind, stored, document, writer, start)

    def delete(
        self, kind: Kind, stored: Json, writer: Writer, *, recursive: bool, hard: bool
    ) -> Json:
        """DELETE: softly or hard; return the entity after the deletion.

        Raises BadRequestError when the entity has children and `recursive` is not set, or belongs
        to the server; NotFoundError when it is soft-deleted already and `hard` is not set.
        """
        if stored.get("provider") == "system":
            raise BadRequestError(
                f"System entity [{stored['name']}] of type {kind.name} can not be deleted."
            )
        if stored.get("deleted") and not hard:
            raise NotFoundError.instance(kind.name, stored["id"])
        children = self.store.children(stored["id"])
        hard = hard or not kind.soft_delete
        living = [child for child in children if hard or not child[1].get("deleted")]
        holding = children if self.version.has(NOT_EMPTY_OF_DELETED) else living
        if not recursive and (
            "incidentId" in stored
            or any(BY_NAME[child_type].holds_parent for child_type, _ in holding)
        ):
            raise BadRequestError(f"{kind.name} is not empty")
        for child_type, child in living:
            self.delete(BY_NAME[child_type], child, writer, recursive=True, hard=hard)
        if hard:
            self.store.erase(stored["id"])
            self.store.erase_results(incidents_key(stored["fullyQualifiedName"]))
            return {**stored, "deleted": True} if kind.soft_delete else stored
        return self._update(kind, stored, {**stored, "deleted": True}, writer)

    def restore(self, kind: Kind, stored: Json, writer: Writer) -> Json:
        """Restore a soft-deleted entity and its children; return it as stored."""
        for child_type, child in self.store.children(stored["id"]):
            if child.get("deleted"):
                self.restore(BY_NAME[child_type], child, writer)
        return self._update(kind, stored, {**stored, "deleted": False}, writer)

    def _insert(self, kind: Kind, requested: Json, parent_id: str | None, writer: Writer) -> Json:
        document = {
            "id": str(uuid.uuid4()),
            **_DEFAULTS.get(kind.name, {}),
            **requested,
            "version": 0.1,
            "updatedAt": now_ms(),
            "updatedBy": writer.name,
            **({"deleted": False} if kind.soft_delete else {}),
        }
        check_entity(self.store, self.version, kind, document)
        self.store.save(kind.name, document, parent_id)
        return document

    def _update(
        self, kind: Kind, before: Json, after: Json, writer: Writer, start: Json | None = None
    ) -> Json:
        """Store a new version. In: `start`, the document before its session of edits, if any."""
        if start is None:
            self.store.remember(before)
        base = start or before
        # The server first undoes the session, so columns that the session added count as removed.
        major = _columns_left(base, after) or _columns_left(before, base)
        document = {
            **without_empty(after),
            "version": next_version(base["version"], major=major),
            "updatedAt": now_ms(),
            "updatedBy": writer.name,
            "changeDescription": describe_change(base, after),
        }
        if not self.version.has(PAIR_OUTLIVES_COLUMN):
            drop_pairs(self.store, before["id"], column_keys(before) - column_keys(after))
        self.save_as_is(kind, document)
        return document

    def save_as_is(self, kind: Kind, document: Json) -> None:
        """Replace a stored entity without a new version."""
        parent = parent_kind(kind, document)
        self.store.save(kind.name, document, None if parent is None else parent[1])


def _uuid(kind: Kind, entity_id: str) -> str:
    """Return an id in canonical form. Raises NotFoundError when it is no UUID."""
    try:
        return str(uuid.UUID(entity_id))
    except ValueError as error:
        raise NotFoundError.instance(kind.name, entity_id) from error


def _in_state(kind: Kind, key: str, document: Json, deleted: bool | None) -> Json:
    if deleted is not None and bool(document.get("deleted")) != deleted:
        raise NotFoundError.instance(kind.name, key)
    return document


def _columns_left(before: Json, after: Json) -> bool:
    """Whether `after` lacks a top-level column of `before`, by name and types."""
    kept = {_column_key(column) for column in after.get("columns", [])}
    return any(_column_key(column) not in kept for column in before.get("columns", []))


def _column_key(column: Json) -> tuple[str, str, str | None]:
    return column["name"].lower(), column["dataType"], column.get("arrayDataType")
