"""Expectations are generated from the tracking plan: every rule of it, and nothing else."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import duckdb
import pytest

from logmart.plan.entries import read_plan, read_records
from logmart.plan.grammar import PlannedEvent, PlannedProperty, PlannedRecord
from logmart.quality import batches
from logmart.quality.suites import suite_of, time_values, with_bounds_as_texts
from logmart.settings import PROJECT

Found = list[tuple[str, str, str, dict[str, Any]]]
BETWEEN, IN_SET = "ExpectColumnValuesToBeBetween", "ExpectColumnValuesToBeInSet"
NOT_NULL = "ExpectColumnValuesToNotBeNull"


def planned(**rules: Any) -> PlannedEvent:
    each = PlannedProperty("amount_krw", "amount", **{"data_type": "bigint", **rules})
    return PlannedEvent("app", "amount_sent", properties=(each,))


def expected(**rules: Any) -> Found:
    return [
        (each.check.partition(":")[0], each.kind, each.column, dict(each.arguments))
        for each in suite_of(planned(**rules)).expectations
    ]


TYPED: Found = [
    ("wrong_type", IN_SET, "amount_krw__json", {"value_set": ["BIGINT", "UBIGINT"]}),
    ("wrong_type", NOT_NULL, "amount_krw", {}),
]


@pytest.mark.parametrize(
    ("rules", "more"),
    [
        ({}, []),
        ({"minimum": 1}, [("out_of_range", BETWEEN, "amount_krw", {"min_value": 1})]),
        ({"maximum": 9}, [("out_of_range", BETWEEN, "amount_krw", {"max_value": 9})]),
        ({"allowed": (1, 2)}, [("not_allowed", IN_SET, "amount_krw", {"value_set": [1, 2]})]),
    ],
)
def test_a_rule_of_the_plan_is_an_expectation(rules: dict[str, Any], more: Found) -> None:
    assert expected(**rules) == TYPED + more


def test_a_required_property_is_to_be_there_unless_its_version_is_exempt() -> None:
    first, *_ = suite_of(planned(required=True)).expectations
    assert (first.check, first.kind) == ("missing_required:amount_sent.amount", NOT_NULL)
    assert first.where is None
    first, *_ = suite_of(planned(required=True, since="5.2.0")).expectations
    assert first.where is not None
    assert (first.where.column, first.where.state) == ("amount_krw__exempt", "false")


def test_a_pattern_must_match_the_whole_text_with_ascii_digits() -> None:
    *_, last = suite_of(planned(data_type="varchar", pattern=r"\d{3}")).expectations
    assert last.kind == "ExpectColumnValuesToMatchRegex"
    assert last.arguments == {"regex": r"(?a)\A(?:\d{3})\Z"}


def test_every_rule_of_the_project_is_in_a_suite() -> None:
    entries: list[PlannedEvent | PlannedRecord] = [*read_plan(PROJECT), *read_records(PROJECT)]
    for entry in entries:
        checks = {each.check for each in suite_of(entry).expectations}
        for each in entry.properties:
            due = {
                "wrong_type": True,
                "missing_required": each.required,
                "not_allowed": bool(each.allowed),
                "out_of_range": each.minimum is not None or each.maximum is not None,
                "pattern_mismatch": bool(each.pattern),
            }
            found = {name for name in due if f"{name}:{entry.name}.{each.name}" in checks}
            assert found == {name for name, is_due in due.items() if is_due}, each


def test_a_bound_of_a_time_is_written_as_the_batch_writes_times(tmp_path: Path) -> None:
    suite = suite_of(planned(data_type="timestamp", minimum="2026-01-01 12:00:00"))
    with batches.open_workplace(tmp_path) as connection:
        texts = {
            (column, value): batches.time_text(connection, data_type, value)
            for column, data_type, value in time_values([suite])
        }
    *_, last = with_bounds_as_texts(suite, texts).expectations
    assert last.arguments == {"min_value": "2026-01-01T12:00:00.000000"}


@pytest.mark.parametrize(
    ("data_type", "landed", "json_type", "typed"),
    [
        ("bigint", "7", "UBIGINT", 7),
        ("bigint", "-7", "BIGINT", -7),
        ("bigint", "1.0", "DOUBLE", None),
        ("bigint", '"7"', "VARCHAR", None),
        ("bigint", "9223372036854775808", "UBIGINT", None),
        ("bigint", "null", None, None),
        ("double", "7", "UBIGINT", 7.0),
        ("double", '"0.5"', "VARCHAR", None),
        ("boolean", "true", "BOOLEAN", True),
        ("boolean", '"true"', "VARCHAR", None),
        ("varchar", "[1]", "ARRAY", None),
        ("timestamp", '"2026-01-01T09:00:00+09:00"', "VARCHAR", "2026-01-01T00:00:00.000000"),
        ("timestamp", '"2026-01-01T09:00:00"', "VARCHAR", None),
        ("date", '"2026-01-31"', "VARCHAR", "2026-01-31"),
        ("date", '"2026-02-31"', "VARCHAR", None),
    ],
)
def test_a_batch_holds_the_json_type_and_the_value_in_the_planned_type(
    tmp_path: Path, data_type: str, landed: str, json_type: str | None, typed: object
) -> None:
    path = tmp_path / "file.jsonl"
    path.write_text(f'{{"amount":{landed}}}\n', encoding="utf-8")
    suite = suite_of(planned(data_type=data_type))
    with batches.open_workplace(tmp_path) as connection:
        batches.read_lines(connection, [("file.jsonl", path)], [])
        batches.read_records(connection, suite.entity)
        assert batches.write_batch(connection, suite, tmp_path / "batch.parquet") == 1
        row = connection.execute(
            "select amount_krw__json, amount_krw from read_parquet($path)",
            {"path": str(tmp_path / "batch.parquet")},
        ).fetchone()
    assert row == (json_type, typed)


@pytest.mark.parametrize(
    ("rules", "platform", "version", "is_exempt"),
    [
        ({"since": "5.2.0"}, "ios", "5.1.9", True),
        ({"since": "5.2.0"}, "ios", "5.2", False),
        ({"since": "5.2.0"}, "ios", "5.10.0", False),
        ({"until": "5.2.0"}, "ios", "5.2.0.1", True),
        ({"since": (("ios", "5.2.0"),)}, "android", "5.1.0", False),
        ({"since": (("ios", "5.2.0"),)}, "ios", "5.1.0", True),
        ({"since": "5.2.0"}, "ios", "beta", False),
    ],
)
def test_a_version_that_the_plan_excludes_may_lack_a_property(
    tmp_path: Path, rules: dict[str, Any], platform: str, version: str, is_exempt: bool
) -> None:
    suite = suite_of(planned(required=True, **rules))
    with batches.open_workplace(tmp_path) as connection:
        connection.execute(
            'create table read_rows as select 0 as "row", true as is_readable, $entity as entity,'
            " $platform as platform, $version as app_version, '{}' as properties",
            {"entity": suite.entity, "platform": platform, "version": version},
        )
        batches.write_batch(connection, suite, tmp_path / "batch.parquet")
        row = connection.execute(
            "select amount_krw__exempt from read_parquet($path)",
            {"path": str(tmp_path / "batch.parquet")},
        ).fetchone()
    assert row == (is_exempt,)


def write_line(path: Path, line: str) -> None:
    with duckdb.connect() as connection:
        connection.from_query(f"select '{line}' as line").write_parquet(str(path))


@pytest.mark.parametrize("name", ["*.parquet", "a[1].parquet", "한글 이름.parquet", "it's.parquet"])
def test_the_lines_of_a_file_are_its_own_whatever_its_name(tmp_path: Path, name: str) -> None:
    for each, line in {name: '{"mine":1}', "other.parquet": '{"other":1}'}.items():
        write_line(tmp_path / each, line)
    with batches.open_workplace(tmp_path) as connection:
        batches.read_lines(connection, [(name, tmp_path / name)], [])
        assert connection.execute("select landing_file, line from landed_lines").fetchall() == [
            (name, '{"mine":1}')
        ]


def test_batches_are_private_and_do_not_stay(tmp_path: Path) -> None:
    build = tmp_path / "build"
    with batches.batch_folder(build) as folder:
        assert folder.stat().st_mode & 0o077 == 0
        (folder / "batch.parquet").write_text("a value")
    assert list(build.iterdir()) == []
    killed, running = build / "checked-killed", build / "checked-running"
    for left in (killed, running):
        left.mkdir()
    os.utime(killed, (0, 0))
    with batches.batch_folder(build):
        assert not killed.exists()
        assert running.exists()
