"""How the pages write numbers, and the ticks of their charts."""

from __future__ import annotations

import datetime as dt
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logmart.pages.site.numbers import arrived_text, change_text, headline_text, value_text
from logmart.pages.site.ticks import date_ticks, value_ticks

UNITS = ("users", "share", "KRW", "seconds")
AMOUNTS = st.floats(0, 1e15, allow_nan=False)


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (1234567.0, "users", "1,234,567"),
        (12.5, "users", "12.5"),
        (0.23449, "share", "23.4%"),
        (1.0, "share", "100.0%"),
        (-1234.0, "KRW", "₩-1,234"),
        (1.1667, "ratio", "1.17"),
        (272.44, "seconds", "272.4 s"),
        (None, "users", "–"),
    ],
)
def test_a_value_is_written_by_its_unit(value: float | None, unit: str, text: str) -> None:
    assert value_text(value, unit) == text


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (12_934_000.0, "KRW", "₩12.93M"),
        (1_500_000_000.0, "users", "1.50B"),
        (999_999.0, "users", "999,999"),
        (272.4, "seconds", "4 min 32 s"),
        (59.4, "seconds", "59.4 s"),
        (0.95, "share", "95.0%"),
    ],
)
def test_a_headline_is_short(value: float, unit: str, text: str) -> None:
    assert headline_text(value, unit) == text


@pytest.mark.parametrize(
    ("value", "before", "unit", "text"),
    [
        (0.25, 0.30, "share", "−5.0 pp"),
        (120.0, 100.0, "users", "+20.0%"),
        (100.0, 100.0, "users", "±0.0%"),
        (5.0, 0.0, "users", "–"),
        (0.0, 0.0, "users", "±0.0%"),
        (5.0, None, "users", "–"),
        (-50.0, -100.0, "KRW", "+50.0%"),
    ],
)
def test_a_share_changes_in_percentage_points_and_a_count_in_per_cent(
    value: float, before: float | None, unit: str, text: str
) -> None:
    assert change_text(value, before, unit) == text


def test_only_all_events_are_a_hundred_per_cent_of_them() -> None:
    assert arrived_text(0.9999) == "99.9%"
    assert arrived_text(1.0) == "100.0%"


@given(AMOUNTS, st.sampled_from(UNITS))
def test_a_text_is_the_value_to_the_last_digit_that_it_shows(value: float, unit: str) -> None:
    text = value_text(value, unit).translate(str.maketrans("", "", "₩,% s"))
    digits = len(text.partition(".")[2])
    shown = Fraction(text) / (100 if unit == "share" else 1)
    unit_of_last_digit = Fraction(1, 10**digits) / (100 if unit == "share" else 1)
    assert abs(shown - Fraction(repr(value))) <= unit_of_last_digit / 2


@given(st.lists(AMOUNTS, min_size=1, max_size=20), st.sampled_from(UNITS))
def test_ticks_hold_all_values_and_no_two_labels_are_equal(values: list[float], unit: str) -> None:
    ticks = value_ticks(values, unit)
    slack = 1e-6 * max(1.0, *values)
    assert ticks.values[0] <= min(values) + slack
    assert ticks.values[-1] >= max(values) - slack
    assert len(set(ticks.labels)) == len(ticks.labels) == len(ticks.values)
    assert 2 <= len(ticks.values) <= 7


@given(st.lists(st.integers(0, 10**9).map(float), min_size=1, max_size=20))
def test_an_axis_of_counts_starts_at_zero_and_has_whole_ticks(values: list[float]) -> None:
    ticks = value_ticks(values, "users")
    assert ticks.values[0] == 0
    assert all(tick.is_integer() for tick in ticks.values)


def test_an_axis_of_shares_near_one_does_not_flatten_them() -> None:
    labels = value_ticks([0.951, 0.968, 0.992], "share").labels
    assert labels == ("94%", "96%", "98%", "100%")


@given(st.integers(1, 1200), st.integers(2, 12))
def test_dates_of_an_axis_are_few_within_it_and_at_equal_distances(days: int, most: int) -> None:
    first = dt.date(2026, 1, 7)
    last = first + dt.timedelta(days)
    ticks = date_ticks(first, last, most)
    assert 1 <= len(ticks) <= most
    assert all(first <= tick <= last for tick in ticks)
    months = [tick.year * 12 + tick.month for tick in ticks]
    steps = {b - a for a, b in zip(ticks, ticks[1:], strict=False)}
    month_steps = {b - a for a, b in zip(months, months[1:], strict=False)}
    assert len(steps) <= 1 or len(month_steps) <= 1
