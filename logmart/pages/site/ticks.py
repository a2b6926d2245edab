"""The ticks of a chart's axes, with labels of which no two are equal."""

from __future__ import annotations

import datetime as dt
import math
import sys
from dataclasses import dataclass

# No metric is read to more digits.
_FINEST = 1e-6
# A longer range has its ticks at the starts of months.
_MOST_DAYS_BY_WEEK = 130
_UNITS = ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "k"))


@dataclass(frozen=True)
class Ticks:
    """The values of an axis, their labels, and the ends of the axis."""

    values: tuple[float, ...]
    labels: tuple[str, ...]

    @property
    def domain(self) -> list[float]:
        """Return the lowest and the highest value."""
        return [self.values[0], self.values[-1]]


def value_ticks(values: list[float], unit: str, count: int = 4) -> Ticks:
    """Return the ticks of a value axis that holds some values.

    The axis starts at zero, but for shares whose range is small beside their size. Counts have
    whole ticks.
    """
    low, high = min(values, default=0.0), max(values, default=0.0)
    if unit != "share" or low < 0 or high > 1 or high - low > 0.5 * high:
        low, high = min(low, 0.0), max(high, 0.0)
    if high == low:
        high = low + (0.01 if unit == "share" else 1.0)
    step = max(_step((high - low) / count), _FINEST)
    if unit not in ("share", "seconds", "KRW") and all(float(v).is_integer() for v in values):
        step = max(step, 1.0)
    first, last = math.floor(low / step + 1e-9), max(1, math.ceil(high / step - 1e-9))
    if unit == "share" and low >= 0:
        first = max(first, 0)
    ticks = tuple(round(number * step, 12) for number in range(first, last + 1))
    return Ticks(ticks, _labels(ticks, step, unit))


def date_ticks(first: dt.date, last: dt.date, count: int) -> tuple[dt.date, ...]:
    """Return at most `count` dates: Mondays, or starts of months where the range is longer."""
    days = (last - first).days + 1
    if days <= _MOST_DAYS_BY_WEEK:
        monday = first + dt.timedelta((7 - first.weekday()) % 7)
        mondays = [monday + dt.timedelta(7 * number) for number in range(days // 7)]
        found = [day for day in mondays if day <= last] or [first]
    else:
        found = [
            dt.date(year, month, 1)
            for year in range(first.year, last.year + 1)
            for month in range(1, 13)
            if first <= dt.date(year, month, 1) <= last
        ]
    # Ticks keep an equal distance, and the last one is kept.
    step = -(-len(found) // count)
    return tuple(found[::-1][::step][::-1])


def _step(raw: float) -> float:
    """Return the smallest of 1, 2, 2.5, 5 or 10 times a power of ten that is at least `raw`."""
    # A share of the smallest number may be zero.
    raw = max(raw, sys.float_info.min)
    power = 10.0 ** math.floor(math.log10(raw))
    return next(f * power for f in (1.0, 2.0, 2.5, 5.0, 10.0) if f * power >= raw * (1 - 1e-9))


def _labels(ticks: tuple[float, ...], step: float, unit: str) -> tuple[str, ...]:
    largest = max(abs(tick) for tick in ticks)
    size, letter = (1.0, "") if unit == "share" else _unit_of(largest)
    factor = 100.0 if unit == "share" else 1.0 / size
    suffix = "%" if unit == "share" else letter
    shown = step * factor
    digits = next(d for d in range(12) if math.isclose(round(shown, d), shown, rel_tol=1e-9))
    prefix = "₩" if unit == "KRW" else ""
    return tuple(
        "0" if tick == 0 and unit != "share" else f"{prefix}{tick * factor:,.{digits}f}{suffix}"
        for tick in ticks
    )


def _unit_of(largest: float) -> tuple[float, str]:
    return next(((size, letter) for size, letter in _UNITS if largest >= 5 * size), (1.0, ""))
