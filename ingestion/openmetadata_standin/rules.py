"""Validates owners, tags, custom properties and constraints of an entity against the catalog."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from openmetadata_standin.behaviours.versions import ServerVersion
from openmetadata_standin.behaviours.writing import (
    DOMAIN_OF_PRODUCT,
    FOREIGN_KEYS_CHECKED,
    METRIC_TYPES,
    ONE_DOMAIN,
    ONE_TEAM_OR_USERS,
)
from openmetadata_standin.columns import check_columns
from openmetadata_standin.entity_kind import ABSENT, NAMED, Kind
from openmetadata_standin.errors import BadRequestError, NotFoundError
from openmetadata_standin.models import Json
from openmetadata_standin.names import parent_fqn
from openmetadata_standin.store import Store

DBT_METRIC_TYPES = frozenset({"SIMPLE", "CUMULATIVE", "DERIVED", "CONVERSION"})
_PROPERTY_VALUES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "markdown": (str,),
    "email": (str,),
    "sqlQuery": (str,),
    "integer": (int,),
    "number": (int, float),
}


def check_entity(store: Store, version: ServerVersion, kind: Kind, document: Json) -> None:
    """Validate a document before it is stored.

    Raises NotFoundError on an unknown owner, tag, term, domain, role or similar; BadRequestError on
    invalid columns, constraints or extension.
    """
    _check_owners(store, document.get("owners", []))
    if version.has(ONE_TEAM_OR_USERS):
        _check_together(document.get("owners", []))
    if version.has(ONE_DOMAIN) and len(document.get("domains", [])) > 1:
        raise BadRequestError("Rule [Multiple Domains are not allowed] validation failed")
    if version.has(DOMAIN_OF_PRODUCT):
        _check_products(store, document)
    if version.has(METRIC_TYPES) and document.get("metricType") in DBT_METRIC_TYPES:
        raise BadRequestError(f"[metricType: {document['metricType']} is none]")
    for field, referred in NAMED.items():
        for reference in document.get(field, []):
            if store.type_of(reference["id"]) != referred:
                raise NotFoundError.instance(referred, reference["id"])
    _check_labels(store, document.get("tags", []))
    check_absent(document)
    if "extension" in document:
        _check_extension(store, kind, document["extension"])
    if "columns" in document:
        check_columns(version, document["columns"])
        for column in _every_column(document["columns"]):
            _check_labels(store, column.get("tags", []))
        _check_constraints(document)
        if version.has(FOREIGN_KEYS_CHECKED):
            _check_foreign_keys(store, document)


def check_absent(document: Json) -> None:
    """Raise NotFoundError on references to kinds that the stand-in does not store."""
    for field, kind_name in ABSENT.items():
        if document.get(field):
            raise NotFoundError.instance(kind_name, str(document[field]))


def _check_owners(store: Store, owners: Iterable[Json]) -> None:
    for owner in owners:
        if owner["type"] not in {"team", "user"}:
            raise BadRequestError(
                f"Entity of type {owner['type']} can't be the owner."
                " Only Team or User can own an entity."
            )
        document = store.by_id(owner["id"])
        if document is None or store.type_of(owner["id"]) != owner["type"]:
            raise NotFoundError.instance(owner["type"], owner["id"])
        if owner["type"] == "team" and document.get("teamType", "Group") != "Group":
            raise BadRequestError(
                f"Team of type {document['teamType']} can't own entities."
                " Only Team of type Group can own entities."
            )


def _check_together(owners: list[Json]) -> None:
    """Raise BadRequestError on owners that are neither several users nor exactly one team."""
    teams = [owner for owner in owners if owner["type"] == "team"]
    if len(teams) > 1 or (teams and len(owners) > len(teams)):
        raise BadRequestError(
            "Rule [Multiple Users or Single Team Ownership] validation failed:"
            " an entity is owned by several users or exactly one team"
        )


def _check_products(store: Store, document: Json) -> None:
    """Raise BadRequestError when a data product of the entity is in none of its domains."""
    own = {reference["id"] for reference in document.get("domains", [])}
    for reference in document.get("dataProducts", []):
        product = store.by_id(reference["id"]) or {}
        domains = {domain["id"] for domain in product.get("domains", [])}
        if domains and not domains & own:
            raise BadRequestError("Rule [Data Product Domain Validation] validation failed")


def _check_labels(store: Store, labels: list[Json]) -> None:
    parents: Counter[str] = Counter()
    for label in labels:
        kind_name, above = ("tag", "classification")
        if label["source"] == "Glossary":
            kind_name, above = ("glossaryTerm", "glossary")
        tag = store.by_fqn(kind_name, label["tagFQN"])
        if tag is None or tag.get("deleted"):
            raise NotFoundError.instance(kind_name, label["tagFQN"])
        if tag.get("disabled"):
            raise BadRequestError(f"Tag {label['tagFQN']} is disabled")
        parents[(tag.get("parent") or tag[above])["id"]] += 1
    for parent_id, count in parents.items():
        parent = store.by_id(parent_id)
        if count > 1 and parent is not None and parent.get("mutuallyExclusive"):
            raise BadRequestError(
                f"Tag labels of {parent['name']} are mutually exclusive"
                " and can't be assigned together"
            )


def _check_extension(store: Store, kind: Kind, extension: object) -> None:
    if not isinstance(extension, dict):
        raise BadRequestError("[extension: must be an object]")
    entity_type = store.by_fqn("type", kind.name) or {}
    properties = {prop["name"]: prop for prop in entity_type.get("customProperties", [])}
    for name, value in extension.items():
        if name not in properties:
            raise BadRequestError(f"Unknown custom field {name}")
        property_type = store.by_id(properties[name]["propertyType"]["id"]) or {}
        accepted = _PROPERTY_VALUES.get(str(property_type.get("name")))
        if accepted and (not isinstance(value, accepted) or isinstance(value, bool)):
            raise BadRequestError(f"Custom field {name} has invalid JSON: {value!r}")


def _check_constraints(document: Json) -> None:
    columns = document["columns"]
    names = {column["name"] for column in columns}
    keys = [column["name"] for column in columns if column.get("constraint") == "PRIMARY_KEY"]
    if len(keys) > 1:
        raise BadRequestError(f"Multiple columns tagged with primary key constraints: {keys}")
    for constraint in document.get("tableConstraints", []):
        if keys and constraint.get("constraintType") == "PRIMARY_KEY":
            raise BadRequestError(
                f"Column {keys[0]} is tagged as primary key and a table constraint is one too"
            )
        for column in constraint.get("columns", []):
            if column not in names:
                raise BadRequestError(f"Invalid column name found in table constraint: {column}")


def _check_foreign_keys(store: Store, document: Json) -> None:
    for constraint in document.get("tableConstraints", []):
        for referred in constraint.get("referredColumns", []):
            table = store.by_fqn("table", parent_fqn(referred))
            columns = [] if table is None else table["columns"]
            if referred not in {column["fullyQualifiedName"] for column in columns}:
                raise BadRequestError(f"Invalid column name found in table constraint: {referred}")


def _every_column(columns: list[Json]) -> Iterable[Json]:
    for column in columns:
        yield column
        yield from _every_column(column.get("children", []))
