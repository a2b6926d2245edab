"""The client's own dbt source publishes to the stand-in."""

from __future__ import annotations

import uuid

import pytest
from metadata.config.common import WorkflowExecutionError

from openmetadata_standin.process import INGESTION, Process
from openmetadata_standin.stock import publish

from .standin_calls import Api, column, on

LIBRARY = INGESTION / "tests" / "artifacts" / "library"


@on("2.0")
def test_the_stock_source_publishes_a_dbt_project(api: Api) -> None:
    service = f"stock_{uuid.uuid4().hex[:8]}"
    publish(api.address, "any", service, LIBRARY)
    scope = {"database": f"{service}.library", "limit": "100"}
    names = [table["name"] for table in api.ok("GET", "tables", params=scope)["data"]]
    assert names == [
        "book_loans",
        "book_loans_v1",
        "books",
        "books_history",
        "raw_loans",
        "shelves",
        "stg_loans",
    ]
    loans = api.table(f"{service}.library.staging.stg_loans")
    assert loans["description"] == "Loans, typed."
    assert column(loans, "loan_id")["description"] == "Number of the loan."
    assert "raw_loans" in loans["dataModel"]["sql"]
    assert loans["dataModel"]["upstream"] == [f"{service}.library.reference.raw_loans"]
    path = f"lineage/table/{loans['id']}"
    (edge,) = api.ok("GET", path, params={"upstreamDepth": "1"})["upstreamEdges"]
    assert edge["lineageDetails"]["source"] == "DbtLineage"
    pairs = edge["lineageDetails"]["columnsLineage"]
    assert f"{service}.library.staging.stg_loans.loan_id" in {one["toColumn"] for one in pairs}
    cases = api.ok(
        "GET",
        "dataQuality/testCases",
        params={
            "entityLink": f"<#E::table::{service}.library.staging.stg_loans>",
            "includeAllTests": "true",
            "fields": "testDefinition,testCaseResult,testSuite",
        },
    )["data"]
    assert {case["testCaseResult"]["testCaseStatus"] for case in cases} == {"Success"}
    assert {case["testDefinition"]["name"] for case in cases}


@on("2.0")
def test_a_second_run_of_the_stock_source_finds_its_tests(api: Api) -> None:
    service = f"stock_{uuid.uuid4().hex[:8]}"
    publish(api.address, "any", service, LIBRARY)
    table = api.table(f"{service}.library.staging.stg_loans")
    publish(api.address, "any", service, LIBRARY)
    again = api.table(f"{service}.library.staging.stg_loans")
    assert again["id"] == table["id"]
    assert again["testSuite"] == table["testSuite"]


def test_a_refused_token_fails_the_stock_source(guarded: Process) -> None:
    with pytest.raises(WorkflowExecutionError, match="4 Errors"):
        publish(guarded.address, "wrong", "stock", LIBRARY)
