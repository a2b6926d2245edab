"""Converts stored documents to answers and back: fills in references and tag labels, and leaves out
fields that were not requested.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from openmetadata_standin.behaviours.reading import (
    CONTRACT_AS_SENT,
    DERIVED_TAGS,
    EMPTY_LISTS,
    INHERITED,
)
from openmetadata_standin.behaviours.versions import ServerVersion
from openmetadata_standin.entity_kind import NAMED, Kind
from openmetadata_standin.entity_kinds import BY_NAME
from openmetadata_standin.errors import BadRequestError
from openmetadata_standin.models import Json, field_names
from openmetadata_standin.store import Store
from openmetadata_standin.tags import stored_labels

_REFERENCES = frozenset(
    {
        "service",
        "database",
        "databaseSchema",
        "classification",
        "glossary",
        "parent",
        "testDefinition",
        "testSuite",
        "basicEntityReference",
        "executableEntityReference",
        "entity",
    }
)
_REFERENCE_LISTS = frozenset(
    {
        "owners",
        "parents",
        "children",
        "users",
        "teams",
        "followers",
        "reviewers",
        "qualityExpectations",
        "assets",
        *NAMED,
    }
)
# The parent fields through which an entity inherits owners and domains, the nearest first.
_HEIRS = (
    "databaseSchema",
    "database",
    "basicEntityReference",
    "testSuite",
    "parent",
    "glossary",
    "service",
)
_HEIRS_OF_OWNERS = frozenset(
    {"databaseSchema", "table", "testCase", "testSuite", "tag", "glossaryTerm", "domain"}
)
# The base of the links in references, which nobody follows.
_SITE = "http://127.0.0.1/api"
# The fields that list children of an entity: its kind to the field and the kind of the children.
_COMPUTED = {
    "database": ("databaseSchemas", "databaseSchema"),
    "databaseSchema": ("tables", "table"),
    "testSuite": ("tests", "testCase"),
    "glossaryTerm": ("children", "glossaryTerm"),
    "domain": ("children", "domain"),
}


def requested_fields(kind: Kind, text: str | None) -> frozenset[str]:
    """Return the field names of a `fields` parameter. Raises BadRequestError on an unknown name."""
    known = field_names(kind.entity)
    if text == "*":
        return known
    fields = frozenset(part.strip() for part in (text or "").split(",") if part.strip())
    if unknown := sorted(fields - known):
        raise BadRequestError(f"Invalid field name {unknown[0]}")
    return fields


class Shaper:
    """Converts stored documents to answers. Use one for each call: it caches what it reads."""

    def __init__(self, store: Store, version: ServerVersion) -> None:
        """In: the store, inside a transaction; the version to copy."""
        self._store = store
        self._version = version
        self._references: dict[str, Json | None] = {}
        self._tags: dict[str, Json | None] = {}

    def answer(self, kind: Kind, document: Json, fields: Iterable[str]) -> Json:
        """Return the answer for an entity: the fields that are always sent, and `fields`."""
        wanted = frozenset(fields)
        sent: Json = {}
        for key, value in document.items():
            if kind.name == "dataContract" and key == "entity":
                sent[key] = self._contracted(value)
                continue
            if key in kind.on_request and key not in wanted:
                continue
            sent[key] = self._value(key, value, with_tags="tags" in wanted)
        self._compute(kind, document, wanted, sent)
        if self._version.has(INHERITED):
            for key in ("owners", "domains"):
                if (
                    key in wanted
                    and not sent.get(key)
                    and (above := self._above(kind.name, document, key))
                ):
                    sent[key] = [
                        {**reference, "inherited": True} for reference in self.references(above)
                    ]
        for key in ("owners", "tags"):
            if key in wanted and key in field_names(kind.entity):
                sent.setdefault(key, [])
        return sent

    def full(self, kind: Kind, document: Json) -> Json:
        """Return the answer for an entity with all stored fields."""
        computed = {_COMPUTED[kind.name][0]} if kind.name in _COMPUTED else set()
        return self.answer(kind, document, field_names(kind.entity) - computed)

    def reference(self, entity_id: str) -> Json | None:
        """Return a complete reference to an entity, deleted or not; None when there is none."""
        if entity_id not in self._references:
            document = self._store.by_id(entity_id)
            self._references[entity_id] = None
            if document is not None:
                reference = {
                    "id": entity_id,
                    "type": self._store.type_of(entity_id),
                    "name": document["name"],
                    "fullyQualifiedName": document["fullyQualifiedName"],
                    "deleted": bool(document.get("deleted")),
                }
                for key in ("displayName", "description"):
                    if key in document:
                        reference[key] = document[key]
                self._references[entity_id] = reference
        return self._references[entity_id]

    def references(self, entity_ids: Iterable[str]) -> list[Json]:
        """Return complete references to the ids that still exist."""
        found = (self.reference(entity_id) for entity_id in entity_ids)
        return [reference for reference in found if reference is not None]

    def labels(self, stored: Iterable[Json]) -> list[Json]:
        """Return tag labels with the name, display name, description and style of their tags, and
        the derived tags of glossary terms.
        """
        stored = list(stored)
        sent = [{**self._tag_texts(label["tagFQN"]), **label} for label in stored]
        if not self._version.has(DERIVED_TAGS):
            return sent
        given = {label["tagFQN"] for label in stored}
        terms = [self._tag(label["tagFQN"]) for label in stored if label["source"] == "Glossary"]
        derived = {
            label["tagFQN"]: label
            for term in terms
            for label in term.get("tags", [])
            if label["tagFQN"] not in given
        }
        return sent + [
            {**self._tag_texts(fqn), **label, "labelType": "Derived"}
            for fqn, label in derived.items()
        ]

    def _value(self, key: str, value: Any, *, with_tags: bool) -> Any:
        if key in _REFERENCES:
            return self.reference(value["id"])
        if key in _REFERENCE_LISTS:
            return self.references(reference["id"] for reference in value)
        if key == "tags":
            return self.labels(value)
        if key == "relatedTerms":
            terms = ((relation, self.reference(relation["term"]["id"])) for relation in value)
            return [{**relation, "term": term} for relation, term in terms if term is not None]
        if key == "columns":
            return self._columns(value, with_tags=with_tags)
        return value

    def _columns(self, columns: list[Json], *, with_tags: bool) -> list[Json]:
        sent = []
        for column in columns:
            copy = {**column, "tags": self.labels(column.get("tags", [])) if with_tags else []}
            if "children" in column or self._version.has(EMPTY_LISTS):
                inner = column.get("children", [])
                copy["children"] = self._columns(inner, with_tags=with_tags)
            sent.append(copy)
        return sent

    def _contracted(self, entity: Json) -> Json | None:
        """Return the entity of a contract for an answer."""
        if not self._version.has(CONTRACT_AS_SENT):
            return self.reference(entity["id"])
        return {**entity, "href": f"{_SITE}/v1/{BY_NAME[entity['type']].collection}/{entity['id']}"}

    def _above(self, kind_name: str, document: Json, key: str) -> list[str]:
        """Return the ids that an entity inherits: those of its nearest ancestor that has any."""
        if key == "owners" and kind_name not in _HEIRS_OF_OWNERS:
            return []
        field = next((parent_field for parent_field in _HEIRS if parent_field in document), "")
        above = self._store.by_id(document[field]["id"]) if field else None
        if above is None:
            return []
        own = [reference["id"] for reference in above.get(key, [])]
        return own or self._above(document[field]["type"], above, key)

    def _compute(self, kind: Kind, document: Json, wanted: frozenset[str], sent: Json) -> None:
        """Add the fields that are not stored with the entity but read from its children."""
        field, listed = _COMPUTED.get(kind.name, ("", ""))
        if field in wanted:
            sent[field] = self._living_children(document, listed)
        if kind.name == "table" and "testSuite" in wanted:
            for suite in self._living_children(document, "testSuite"):
                sent["testSuite"] = suite
        if kind.name == "testCase":
            self._add_latest_result(document, wanted, sent)

    def _living_children(self, document: Json, listed: str) -> list[Json]:
        children = self._store.children(document["id"])
        found = self.references(child["id"] for name, child in children if name == listed)
        return [child for child in found if not child["deleted"]]

    def _add_latest_result(self, case: Json, wanted: frozenset[str], sent: Json) -> None:
        latest = self._store.results(case["fullyQualifiedName"], limit=1)
        if latest:
            sent["testCaseStatus"] = latest[0]["testCaseStatus"]
            if "testCaseResult" in wanted:
                sent["testCaseResult"] = latest[0]
        suite = self._store.by_id(case["testSuite"]["id"])
        if "testSuites" in wanted and suite is not None:
            sent["testSuites"] = [self.answer(BY_NAME["testSuite"], suite, ())]

    def _tag(self, fqn: str) -> Json:
        if fqn not in self._tags:
            found = self._store.by_fqn("tag", fqn)
            self._tags[fqn] = found or self._store.by_fqn("glossaryTerm", fqn)
        return self._tags[fqn] or {}

    def _tag_texts(self, fqn: str) -> Json:
        tag = self._tag(fqn)
        return {
            key: tag[key] for key in ("name", "displayName", "description", "style") if key in tag
        }


def to_stored(document: Json) -> Json:
    """Return an answer or patched entity as a document to store: bare references and labels."""
    stored: Json = {}
    for key, value in document.items():
        if key in _REFERENCES:
            stored[key] = _bare(value)
        elif key in _REFERENCE_LISTS:
            own = (reference for reference in value if not reference.get("inherited"))
            stored[key] = [_bare(reference) for reference in own]
        elif key == "tags":
            stored[key] = stored_labels(value)
        elif key == "relatedTerms":
            stored[key] = [{**relation, "term": _bare(relation["term"])} for relation in value]
        elif key == "columns":
            stored[key] = [_stored_column(column) for column in value]
        else:
            stored[key] = value
    return stored


def parent_kind(kind: Kind, document: Json) -> tuple[Kind, str] | None:
    """Return kind and id of a stored entity's parent, None when it has none."""
    for field, _ in kind.parents:
        if field in document:
            return BY_NAME[document[field]["type"]], document[field]["id"]
    return None


def _bare(reference: Json) -> Json:
    return {"id": reference["id"], "type": reference["type"]}


def _stored_column(column: Json) -> Json:
    stored = {**column, "tags": stored_labels(column.get("tags", []))}
    children = [_stored_column(child) for child in stored.pop("children", [])]
    return {**stored, "children": children} if children else stored
