"""The charts of the pages: what is drawn solid, dashed, as a gap, and not at all."""

from __future__ import annotations

import re
from typing import Any

from example_site import days, figure, series
from logmart.pages.site import charts
from logmart.pages.site.figures import by_dimension, total
from logmart.pages.site.svg import draw


def points(spec: charts.Spec | None, part: str) -> dict[int, Any]:
    """Return the values of a part of the first line, by day."""
    assert spec is not None
    rows = [row for row in spec["data"]["values"] if row["line"] == f"0 {part}"]
    first = charts._milliseconds(figure(0, 0).date)
    return {(row["date"] - first) // 86_400_000: row["value"] for row in rows}


def test_the_dashed_line_begins_at_the_last_final_value_and_ends_before_the_open_day() -> None:
    spec = charts.trend(series(days([10, 11, 12, 13, 14, 15, 2])), "orders", 400, 200)
    assert points(spec, "final") == {0: 10, 1: 11, 2: 12}
    assert points(spec, "settling") == {2: 12, 3: 13, 4: 14, 5: 15}


def test_a_missing_day_is_a_gap() -> None:
    figures = [figure(0, 5), figure(1, 6), figure(4, 7), figure(5, 8)]
    spec = charts.trend(series(figures), "orders", 400, 200)
    assert points(spec, "final") == {0: 5, 1: 6, 2: None, 3: None, 4: 7, 5: 8}
    drawn = draw(spec, "Orders")
    line = next(path for path in re.findall(r'd="([^"]*)"', drawn) if path.count("L") == 2)
    assert line.count("M") == 2


def test_a_day_between_two_gaps_is_a_point() -> None:
    spec = charts.trend(series([figure(0, 5), figure(2, 6), figure(3, 7)]), "orders", 400, 200)
    assert spec is not None
    alone = [row["value"] for row in spec["data"]["values"] if row["is_alone"]]
    assert alone == [5]


def test_days_of_few_observations_are_no_line_of_a_dimension() -> None:
    few = [figure(n, 0.5, denominator=10) for n in range(5)]
    enough = [figure(n, 0.5, denominator=100) for n in range(5)]
    assert series(few, "rate", "bank").of_enough() is None
    assert series(few[:1] + enough[1:], "rate", "bank").of_enough() == series(
        enough[1:], "rate", "bank"
    )
    assert series(few[:3] + enough[3:], "rate", "bank").of_enough() is None


def test_a_metric_without_values_has_no_chart() -> None:
    assert charts.trend(series([]), "orders", 400, 200) is None
    assert charts.trend(series([figure(0, None)]), "orders", 400, 200) is None
    assert charts.sparkline(series([figure(0, 3, "open")]), 200, 40) is None
    assert draw(None, "Orders") == ""


def test_colours_are_the_style_sheets_and_texts_take_the_pages_font() -> None:
    drawn = draw(charts.trend(series(days([1, 2, 3, 4, 5, 6])), "orders", 400, 200), "<Orders>")
    assert 'stroke="var(--line-1)"' in drawn
    assert "#0000" not in drawn
    assert "font-family" not in drawn
    assert 'aria-label="&lt;Orders&gt;"' in drawn
    assert not re.search(r"\d\.\d{2}", " ".join(re.findall(r' d="([^"]*)"', drawn)))


def test_a_sum_needs_every_date_of_its_window() -> None:
    whole = series([figure(n, 2) for n in range(28)])
    assert total(whole, 28) == 56
    assert total(series(whole.figures[:10] + whole.figures[11:]), 28) is None
    assert total(series(whole.figures[1:]), 28) is None


def test_values_of_a_dimension_come_largest_first_quotients_by_their_observations() -> None:
    rates = [
        series([figure(0, 0.9, denominator=10)], "rate", "bank", "small"),
        series([figure(0, 0.5, denominator=900)], "rate", "bank", "large"),
    ]
    assert [one.dimension_value for one in by_dimension(rates)["bank"]] == ["large", "small"]
    counts = [series([figure(0, n)], "orders", "bank", str(n)) for n in (3, 9)]
    assert [one.dimension_value for one in by_dimension(counts)["bank"]] == ["9", "3"]
