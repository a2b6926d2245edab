"""Test definitions, suites, cases and results; data contracts."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from metadata.generated.schema.api.tests.createTestCase import CreateTestCaseRequest
from metadata.generated.schema.tests.basic import TestCaseResult
from metadata.generated.schema.tests.testCase import TestCase
from metadata.ingestion.ometa.client import APIError
from pydantic import ValidationError

from .standin_calls import Api, Json, on

Client = Any  # Its own annotations do not fit how it is called.
SUITES, CASES = "dataQuality/testSuites", "dataQuality/testCases"
DAY = 1_700_006_400_000


@pytest.fixture
def definition(api: Api) -> str:
    """A definition of a test on a column, with one parameter that must be given."""
    name = f"accepted_values_{uuid.uuid4().hex[:8]}"
    parameter = {"name": "values", "dataType": "STRING", "required": True}
    body = {
        "name": name,
        "entityType": "COLUMN",
        "testPlatforms": ["dbt"],
        "parameterDefinition": [parameter],
    }
    api.ok("PUT", "dataQuality/testDefinitions", body)
    return name


def case_body(schema: str, definition: str, **fields: Any) -> Json:
    return {
        "name": "ids_known",
        "testDefinition": definition,
        "entityLink": f"<#E::table::{schema}.orders::columns::id>",
        "parameterValues": [{"name": "values", "value": "[1]"}],
        **fields,
    }


@pytest.fixture
def case(api: Api, schema: str, definition: str) -> Json:
    """A test case on the one column of a table."""
    api.put_table(schema)
    return api.ok("PUT", CASES, case_body(schema, definition))


def result(timestamp: int, status: str = "Success") -> Json:
    return {"timestamp": timestamp, "testCaseStatus": status, "testResultValue": []}


def test_a_test_case_is_named_by_its_column_and_creates_the_suite_of_its_table(
    api: Api, schema: str, case: Json
) -> None:
    assert case["fullyQualifiedName"] == f"{schema}.orders.id.ids_known"
    assert case["entityFQN"] == f"{schema}.orders.id"
    suite = api.table(f"{schema}.orders")["testSuite"]
    assert suite["fullyQualifiedName"] == f"{schema}.orders.testSuite"
    found = api.ok("GET", f"{SUITES}/{suite['id']}", params={"fields": "tests"})
    assert (found["basic"], [one["name"] for one in found["tests"]]) == (True, ["ids_known"])
    filters = {"entityLink": f"<#E::table::{schema}.orders>"}
    assert api.ok("GET", CASES, params=filters)["data"] == []
    filters["includeAllTests"] = "true"
    assert [one["name"] for one in api.ok("GET", CASES, params=filters)["data"]] == ["ids_known"]
    by_suite = api.ok("GET", CASES, params={"testSuiteId": suite["id"]})
    assert by_suite["paging"]["total"] == 1


def test_a_suite_made_first_is_the_one_used(api: Api, schema: str, definition: str) -> None:
    api.put_table(schema)
    fqn = f"{schema}.orders"
    body = {"name": f"{fqn}.TestSuite", "basicEntityReference": fqn}
    suite = api.ok("PUT", f"{SUITES}/executable", body)
    assert api.ok("PUT", f"{SUITES}/basic", body)["id"] == suite["id"]
    case = api.ok("PUT", CASES, case_body(schema, definition))
    assert case["testSuite"]["id"] == suite["id"]
    assert case["testSuites"][0]["id"] == suite["id"]
    logical = api.ok("PUT", SUITES, {"name": f"logical {suite['id']}"})
    assert logical["basic"] is False


def test_definition_and_suite_are_sent_on_request_alone(client: Client, case: Json) -> None:
    fqn = case["fullyQualifiedName"]
    with pytest.raises(ValidationError):
        client.get_by_name(TestCase, fqn)
    found = client.get_by_name(TestCase, fqn, fields=["testDefinition", "testSuite"])
    assert found.testDefinition.fullyQualifiedName == case["testDefinition"]["name"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"entityLink": "<#E::table::SCHEMA.orders::columns::none>"},
        {"entityLink": "<#E::table::SCHEMA.orders>"},
        {"parameterValues": [{"name": "none", "value": "1"}]},
        {"parameterValues": [{"name": "values"}]},
        {"dimensionColumns": ["none"]},
    ],
)
def test_what_does_not_fit_is_refused(api: Api, schema: str, definition: str, wrong: Json) -> None:
    api.put_table(schema)
    if "entityLink" in wrong:
        wrong = {"entityLink": wrong["entityLink"].replace("SCHEMA", schema)}
    api.refused(400, "PUT", CASES, case_body(schema, definition, **wrong))
    api.refused(404, "PUT", CASES, case_body(schema, "none"))


def test_arguments_are_replaced_by_a_put(
    api: Api, schema: str, definition: str, case: Json
) -> None:
    values = [{"name": "values", "value": "[2]"}]
    changed = api.ok("PUT", CASES, case_body(schema, definition, parameterValues=values))
    assert (changed["id"], changed["parameterValues"]) == (case["id"], values)
    same = api.ok("PUT", CASES, case_body(schema, definition, parameterValues=values))
    assert same["version"] == changed["version"]


def test_results_are_kept_by_name_and_moment(api: Api, client: Client, case: Json) -> None:
    fqn = case["fullyQualifiedName"]
    path = f"{CASES}/testCaseResults/{fqn}"
    client.add_test_case_results(TestCaseResult.model_validate(result(DAY)), fqn)
    assert api.call("POST", path, result(2 * DAY, "Failed")).status_code == 201
    with pytest.raises(APIError) as refusal:
        client.add_test_case_results(TestCaseResult.model_validate(result(DAY)), fqn)
    assert refusal.value.code == 409
    found = client.get_test_case_results(fqn, DAY, DAY)
    assert [one.testCaseStatus.value for one in found] == ["Success"]
    sent = api.ok("GET", f"{CASES}/{case['id']}", params={"fields": "testCaseResult"})
    assert (sent["testCaseStatus"], sent["testCaseResult"]["timestamp"]) == ("Failed", 2 * DAY)
    api.refused(404, "POST", f"{CASES}/testCaseResults/none", result(DAY))
    patch = [{"op": "replace", "path": "/testCaseStatus", "value": "Aborted"}]
    api.ok("PATCH", f"{path}/{2 * DAY}", patch)
    api.ok("DELETE", f"{path}/{DAY}")
    statuses = [one["testCaseStatus"] for one in api.ok("GET", path)["data"]]
    assert statuses == ["Aborted"]


def test_results_outlive_the_test_case(api: Api, schema: str, definition: str, case: Json) -> None:
    path = f"{CASES}/testCaseResults/{case['fullyQualifiedName']}"
    api.ok("POST", path, result(DAY))
    table = api.table(f"{schema}.orders")
    api.refused(400, "DELETE", f"tables/{table['id']}", params={"hardDelete": "true"})
    params = {"hardDelete": "true", "recursive": "true"}
    api.ok("DELETE", f"tables/{table['id']}", params=params)
    api.refused(404, "GET", f"{CASES}/{case['id']}", params={"include": "all"})
    assert len(api.ok("GET", path)["data"]) == 1
    api.put_table(schema)
    again = api.ok("PUT", CASES, case_body(schema, definition))
    assert again["id"] != case["id"]
    api.refused(409, "POST", path, result(DAY))


def test_a_table_takes_its_tests_along_and_brings_them_back(
    api: Api, schema: str, case: Json
) -> None:
    table = api.table(f"{schema}.orders")
    api.refused(400, "DELETE", f"tables/{table['id']}")
    api.ok("DELETE", f"tables/{table['id']}", params={"recursive": "true"})
    api.refused(404, "GET", f"{CASES}/{case['id']}")
    api.put_table(schema)
    assert api.ok("GET", f"{CASES}/{case['id']}")["deleted"] is False


def test_the_client_creates_cases(client: Client, schema: str, definition: str, api: Api) -> None:
    api.put_table(schema)
    request = CreateTestCaseRequest.model_validate(case_body(schema, definition))
    assert client.create_or_update(request).entityFQN == f"{schema}.orders.id"


def contract(table: Json, **fields: Any) -> Json:
    entity = {"id": table["id"], "type": "table"}
    return {"name": "promise", "entity": entity, **fields}


@on("1.2")
def test_a_table_has_one_contract_on_columns_it_has(api: Api, schema: str) -> None:
    table = api.put_table(schema)
    columns = [{"name": "id", "dataType": "BIGINT"}]
    made = api.ok("PUT", "dataContracts", contract(table, schema=columns))
    assert made["fullyQualifiedName"] == f"{schema}.orders.dataContract_promise"
    assert made["entity"]["fullyQualifiedName"] == f"{schema}.orders"
    again = api.ok("PUT", "dataContracts", contract(table, schema=columns))
    assert (again["id"], again["version"]) == (made["id"], made["version"])
    changed = api.ok("PUT", "dataContracts", contract(table, description="text"))
    assert changed["version"] > made["version"]
    api.refused(400, "PUT", "dataContracts", {**contract(table), "name": "second"})
    api.refused(400, "PUT", "dataContracts", contract(table, schema=[{**columns[0], "name": "x"}]))
    found = {"entityId": table["id"], "entityType": "table"}
    assert api.ok("GET", "dataContracts/entity", params=found)["id"] == made["id"]
    api.ok("DELETE", f"tables/{table['id']}", params={"hardDelete": "true"})
    api.refused(404, "GET", f"dataContracts/{made['id']}", params={"include": "all"})


@on("1.2")
def test_many_test_cases_are_created_in_one_call_or_none_of_them(
    api: Api, schema: str, definition: str
) -> None:
    api.put_table(schema)
    bodies = [case_body(schema, definition, name=f"case_{number}") for number in range(3)]
    made: list[Json] = api.call("POST", f"{CASES}/createMany", bodies).json()
    assert [one["fullyQualifiedName"] for one in made] == [
        f"{schema}.orders.id.case_{number}" for number in range(3)
    ]
    again = [case_body(schema, definition, name="case_new"), bodies[0]]
    assert api.call("POST", f"{CASES}/createMany", again).status_code == 409
    assert api.call("GET", f"{CASES}/name/{schema}.orders.id.case_new").status_code == 404
    many = [case_body(schema, definition, name=f"many_{number}") for number in range(101)]
    assert api.call("POST", f"{CASES}/createMany", many).status_code == 413
