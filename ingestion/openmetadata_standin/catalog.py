"""Reading and writing entities: create, PUT, PATCH, delete, restore."""

from __future__ import annotations

import time
import uuid
from typing import Any

from openmetadata_standin import incoming
from openmetadata_standin.answers import Shaper, parent_kind, to_stored
from openmetadata_standin.columns import as_server_keeps, with_full_names
from openmetadata_standin.errors import (
    BadRequestError,
    ConflictError,
    NotFoundError,
    PreconditionFailedError,
)
from openmetadata_standin.json_patch import apply_patch
from openmetadata_standin.kind import Kind
from openmetadata_standin.kinds import BY_NAME
from openmetadata_standin.merging import (
    SERVER_OWNED,
    Writer,
    describe_change,
    merge_put,
    next_version,
    with_model_carried,
)
from openmetadata_standin.models import Json, check_request, without_empty
from openmetadata_standin.rules import check_entity
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
    """Return the present as milliseconds since the epoch."""
    return time.time_ns() // 1_000_000


class Catalog:
    """The entities of the store, written as the server writes them. Use inside a store's
    transaction.
    """

    def __init__(self, store: Store) -> None:
        """In: the open store."""
        self.store = store

    def find(self, kind: Kind, entity_id: str, *, deleted: bool | None = False) -> Json:
        """Return a stored entity by id; `deleted` False, True or None for either.

        Raises NotFoundError when there is none in that state.
        """
        document = self.store.by_id(_uuid(kind, entity_id))
        if document is None or self.store.type_of(document["id"]) != kind.name:
            raise NotFoundError.instance(kind.name, entity_id)
        return _in_state(kind, entity_id, document, deleted)

    def find_by_fqn(self, kind: Kind, fqn: str, *, deleted: bool | None = False) -> Json:
        """Return a stored entity by its FQN, as `find`."""
        document = self.store.by_fqn(kind.name, fqn)
        if document is None:
            raise NotFoundError.instance(kind.name, fqn)
        return _in_state(kind, fqn, document, deleted)

    def create(self, kind: Kind, body: object, writer: Writer) -> Json:
        """POST: store a new entity. Raises ConflictError when it exists, deleted or not, and as
        `put` does.
        """
        requested, parent_id = incoming.requested(self, kind, body)
        if self.store.by_fqn(kind.name, requested["fullyQualifiedName"]) is not None:
            raise ConflictError
        return self._insert(kind, requested, parent_id, writer)

    def put(
        self, kind: Kind, body: object, writer: Writer, *, override: bool = False
    ) -> tuple[Json, bool]:
        """PUT: create or update an entity; return it as stored and whether it is new.

        A soft-deleted entity comes back first, with its id and with what hangs on it. Raises
        BadRequestError on a body that does not fit, NotFoundError on a parent, owner or tag that
        does not exist, ConflictError when another call creates it at the same time.
        """
        requested, parent_id = incoming.requested(self, kind, body)
        stored = self.store.by_fqn(kind.name, requested["fullyQualifiedName"])
        if stored is None:
            # The real server stores the row before it meets an unknown tag and leaves it half-made,
            # so that every listing that reaches it fails; here the check comes first.
            self.store.let_others_in()
            if self.store.by_fqn(kind.name, requested["fullyQualifiedName"]) is not None:
                raise ConflictError
            return self._insert(kind, requested, parent_id, writer), True
        if stored.get("deleted"):
            stored = self.restore(kind, stored, writer)
        merge = merge_put(kind, stored, requested, writer, override=override)
        check_entity(self.store, kind, merge.document)
        if merge.changed:
            stored = self._update(kind, stored, merge.document, writer, major=merge.major)
        return stored, False

    def patch(
        self, kind: Kind, stored: Json, operations: Any, writer: Writer, if_match: str | None = None
    ) -> Json:
        """PATCH: apply a JSON Patch to an entity as it would be sent; return it as stored
        afterwards.

        Nothing is protected: a stale value wins, and of calls at the same time the last one does.
        What the server owns (id, name, version, ...) cannot be changed. Raises PatchFailedError
        when an operation cannot be applied, a `test` included; PreconditionFailedError when
        `if_match` names another version; BadRequestError when the result does not fit.
        """
        if if_match is not None and if_match != etag(stored):
            raise PreconditionFailedError(f"Entity has been modified: expected {if_match}")
        self.store.let_others_in()
        self.find(kind, stored["id"])
        patched = apply_patch(Shaper(self.store).full(kind, stored), operations)
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
        check_entity(self.store, kind, document)
        if without_empty(stored) == document:
            return stored
        return self._update(kind, stored, document, writer, major=_columns_left(stored, document))

    def put_data_model(self, stored: Json, body: object) -> Json:
        """PUT tables/{id}/dataModel: replace a table's data model, without a new version.

        SQL left out is kept from the data model before. Owners of a data model become the table's
        when it has none, its tags are added, and its columns' descriptions fill empty ones.
        """
        data_model = check_request("entity.data.table:DataModel", body)
        before = stored.get("dataModel", {})
        kept = {key: before[key] for key in ("sql", "rawSql") if key in before}
        data_model = {**kept, **{key: value for key, value in data_model.items() if value != ""}}
        document = with_model_carried(stored, data_model)
        check_entity(self.store, BY_NAME["table"], document)
        self._save(BY_NAME["table"], document)
        return document

    def put_follower(self, stored: Json, user_id: str) -> Json:
        """PUT tables/{id}/followers: add a user to those who follow a table, without a new version.

        Raises NotFoundError when there is no such user.
        """
        user = self.find(BY_NAME["user"], user_id)
        others = [one for one in stored.get("followers", []) if one["id"] != user["id"]]
        document = {**stored, "followers": [*others, {"id": user["id"], "type": "user"}]}
        self._save(BY_NAME["table"], document)
        return document

    def delete(
        self, kind: Kind, stored: Json, writer: Writer, *, recursive: bool, hard: bool
    ) -> Json:
        """DELETE: soft or hard; return the entity as it was left.

        Raises BadRequestError when something hangs on it and `recursive` is not set, or when it
        belongs to the server; NotFoundError when it is soft-deleted already and `hard` is not set.
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
        if not recursive and any(BY_NAME[child_type].holds_parent for child_type, _ in living):
            raise BadRequestError(f"{kind.name} is not empty")
        for child_type, child in living:
            self.delete(BY_NAME[child_type], child, writer, recursive=True, hard=hard)
        if hard:
            self.store.erase(stored["id"])
            return {**stored, "deleted": True} if kind.soft_delete else stored
        return self._update(kind, stored, {**stored, "deleted": True}, writer, major=False)

    def restore(self, kind: Kind, stored: Json, writer: Writer) -> Json:
        """Bring a soft-deleted entity back, and what hangs on it; return it as stored."""
        for child_type, child in self.store.children(stored["id"]):
            if child.get("deleted"):
                self.restore(BY_NAME[child_type], child, writer)
        return self._update(kind, stored, {**stored, "deleted": False}, writer, major=False)

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
        check_entity(self.store, kind, document)
        self.store.save(kind.name, document, parent_id)
        return document

    def _update(
        self, kind: Kind, before: Json, after: Json, writer: Writer, *, major: bool
    ) -> Json:
        self.store.remember(before)
        document = {
            **without_empty(after),
            "version": next_version(before["version"], major=major),
            "updatedAt": now_ms(),
            "updatedBy": writer.name,
            "changeDescription": describe_change(before, after),
        }
        self._save(kind, document)
        return document

    def _save(self, kind: Kind, document: Json) -> None:
        parent = parent_kind(kind, document)
        self.store.save(kind.name, document, None if parent is None else parent[1])


def etag(document: Json) -> str:
    """Return the weak validator of an entity: its version."""
    return f'W/"{document["version"]}"'


def _uuid(kind: Kind, entity_id: str) -> str:
    """Return an id in its usual form; a path part that is no UUID is a 404."""
    try:
        return str(uuid.UUID(entity_id))
    except ValueError as error:
        raise NotFoundError.instance(kind.name, entity_id) from error


def _in_state(kind: Kind, key: str, document: Json, deleted: bool | None) -> Json:
    if deleted is not None and bool(document.get("deleted")) != deleted:
        raise NotFoundError.instance(kind.name, key)
    return document


def _columns_left(before: Json, after: Json) -> bool:
    """Whether a top-level column of `before`, by name and type, is gone from `after`."""
    kept = {(column["name"], column["dataType"]) for column in after.get("columns", [])}
    return any((c["name"], c["dataType"]) not in kept for c in before.get("columns", []))
