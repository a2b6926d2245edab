"""The rows of metrics_daily that the pages show, and what a page says of them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import duckdb

from logmart.mart.complete_date import LAST_DATE
from logmart.pages.site.numbers import SMALL_SAMPLE

WEEK = dt.timedelta(days=7)
_FIGURES = f"""
select metric, dimension, dimension_value, metric_date, value, numerator, denominator,
    date_state, arrived_share, final_from_date
from marts.metrics_daily
where metric_date > {LAST_DATE} - to_days(?)
order by metric, dimension, dimension_value, metric_date
"""
_COMPARED = f"""
select metric, metric_date, value_month_before, month_before_state, value_year_before,
    year_before_state
from marts.metrics_compared
where metric_date > {LAST_DATE} - to_days(?)
"""
_TARGETS = """
select metric, month_start_date, target, actual, attainment, is_month_over
from marts.metric_targets_monthly
order by metric, month_start_date desc
"""
_SUMMABLE = """
select distinct metric
from marts.metrics_daily
where value_additive_over in ('dates', 'dates and dimension')
"""
_RESTATEMENTS = """
select metric, count(*), max(restated_at)
from marts.metric_restatements
where was_final
group by metric
"""


@dataclass(frozen=True)
class Figure:
    """A row of metrics_daily. `state` is open, settling or final."""

    date: dt.date
    value: float | None
    numerator: float | None
    denominator: float | None
    state: str
    arrived_share: float | None
    final_from_date: dt.date | None

    @property
    def is_shown(self) -> bool:
        """Tell whether the figure is drawn and compared: its date has ended and landed."""
        return self.state != "open" and self.value is not None

    @property
    def is_small_sample(self) -> bool:
        """Tell whether a quotient has too few observations to compare it."""
        return self.denominator is not None and self.denominator < SMALL_SAMPLE


@dataclass(frozen=True)
class Series:
    """The figures of a metric for one value of a dimension, by date."""

    metric: str
    dimension: str
    dimension_value: str
    figures: tuple[Figure, ...]

    def on(self, date: dt.date) -> Figure | None:
        """Return the figure of a date."""
        return next((figure for figure in self.figures if figure.date == date), None)

    @property
    def headline(self) -> Figure | None:
        """Return the figure of the last date that has ended and landed."""
        return next((figure for figure in reversed(self.figures) if figure.is_shown), None)

    @property
    def same_weekday_before(self) -> Figure | None:
        """Return the figure seven days before the headline's, where it is shown too."""
        found = self.headline and self.on(self.headline.date - WEEK)
        return found if found and found.is_shown else None

    def of_enough(self) -> Series | None:
        """Return the series without its small samples; None where most dates are such."""
        shown = [figure for figure in self.figures if figure.is_shown]
        enough = tuple(figure for figure in shown if not figure.is_small_sample)
        return replace(self, figures=enough) if 2 * len(enough) > len(shown) else None


@dataclass(frozen=True)
class Earlier:
    """A value of the same metric a month or a year before; None where there is none."""

    value: float | None
    state: str | None


@dataclass(frozen=True)
class Target:
    """What a metric is to reach in a month, and what it has reached by its last date."""

    month: dt.date
    target: float
    actual: float | None
    attainment: float | None
    is_over: bool


@dataclass(frozen=True)
class Restatements:
    """How often values changed that were final, and when last."""

    count: int
    last: dt.datetime


def read_series(connection: duckdb.DuckDBPyConnection, days: int) -> dict[str, list[Series]]:
    """Return the series of each metric over the last `days` dates: `all` first, then by dimension
    and value.
    """
    found: dict[tuple[str, str, str], list[Figure]] = {}
    for metric, dimension, value, *figure in connection.execute(_FIGURES, [days]).fetchall():
        found.setdefault((metric, dimension, str(value)), []).append(Figure(*figure))
    by_metric: dict[str, list[Series]] = {}
    for key, figures in sorted(found.items(), key=lambda item: (item[0][1] != "all", item[0])):
        by_metric.setdefault(key[0], []).append(Series(*key, tuple(figures)))
    return by_metric


def read_earlier(
    connection: duckdb.DuckDBPyConnection, days: int
) -> dict[tuple[str, dt.date], dict[str, Earlier]]:
    """Return the values a month and a year before, of each metric and date in the last `days`."""
    return {
        (metric, date): {"month": Earlier(*values[:2]), "year": Earlier(*values[2:])}
        for metric, date, *values in connection.execute(_COMPARED, [days]).fetchall()
    }


def read_targets(connection: duckdb.DuckDBPyConnection) -> dict[str, list[Target]]:
    """Return the monthly targets of each metric that has some, the newest first."""
    found: dict[str, list[Target]] = {}
    for metric, *target in connection.execute(_TARGETS).fetchall():
        found.setdefault(metric, []).append(Target(*target))
    return found


def read_summable(connection: duckdb.DuckDBPyConnection) -> frozenset[str]:
    """Return the metrics whose values may be summed over dates."""
    return frozenset(metric for (metric,) in connection.execute(_SUMMABLE).fetchall())


def read_restatements(connection: duckdb.DuckDBPyConnection) -> dict[str, Restatements]:
    """Return the restatements of final values, by metric."""
    rows = connection.execute(_RESTATEMENTS).fetchall()
    return {metric: Restatements(count, last) for metric, count, last in rows}


def by_dimension(series: Iterable[Series]) -> dict[str, list[Series]]:
    """Return the series of each dimension, largest first: by observations where the headline is a
    quotient, else by value. `all` is left out.
    """
    found: dict[str, list[Series]] = {}
    for one in series:
        if one.dimension != "all":
            found.setdefault(one.dimension, []).append(one)
    return {dimension: sorted(values, key=_rank) for dimension, values in found.items()}


def _rank(series: Series) -> tuple[float, str]:
    headline = series.headline
    size = headline and (headline.value if headline.denominator is None else headline.denominator)
    return (-(size or 0.0), series.dimension_value)


def total(series: Series, days: int) -> float | None:
    """Return the sum of the last `days` dates that are shown; None where a date is missing.

    Only the values of a metric that may be summed over dates have a meaning here.
    """
    if series.headline is None:
        return None
    dates = [series.headline.date - dt.timedelta(n) for n in range(days)]
    figures = [series.on(date) for date in dates]
    if any(figure is None or not figure.is_shown for figure in figures):
        return None
    return sum(figure.value or 0.0 for figure in figures if figure)


def calendar(figures: Sequence[Figure]) -> list[dt.date]:
    """Return every date from the first figure to the last, also those without a figure."""
    if not figures:
        return []
    first, last = figures[0].date, figures[-1].date
    return [first + dt.timedelta(n) for n in range((last - first).days + 1)]
