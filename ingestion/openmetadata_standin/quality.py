"""Validates test cases and contracts: entity links, suites, arguments, columns."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from openmetadata_standin.entity_kinds import BY_NAME
from openmetadata_standin.errors import BadRequestError, NotFoundError
from openmetadata_standin.merging import Writer
from openmetadata_standin.models import Json
from openmetadata_standin.names import build_fqn

if TYPE_CHECKING:
    from openmetadata_standin.catalog import Catalog

_LINK = re.compile(r"<#E::(?P<type>\w+)::(?P<fqn>.+?)(?:::columns(?:::(?P<column>.+?))?)?>")
_BOT = Writer("ingestion-bot", is_bot=True)


@dataclass(frozen=True)
class EntityLink:
    """The parts of an entity link such as `<#E::table::s.d.x.orders::columns::id>`."""

    type: str
    fqn: str
    column: str | None

    def full_name(self) -> str:
        """Return the FQN of the table, or of its column when the link names one."""
        return self.fqn if self.column is None else build_fqn(self.fqn, self.column)


def parse_link(text: str) -> EntityLink:
    """Parse an entity link. Raises BadRequestError when it is none."""
    match = _LINK.fullmatch(text)
    if match is None:
        raise BadRequestError(f"Entity link was not found in {text}")
    return EntityLink(match["type"], match["fqn"], match["column"])


def prepare_test_case(catalog: Catalog, document: Json) -> None:
    """Set the table, definition and suite of a test case; a table's first test creates its suite.

    Raises NotFoundError on an unknown table or definition; BadRequestError when link, definition
    and arguments do not match.
    """
    link = parse_link(document["entityLink"])
    if link.type != "table":
        raise BadRequestError(f"Test cases on entities of type {link.type} are not kept here")
    table = catalog.find_by_fqn(BY_NAME["table"], link.fqn, deleted=None)
    names = {column["name"] for column in table["columns"]}
    definition = catalog.find_by_fqn(BY_NAME["testDefinition"], document["testDefinition"])
    if definition.get("entityType") == "COLUMN" and link.column is None:
        raise BadRequestError(
            "Column test case must have a field name and an array field name in the entity link."
        )
    for column in [*([link.column] if link.column else []), *document.get("dimensionColumns", [])]:
        if column not in names:
            raise BadRequestError(f"Invalid column name {column}")
    _check_arguments(definition, document.get("parameterValues", []))
    document["testDefinition"] = {"id": definition["id"], "type": "testDefinition"}
    document["entityFQN"] = link.full_name()
    document["testSuite"] = _suite_of(catalog, table)["fullyQualifiedName"]


def prepare_test_suite(document: Json) -> None:
    """Set whether a suite is the suite of a table (basic) or a logical one."""
    document["basic"] = bool({"basicEntityReference", "executableEntityReference"} & set(document))


def prepare_contract(catalog: Catalog, document: Json, entity: Json) -> None:
    """Raise BadRequestError when a contract names a column that the table lacks, or when the table
    has another contract.
    """
    names = {column["name"] for column in entity.get("columns", [])}
    for column in document.get("schema", []):
        if names and column["name"] not in names:
            raise BadRequestError(
                f"Field '{column['name']}' specified in the data contract does not exist in table"
                f" '{entity['name']}'"
            )
    for expectation in document.get("qualityExpectations", []):
        catalog.find(BY_NAME["testCase"], expectation["id"])
    for child_type, child in catalog.store.children(entity["id"]):
        same = child["fullyQualifiedName"] == document["fullyQualifiedName"]
        if child_type == "dataContract" and not same:
            raise BadRequestError(
                f"A data contract already exists for entity '{document['entity']['type']}'"
                f" with ID {entity['id']}"
            )


def contract_of(catalog: Catalog, entity_id: str) -> Json:
    """Return the contract of an entity. Raises NotFoundError when it has none."""
    for child_type, child in catalog.store.children(entity_id):
        if child_type == "dataContract" and not child.get("deleted"):
            return child
    raise NotFoundError.instance("dataContract", entity_id)


def _suite_of(catalog: Catalog, table: Json) -> Json:
    for child_type, child in catalog.store.children(table["id"]):
        if child_type == "testSuite":
            return child
    fqn = table["fullyQualifiedName"]
    body = {"name": f"{fqn}.testSuite"[-256:], "basicEntityReference": fqn}
    return catalog.create(BY_NAME["testSuite"], body, _BOT)


def _check_arguments(definition: Json, values: list[Json]) -> None:
    parameters = {
        parameter["name"]: parameter for parameter in definition.get("parameterDefinition", [])
    }
    if values and not parameters:
        raise BadRequestError("Parameter Values doesn't match Test Definition Parameters")
    given = {value.get("name"): value.get("value") for value in values}
    if unknown := [name for name in given if name not in parameters]:
        raise BadRequestError(
            f"Parameter '{unknown[0]}' is not defined in the test definition."
            f" Defined parameters are: {sorted(parameters)}"
        )
    for name, parameter in parameters.items():
        if values and parameter.get("required") and given.get(name) is None:
            raise BadRequestError(f"Required parameter {name} is not passed in parameterValues")
