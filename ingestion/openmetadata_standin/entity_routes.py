"""The routes of every kind of entity, and some of tables and users."""

from __future__ import annotations

import base64
import binascii
import json

from openmetadata_standin import bulk
from openmetadata_standin.answers import requested_fields
from openmetadata_standin.behaviours.reading import STALE_REMOVED
from openmetadata_standin.behaviours.writing import RESTORE_OF_LIVING
from openmetadata_standin.catalog import Catalog
from openmetadata_standin.entity_kind import Kind
from openmetadata_standin.entity_kinds import KINDS
from openmetadata_standin.errors import ApiError, BadRequestError, NotFoundError
from openmetadata_standin.http_types import Answer, Call, Route, json_answer
from openmetadata_standin.models import Json, check_answer, check_request
from openmetadata_standin.names import build_fqn
from openmetadata_standin.quality import parse_link
from openmetadata_standin.side_writes import put_data_model, put_follower
from openmetadata_standin.store import Selection

MAX_LIMIT = 1_000_000
_SCOPES = ("service", "database", "databaseSchema", "parent")
_PARENT_IDS = ("testSuiteId", "glossary", "entity")
_INCLUDE: dict[str, bool | None] = {"non-deleted": False, "deleted": True, "all": None}
_RESULT = "type.bulkOperationResult:BulkOperationResult"


def entity_routes(catalog: Catalog) -> list[Route]:
    """Return the routes of all kinds."""
    routes: list[Route] = []
    for kind in KINDS:
        routes += EntityRoutes(catalog, kind).routes()
    return routes


