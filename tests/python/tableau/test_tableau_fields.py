"""The fields of a data source: roles, default aggregations, formats, captions and folders."""

from __future__ import annotations

from typing import Any

import pytest

from example_mart import COLUMNS, SALES, document, manifest
from logmart.dbt.manifest import Manifest
from logmart.tableau.fields import NOT_SUMMED, SUMMED, Field, fields
from logmart.tableau.types import ExtractType, extract_type

TYPES = {"bigint": "BIGINT", "decimal(38, 0)": "DECIMAL(38,0)", "decimal(18, 2)": "DECIMAL(18,2)"}


def type_of(sql_type: str) -> ExtractType:
    found = extract_type(TYPES.get(sql_type, sql_type.upper()))
    assert found is not None
    return found


def made(document: dict[str, Any] | None = None) -> dict[str, Field]:
    types = {name: type_of(kind) for name, (kind, *_) in COLUMNS.items()}
    source = Manifest(document) if document else manifest()
    return {field.name: field for field in fields(source, SALES, types)}


def test_a_number_is_summed_only_where_the_yaml_says_that_it_may_be() -> None:
    found = made()
    summed = {name for name, field in found.items() if field.aggregation == "Sum"}
    # fee_krw by its metric; tax has a filtered metric, user_count one that is no sum over users.
    assert summed == {"amount_krw", "fee_krw"}
    for name, field in found.items():
        if field.role == "measure":
            assert field.folder == (SUMMED if name in summed else NOT_SUMMED)
            assert field.description.endswith("Not summed by default.") == (name not in summed)


def test_a_share_is_never_summed_whatever_the_yaml_says() -> None:
    changed = document()
    for column in changed["nodes"][SALES]["columns"].values():
        column["config"]["meta"]["additive_over"] = "dates and dimension"
    found = made(changed)
    for name in ("discount_share", "uplift", "paid_rate"):
        if found[name].default_format == "p0.0%":
            assert found[name].aggregation == "Avg", name
    assert found["uplift"].aggregation == "Avg"


def test_a_measure_of_a_last_date_is_not_summed() -> None:
    changed = document()
    (model,) = changed["semantic_models"].values()
    model["measures"][0]["non_additive_dimension"] = {"name": "sale_date"}
    assert made(changed)["fee_krw"].aggregation == "Avg"


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("amount_krw", 'c"₩"#,##0;-"₩"#,##0'),
        ("fee_krw", 'c"₩"#,##0;-"₩"#,##0'),
        ("discount_share", "p0.0%"),
        ("paid_rate", "p0.0%"),
        ("uplift", "p0.0%"),
        ("user_count", "n#,##0;-#,##0"),
        ("visit_seconds", "n#,##0.##;-#,##0.##"),
        ("sale_date", "*yyyy-MM-dd"),
        ("sold_at", "*yyyy-MM-dd HH:mm:ss"),
        ("sale_id", ""),
    ],
)
def test_the_default_format_is_that_of_the_unit(name: str, shown: str) -> None:
    assert made()[name].default_format == shown


def test_a_key_a_number_that_counts_places_and_a_text_are_dimensions() -> None:
    found = made()
    kinds = {name: field.kind for name, field in found.items() if field.role == "dimension"}
    assert kinds == {
        "sale_id": "nominal",
        "user_id": "nominal",
        "line_number": "ordinal",
        "is_paid": "nominal",
        "tags": "nominal",
        "sale_date": "ordinal",
        "sold_at": "ordinal",
    }


def test_a_number_in_the_key_is_no_measure() -> None:
    changed = document()
    changed["nodes"]["test.shop.unique"]["test_metadata"]["kwargs"]["column_name"] = "amount_krw"
    assert made()["amount_krw"].role == "measure"
    assert made(changed)["amount_krw"].role == "dimension"


def test_a_caption_names_unit_and_time_zone() -> None:
    found = made()
    assert found["amount_krw"].caption == "Amount (KRW)"
    assert found["visit_seconds"].caption == "Visit (seconds)"
    assert found["sold_at"].caption == "Sold at (UTC)"
    assert found["user_id"].caption == "User ID"


def test_two_columns_never_share_a_caption() -> None:
    changed = document()
    columns = changed["nodes"][SALES]["columns"]
    columns["krw_amount"] = columns["amount_krw"] | {"name": "krw_amount"}
    kind = type_of("bigint")
    found = fields(Manifest(changed), SALES, {"amount_krw": kind, "krw_amount": kind})
    assert [field.caption for field in found] == ["amount_krw", "krw_amount"]


def test_a_list_is_json_text_and_says_so() -> None:
    field = made()["tags"]
    assert (field.type.sql_type, field.type.datatype) == ("VARCHAR", "string")
    assert "as JSON text" in field.description


def test_a_type_that_no_extract_has_is_refused() -> None:
    assert extract_type("BLOB") is None
    assert extract_type("INTERVAL") is None
    assert extract_type("HUGEINT") is None
