"""Converts a create body to the document to store: resolves names, sets FQN and parent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from openmetadata_standin.answers import to_stored
from openmetadata_standin.behaviours.reading import CONTRACT_AS_SENT
from openmetadata_standin.behaviours.versions import ServerVersion
from openmetadata_standin.behaviours.writing import (
    DATA_MODEL_DROPPED_IN_CREATE,
    METRIC_TYPES,
    PUT_INTO_DELETED,
    QUOTE_IN_NAME,
)
from openmetadata_standin.columns import as_server_keeps, with_full_names
from openmetadata_standin.entity_kind import NAMED, Kind
from openmetadata_standin.entity_kinds import BY_NAME
from openmetadata_standin.errors import ApiError, BadRequestError
from openmetadata_standin.models import Json, check_request, field_names, without_empty
from openmetadata_standin.names import build_fqn, check_name
from openmetadata_standin.quality import prepare_contract, prepare_test_case, prepare_test_suite
from openmetadata_standin.rules import DBT_METRIC_TYPES, check_absent

if TYPE_CHECKING:
    from openmetadata_standin.catalog import Catalog

_METRIC_PARTS = {"dimensions": "dimension", "measures": "measure"}


def requested(catalog: Catalog, kind: Kind, body: object) -> tuple[Json, str | None]:
    """Return the document to store for a create body, and its parent's id.

    Raises BadRequestError on an invalid body, NotFoundError when the parent or another entity that
    the body names does not exist.
    """
    request = check_body(catalog.version, kind, body)
    if kind.name != "testSuite":  # Its name holds a table's full name, quotes and all.
        if '"' in request["name"] and catalog.version.has(QUOTE_IN_NAME):
            raise ApiError("[null]")
        check_name(request["name"])
    check_absent(request)
    document = {key: value for key, value in request.items() if key not in kind.not_stored}
    if kind.name == "table" and catalog.version.has(DATA_MODEL_DROPPED_IN_CREATE):
        document.pop("dataModel", None)
    if kind.name == "user":
        document |= {key: document[key].lower() for key in ("name", "email")}
    _look_up(catalog, kind, document)
    if kind.name == "testCase":
        prepare_test_case(catalog, document)
    elif kind.name == "testSuite":
        prepare_test_suite(document)
    named = {field: document[field] for field, _ in kind.parents if field in document}
    bare = to_stored({key: value for key, value in document.items() if key not in named})
    document = without_empty({**bare, **named})
    parent = _hang(catalog, kind, document)
    document["fullyQualifiedName"] = _full_name(kind, document, parent)
    if kind.name == "dataContract" and parent is not None:
        if catalog.version.has(CONTRACT_AS_SENT):
            document["entity"] = request["entity"]
        prepare_contract(catalog, document, parent)
    if kind.name == "metric":
        _name_parts(document)
    if "columns" in document:
        document["columns"] = with_full_names(
            as_server_keeps(document["columns"]), document["fullyQualifiedName"]
        )
    return document, None if parent is None else parent["id"]


def check_body(version: ServerVersion, kind: Kind, body: object) -> Json:
    """Return a create body once the schema accepts it. Raises BadRequestError otherwise."""
    request = check_request(kind.create, body)
    if version.has(METRIC_TYPES) and request.get("metricType") in DBT_METRIC_TYPES:
        raise BadRequestError(
            "Cannot construct instance of `org.openmetadata.schema.type.MetricType`, problem:"
            f" {request['metricType']}"
        )
    return request


def _look_up(catalog: Catalog, kind: Kind, document: Json) -> None:
    """Replace the ids and full names of other entities by references."""
    for field, referred in kind.references.items():
        ids = document.get(field, [])
        document[field] = [
            _reference(referred, catalog.find(BY_NAME[referred], entity_id)) for entity_id in ids
        ]
    for field, referred in NAMED.items():
        if field in document and field in field_names(kind.create):
            names = document[field]
            document[field] = [
                _reference(referred, catalog.find_by_fqn(BY_NAME[referred], name)) for name in names
            ]
    if kind.name == "glossaryTerm":
        terms = [catalog.find_by_fqn(kind, name) for name in document.get("relatedTerms", [])]
        document["relatedTerms"] = [
            {"relationType": "relatedTo", "term": _reference(kind.name, term)} for term in terms
        ]


def _hang(catalog: Catalog, kind: Kind, document: Json) -> Json | None:
    """Replace the parent's name by a reference and return the parent, None at the top."""
    for field, named in kind.parents:
        if field not in document:
            continue
        given = document[field]
        parent_name: str = given["type"] if isinstance(given, dict) else named
        if parent_name not in BY_NAME:
            raise BadRequestError(f"Entity type {parent_name} is not kept here")
        parent_kind = BY_NAME[parent_name]
        deleted = None if catalog.version.has(PUT_INTO_DELETED) else False
        if isinstance(given, dict):
            parent = catalog.find(parent_kind, given["id"], deleted=deleted)
        else:
            parent = catalog.find_by_fqn(parent_kind, given, deleted=deleted)
        copied = {key: parent[key] for key in kind.ancestors if key in parent}
        document.update({**copied, field: _reference(parent_name, parent)})
        return parent
    if kind.parents and not kind.top:
        raise BadRequestError(f"[{kind.parents[-1][0]} must not be null]")
    return None


def _full_name(kind: Kind, document: Json, parent: Json | None) -> str:
    name: str = document["name"]
    above: str | None = None if parent is None else parent["fullyQualifiedName"]
    if kind.name == "testCase":
        above = document["entityFQN"]
    elif kind.name == "testSuite" and above is not None:
        name = "testSuite"
    elif kind.name == "dataContract":
        return f"{above}.dataContract_{name}"
    return build_fqn(above, name)


def _name_parts(metric: Json) -> None:
    """Set the FQNs of a metric's dimensions and measures, which take part in lineage."""
    for field, word in _METRIC_PARTS.items():
        for part in metric.get(field, []):
            above = f"{metric['fullyQualifiedName']}.{word}"
            part["fullyQualifiedName"] = build_fqn(above, part["name"])


def _reference(entity_type: str, document: Json) -> Json:
    return {"id": document["id"], "type": entity_type}