class EntityRoutes:
    """Handles the calls on one collection."""

    def __init__(self, catalog: Catalog, kind: Kind) -> None:
        """In: the catalog and the kind of entity the collection holds."""
        self._catalog = catalog
        self._kind = kind

    def routes(self) -> list[Route]:
        """Return the routes; those with a literal last part come first."""
        base = f"/api/v1/{self._kind.collection}"
        found: list[Route] = []
        if self._kind.bulk:
            found += [
                Route("PUT", f"{base}/bulk", self.put_many),
            ]
        if self._kind.bulk and self._catalog.version.has(STALE_REMOVED):
            found.append(Route("DELETE", f"{base}/deleteStale", self.delete_stale))
        if self._kind.name == "table":
            found.append(Route("PUT", f"{base}/{{id}}/dataModel", self.put_data_model))
            found.append(Route("PUT", f"{base}/{{id}}/followers", self.put_follower))
        if self._kind.name == "user":
            found.append(Route("GET", f"{base}/loggedInUser", self.logged_in))
        return [
            *found,
            Route("GET", base, self.page),
            Route("POST", base, self.create),
            Route("PUT", base, self.put),
            Route("PUT", f"{base}/restore", self.restore),
            Route("GET", f"{base}/name/{{fqn}}", self.get_by_name),
            Route("PATCH", f"{base}/name/{{fqn}}", self.patch_by_name),
            Route("DELETE", f"{base}/name/{{fqn}}", self.delete_by_name),
            Route("GET", f"{base}/{{id}}", self.get),
            Route("PATCH", f"{base}/{{id}}", self.patch),
            Route("DELETE", f"{base}/{{id}}", self.delete),
            Route("GET", f"{base}/{{id}}/versions", self.versions),
            Route("GET", f"{base}/{{id}}/versions/{{version}}", self.version),
        ]

    def page(self, call: Call) -> Answer:
        """Answer with a page of entities by name, with cursors to the pages before and after."""
        limit = call.number("limit", 10)
        if not 0 <= limit <= MAX_LIMIT:
            raise BadRequestError(f"[query param limit must be between 0 and {MAX_LIMIT}]")
        after, before = call.text("after"), call.text("before")
        if after and before:
            raise BadRequestError("Only one of before or after query parameter allowed")
        selection = self._selection(call)
        start, end = (_from_cursor(text) if text else None for text in (after, before))
        store = self._catalog.store
        found = store.page(selection, limit + 1, after=start, before=end) if limit else []
        backward = end is not None
        shown = (found[-limit:] if backward else found[:limit]) if limit else []
        paging: Json = {"total": store.count(selection)}
        if shown and (start is not None or (backward and len(found) > limit)):
            paging["before"] = _to_cursor(shown[0])
        if shown and (backward or len(found) > limit):
            paging["after"] = _to_cursor(shown[-1])
        shaper, fields = self._catalog.shaper(), requested_fields(self._kind, call.text("fields"))
        data = [self._checked(shaper.answer(self._kind, document, fields)) for document in shown]
        return json_answer({"data": data, "paging": paging})

    def get(self, call: Call) -> Answer:
        """One entity by id."""
        found = self._catalog.find(self._kind, call.parts["id"], deleted=_include(call))
        return self._some_fields(call, found)

    def get_by_name(self, call: Call) -> Answer:
        """One entity by its full name."""
        fqn = call.parts["fqn"]
        if self._kind.name == "user":
            fqn = build_fqn(None, fqn.strip('"').lower())
        found = self._catalog.find_by_fqn(self._kind, fqn, deleted=_include(call))
        return self._some_fields(call, found)

    def logged_in(self, call: Call) -> Answer:
        """Answer with the user who calls."""
        return self._some_fields(call, self._catalog.find_by_fqn(self._kind, call.writer.name))

    def create(self, call: Call) -> Answer:
        """POST: 201, or 409 when the entity exists."""
        stored = self._catalog.create(self._kind, call.json(), call.writer)
        return self._whole(stored, 201)

    def put(self, call: Call) -> Answer:
        """PUT: 201 when the entity is new, else 200."""
        stored, new = self._catalog.put(self._kind, call.json(), call.writer)
        return self._whole(stored, 201 if new else 200)

    def put_many(self, call: Call) -> Answer:
        """PUT bulk: 200 with a result, even if rows failed."""
        override = call.flag("overrideMetadata")
        result = bulk.put_many(
            self._catalog, self._kind, call.json(), call.writer, override=override
        )
        return json_answer(check_answer(_RESULT, result))

    def delete_stale(self, call: Call) -> Answer:
        """DELETE deleteStale: 200 with a result."""
        result = bulk.delete_stale(self._catalog, self._kind, call.json(), call.writer)
        return json_answer(check_answer(_RESULT, result))

    def put_data_model(self, call: Call) -> Answer:
        """PUT tables/{id}/dataModel: 200 with the table."""
        stored = self._catalog.find(self._kind, call.parts["id"])
        return self._whole(put_data_model(self._catalog, stored, call.json()))

    def put_follower(self, call: Call) -> Answer:
        """PUT tables/{id}/followers: 200 with the table; the body is the id of a user."""
        stored = self._catalog.find(self._kind, call.parts["id"])
        return self._whole(put_follower(self._catalog, stored, str(call.json())))

    def patch(self, call: Call) -> Answer:
        """PATCH by id."""
        return self._patch(call, self._catalog.find(self._kind, call.parts["id"]))

    def patch_by_name(self, call: Call) -> Answer:
        """PATCH by full name."""
        return self._patch(call, self._catalog.find_by_fqn(self._kind, call.parts["fqn"]))

    def delete(self, call: Call) -> Answer:
        """DELETE by id."""
        return self._delete(call, self._catalog.find(self._kind, call.parts["id"], deleted=None))

    def delete_by_name(self, call: Call) -> Answer:
        """DELETE by full name."""
        fqn = call.parts["fqn"]
        return self._delete(call, self._catalog.find_by_fqn(self._kind, fqn, deleted=None))

    def restore(self, call: Call) -> Answer:
        """PUT restore: restore a soft-deleted entity."""
        request = check_request("api.data.restoreEntity:RestoreEntity", call.json())
        living = self._catalog.version.has(RESTORE_OF_LIVING)
        stored = self._catalog.find(self._kind, request["id"], deleted=None if living else True)
        if not stored.get("deleted"):
            raise ApiError(f"Entity {stored['fullyQualifiedName']} is not deleted")
        return self._whole(self._catalog.restore(self._kind, stored, call.writer))

    def versions(self, call: Call) -> Answer:
        """All versions of an entity, newest first, each as a JSON text."""
        documents = self._history(call)
        history = {
            "entityType": self._kind.name,
            "versions": [json.dumps(document, ensure_ascii=False) for document in documents],
        }
        return json_answer(check_answer("type.entityHistory:EntityVersionHistory", history))

    def version(self, call: Call) -> Answer:
        """One version of an entity."""
        for document in self._history(call):
            if str(document["version"]) == call.parts["version"]:
                return json_answer(document)
        raise NotFoundError.instance(self._kind.name, f"{call.parts['id']}:{call.parts['version']}")

    def _history(self, call: Call) -> list[Json]:
        current = self._catalog.find(self._kind, call.parts["id"], deleted=None)
        shaper = self._catalog.shaper()
        documents = [current, *self._catalog.store.versions(current["id"])]
        return [self._checked(shaper.full(self._kind, document)) for document in documents]

    def _patch(self, call: Call, stored: Json) -> Answer:
        if_match = call.request.headers.get("if-match")
        return self._whole(
            self._catalog.patch(self._kind, stored, call.json(), call.writer, if_match)
        )

    def _delete(self, call: Call, stored: Json) -> Answer:
        recursive, hard = call.flag("recursive"), call.flag("hardDelete")
        left = self._catalog.delete(self._kind, stored, call.writer, recursive=recursive, hard=hard)
        return self._whole(left)

    def _some_fields(self, call: Call, stored: Json) -> Answer:
        fields = requested_fields(self._kind, call.text("fields"))
        answer = self._catalog.shaper().answer(self._kind, stored, fields)
        return json_answer(self._checked(answer), ETag=self._catalog.etag(stored))

    def _whole(self, stored: Json, status: int = 200) -> Answer:
        answer = self._catalog.shaper().full(self._kind, stored)
        return json_answer(self._checked(answer), status, ETag=self._catalog.etag(stored))

    def _selection(self, call: Call) -> Selection:
        """Return the selection that the parameters of a listing describe."""
        below = next((call.text(name) for name in _SCOPES if call.text(name)), None)
        parent_id = next((call.text(name) for name in _PARENT_IDS if call.text(name)), None)
        entity_fqn, link = None, call.text("entityLink")
        if link:
            entity_fqn = parse_link(link).full_name()
            if call.flag("includeAllTests"):
                below, entity_fqn = entity_fqn, None
        return Selection(
            self._kind.name,
            below=below,
            parent_id=parent_id,
            entity_fqn=entity_fqn,
            deleted=_include(call),
        )

    def _checked(self, answer: Json) -> Json:
        return check_answer(self._kind.entity, answer, self._kind.on_request)


def _include(call: Call) -> bool | None:
    """Return the `include` parameter: False for non-deleted, True for deleted, None for all."""
    text = call.text("include") or "non-deleted"
    if text not in _INCLUDE:
        raise BadRequestError(f"Invalid include {text}")
    return _INCLUDE[text]


def _to_cursor(document: Json) -> str:
    text = json.dumps({"name": document["name"], "id": document["id"]}, ensure_ascii=False)
    return base64.urlsafe_b64encode(text.encode()).decode()


def _from_cursor(cursor: str) -> tuple[str, str]:
    try:
        place = json.loads(base64.urlsafe_b64decode(cursor.encode()))
        return str(place["name"]), str(place["id"])
    except (binascii.Error, ValueError, KeyError, TypeError) as error:
        raise BadRequestError(f"Invalid cursor {cursor}") from error
