"""The rows that fail a test: printed from their view, without personal data."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb
import pytest

from logmart.dbt.manifest import Manifest
from logmart.errors import CommandError, TransientError
from logmart.quality.failed_rows import failed_rows, open_tests

HASH = "0123456789abcdef0123456789abcdef"
ID = "test.logmart."


def data_test(name: str, kind: str, column: str, **more: Any) -> dict[str, Any]:
    return {
        "name": name,
        "alias": name,
        "schema": "failures",
        "resource_type": "test",
        "config": {"store_failures": True, "meta": {}},
        "column_name": column,
        "test_metadata": {"name": kind, "kwargs": {"columns": more.pop("columns", [])}},
        "attached_node": "model.logmart.people",
        "depends_on": {"nodes": ["model.logmart.people"]},
        **more,
    }


TESTS: Mapping[str, Any] = {
    f"{ID}unique": data_test("unique_people_user_id", "unique", "user_id"),
    f"{ID}known": data_test("accepted_values_people_state", "accepted_values", "state"),
    f"{ID}singular": data_test("totals_add_up", "singular", ""),
    f"{ID}nulls": data_test(
        "not_null_people_state", "not_null", "state", config={"store_failures": False}
    ),
}
CLASSED = {"meta": {"personal_data": "Personal"}}
PEOPLE = {
    "name": "people",
    "resource_type": "model",
    "config": {"group": "growth"},
    "columns": {
        "user_id": {"name": "user_id", "config": {"meta": {"personal_data": "DirectIdentifier"}}},
        "birth_year": {"name": "birth_year", "config": CLASSED},
        "state": {"name": "state", "config": {}},
    },
}
MANIFEST = Manifest({"nodes": {"model.logmart.people": PEOPLE, **TESTS}, "sources": {}})


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "logmart.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema failures")
        connection.execute(
            "create view failures.unique_people_user_id as from (values"
            f" ('{HASH}', 2), ('jane@example.com', 3)) as t (unique_field, n_records)"
        )
        connection.execute(
            "create view failures.totals_add_up as from (values (date '2026-03-01', 1980, 41,"
            " 'open', 'Call 010-1234', ['x1'])) as t"
            " (event_date, birth_year, total, state, note, parts)"
        )
    return path


def printed(database: Path, test: str, most_rows: int = 20) -> list[str]:
    return failed_rows(database, MANIFEST, TESTS[f"{ID}{test}"], most_rows)


def test_keys_and_counts_are_shown_and_what_is_no_hash_of_an_identifier_is_not(
    database: Path,
) -> None:
    assert printed(database, "unique") == [
        "unique_field | n_records",
        f"{HASH} | 2",
        "aaaa@aaaaaaa.aaa | 3",
        "2 rows fail unique_people_user_id",
    ]


def test_personal_data_and_free_text_are_shapes(database: Path) -> None:
    assert printed(database, "singular")[1] == (
        "2026-03-01 | 9999 | 41 | open | Aaaa 999-9999 | ['a9']".replace("Aaaa", "aaaa")
    )


def test_the_count_is_that_of_all_rows(database: Path) -> None:
    lines = printed(database, "unique", most_rows=1)
    assert lines[-1] == "2 rows fail unique_people_user_id, of which 1 are shown"
    assert len(lines) == 3


def test_what_keeps_no_rows_or_did_not_run_says_so(database: Path, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="not_null_people_state keeps no rows"):
        printed(database, "nulls")
    with pytest.raises(CommandError, match="accepted_values_people_state has not run"):
        printed(database, "known")
    with pytest.raises(CommandError, match="is not there: build first"):
        printed(tmp_path / "other.duckdb", "unique")


def test_an_error_of_the_database_shows_no_value(database: Path) -> None:
    with duckdb.connect(str(database)) as connection:
        connection.execute(
            "create or replace view failures.totals_add_up as select 'secret'::int as total"
        )
    with pytest.raises(CommandError) as raised:
        printed(database, "singular")
    assert "secret" not in str(raised.value)


def test_a_database_that_is_in_use_is_worth_another_try(database: Path) -> None:
    database.write_text("no database")
    with pytest.raises(TransientError, match=r"logmart\.duckdb"):
        printed(database, "unique")


def test_tests_that_did_not_pass_are_listed_with_count_and_owner() -> None:
    results: list[dict[str, Any]] = [
        {"unique_id": f"{ID}unique", "status": "fail", "failures": 2},
        {"unique_id": f"{ID}known", "status": "warn", "failures": 1},
        {"unique_id": f"{ID}singular", "status": "error", "failures": None},
        {"unique_id": f"{ID}nulls", "status": "pass", "failures": 0},
        {"unique_id": "model.logmart.people", "status": "error", "failures": None},
    ]
    assert open_tests(MANIFEST, results) == [
        "error: totals_add_up: it raised; owner growth",
        "fail: unique_people_user_id: 2 rows; owner growth",
        "warn: accepted_values_people_state: 1 rows; owner growth",
        "3 tests did not pass",
    ]
