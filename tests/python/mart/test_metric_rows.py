"""What the metrics come to on rows of marts that can be counted by hand.

In Python, because a unit test of dbt sees no metrics: `graph` is empty there.
"""

from __future__ import annotations

import csv
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from logmart.pages.metric_dictionary import read_metrics
from mart_runs import PROJECT, Mart
from marts_by_hand import marts_by_hand

AREAS = ("growth", "engagement", "operations", "payments", "crm", "handwritten")
ROWS = " union all ".join(f"from intermediate.int_{area}_metrics" for area in AREAS)
CASES = yaml.safe_load(Path(__file__).with_name("metric_rows.yml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Mart:
    mart = Mart(tmp_path_factory.mktemp("metric_rows"), record_sources=("bank", "crm"))
    results = mart.dbt("compile", "--select", "int_*_metrics")
    assert {result.status for result in results} == {"success"}
    return mart


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_rows_are_those_counted_by_hand(compiled: Mart, case: dict[str, Any]) -> None:
    expected = list(csv.DictReader(case["expect"].splitlines()))
    columns = list(expected[0])
    named = {row["metric"] for row in expected}
    with marts_by_hand(compiled.target_path, case["given"]) as marts:
        found = marts.execute(
            f"select {', '.join(columns)} from ({ROWS}) where list_contains($named, metric)",
            {"named": sorted(named)},
        ).fetchall()
    assert Counter(found) == Counter(
        tuple(_typed(row[column], column) for column in columns) for row in expected
    )


def test_what_is_written_in_sql_is_counted_by_hand() -> None:
    written = {
        metric.name
        for metric in read_metrics(PROJECT)
        if metric.why_handwritten or metric.why_beyond
    }
    assert {"stickiness", "funnel_median_seconds"} <= written
    expected = {
        row["metric"] for case in CASES for row in csv.DictReader(case["expect"].splitlines())
    }
    assert written - expected == set()


def _typed(text: str, column: str) -> Any:
    if column.startswith("has_"):
        return text == "true"
    if column in ("numerator", "denominator", "window_days", "open_days"):
        return float(text) if text else None
    return date.fromisoformat(text) if column == "metric_date" else text
