"""Writes the pages: a scorecard a group, a page and a CSV file a metric."""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from logmart.pages.site import charts, numbers
from logmart.pages.site.definitions import Metric, Scorecard
from logmart.pages.site.figures import (
    Earlier,
    Restatements,
    Series,
    Target,
    by_dimension,
    total,
)
from logmart.pages.site.sections import Sections
from logmart.pages.site.svg import draw

WIDE, NARROW = (1040, 300), (340, 240)
# A chart by dimension is drawn once: it is half as wide as a page, or as wide as a phone.
BESIDE = (480, 250)
# How many values of a dimension a page lists, and dates of a metric; the CSV has the rest.
MOST_VALUES, MOST_DATES = 12, 62
# How many metrics a scorecard draws; it links the rest.
MOST_CARDS = 48
# Where the font stands in a page: it is made of the characters of all pages, so it comes last.
FONT_MARK = "@@font@@"
_FOLDER = Path(__file__).parent / "templates"


@dataclass(frozen=True)
class Site:
    """What all pages share."""

    cards: Sequence[Scorecard]
    series: Mapping[str, Sequence[Series]]
    restatements: Mapping[str, Restatements]
    summable: frozenset[str]
    targets: Mapping[str, Sequence[Target]]
    earlier: Mapping[tuple[str, dt.date], Mapping[str, Earlier]]
    published: str
    time_zone: str
    last_date: dt.date
    data_date: dt.date | None = None
    catalog_url: str = ""
    catalog_tables: Mapping[str, str] | None = None
    lineage: Mapping[str, Sequence[str]] | None = None

    def of_metric(self, metric: Metric) -> Site:
        """Return the site with the figures of one metric: another process is sent no more."""
        name = metric.name
        return replace(
            self,
            series={name: self.series.get(name, ())},
            earlier={key: values for key, values in self.earlier.items() if key[0] == name},
            cards=[replace(card, metrics=()) for card in self.cards],
        )


def scorecard_page(site: Site, card: Scorecard, sections: Sections) -> str:
    """Return the page of a scorecard."""
    tiles: list[dict[str, Any]] = []
    by_dimension_alone: list[Metric] = []
    not_drawn: list[Metric] = []
    for metric in card.metrics:
        series = _of_all(site, metric)
        if series is None and site.series.get(metric.name):
            by_dimension_alone.append(metric)
            continue
        if len(tiles) == MOST_CARDS:
            not_drawn.append(metric)
            continue
        headline = series.headline if series else None
        spark = charts.sparkline(series, 260, 44) if series else None
        tiles.append(
            {
                "metric": metric,
                "headline": headline,
                "before": series.same_weekday_before if series else None,
                "sparkline": draw(spark, f"{metric.label}, its trend", "spark"),
            }
        )
    uplifts = [
        {
            "name": row.campaign.replace("_", " "),
            "value": row.uplift,
            "low": row.low,
            "high": row.high,
        }
        for row in sections.uplifts
    ]
    sizes, height = ((WIDE[0], "wide"), (NARROW[0], "narrow")), 28 * len(uplifts) + 50
    return _page(
        site,
        "scorecard.html.j2",
        title=card.label,
        current=card.name,
        card=card,
        tiles=tiles,
        linked=[("By dimension alone", by_dimension_alone), ("More metrics", not_drawn)],
        sections=sections,
        weeks=max((len(cohort.weeks) for cohort in sections.cohorts), default=0),
        uplift_charts=Markup().join(
            draw(charts.interval(uplifts, width, height), "Uplift of campaigns", name)
            for width, name in sizes
        ),
    )


def metric_page(site: Site, metric: Metric) -> str:
    """Return the page of a metric."""
    series = _of_all(site, metric)
    figures = series.figures if series else ()
    headline = series.headline if series else None
    everywhere = [one for many in site.series.get(metric.name, ()) for one in many.figures]
    return _page(
        site,
        "metric.html.j2",
        root="../",
        title=metric.label,
        current=metric.group,
        metric=metric,
        headline=headline,
        before=series.same_weekday_before if series else None,
        earlier=site.earlier.get((metric.name, headline.date), {}) if headline else {},
        sum_28=total(series, 28) if series and metric.name in site.summable else None,
        last_final=max((f.date for f in everywhere if f.state == "final"), default=None),
        restated=site.restatements.get(metric.name),
        targets=site.targets.get(metric.name, ()),
        lineage=(site.lineage or {}).get(metric.name, ()),
        trend=_trend(series, metric),
        open_figures=[f for f in figures[-14:] if f.state == "open" and f.value is not None][-3:],
        dimensions=[
            _dimension(name, many, metric)
            for name, many in by_dimension(site.series.get(metric.name, ())).items()
            if any(one.headline for one in many)
        ],
        figures=figures[: -MOST_DATES - 1 : -1],
        has_parts=any(figure.denominator is not None for figure in figures),
    )


def _trend(series: Series | None, metric: Metric) -> Markup:
    if series is None:
        return Markup()
    label = f"{metric.label} by date; the table below has the figures"
    return Markup().join(
        draw(charts.trend(series, metric.unit, *size), label, name)
        for size, name in ((WIDE, "wide"), (NARROW, "narrow"))
    )


def _dimension(name: str, many: Sequence[Series], metric: Metric) -> dict[str, Any]:
    """Return the section of a dimension: the chart of its first values, and its rows."""
    shown = [series for series in many if series.headline]
    enough = {series.dimension_value: series.of_enough() for series in shown}
    drawn = [one for one in enough.values() if one][: charts.MOST_LINES]
    numbers_of = {one.dimension_value: number for number, one in enumerate(drawn, 1)}
    label = f"{metric.label} by {name}; the table beside has the figures"
    chart = draw(charts.lines(drawn, metric.unit, *BESIDE), label)
    return {
        "name": name,
        "date": max((one.headline.date for one in shown if one.headline), default=None),
        "chart": chart,
        "leaves_out": any(
            figure.is_small_sample and figure.is_shown
            for series in shown
            if series.dimension_value in numbers_of
            for figure in series.figures
        ),
        "rows": [
            {
                "series": series,
                "headline": series.headline,
                "before": series.same_weekday_before,
                "line": numbers_of.get(series.dimension_value) if chart else None,
            }
            for series in shown[:MOST_VALUES]
        ],
        "left_out": max(0, len(shown) - MOST_VALUES),
    }


def _of_all(site: Site, metric: Metric) -> Series | None:
    return next((one for one in site.series.get(metric.name, ()) if one.dimension == "all"), None)


def _page(site: Site, template: str, **values: Any) -> str:
    values.setdefault("root", "")
    return (
        _environment()
        .get_template(template)
        .render(
            **values,
            cards=[
                {"name": c.name, "label": c.label, "label_ko": c.label_ko, "file": file_name(c)}
                for c in site.cards
            ],
            css=Markup((_FOLDER / "style.css").read_text(encoding="utf-8")),
            font=FONT_MARK,
            published=site.published,
            time_zone=site.time_zone,
            last_date=_day(site.last_date),
            data_date=site.data_date,
            catalog_url=site.catalog_url,
            catalog_table=(site.catalog_tables or {}).get,
        )
    )


def file_name(card: Scorecard) -> str:
    """Return the file of a scorecard; the company's is the first page."""
    return "index.html" if card.name == "company" else f"{card.name}.html"


@functools.cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_FOLDER),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters.update(day=_day, month=_month, weekday=_weekday, exact=_exact, words=_words)
    environment.globals.update(
        value_text=numbers.value_text,
        arrived_text=numbers.arrived_text,
        headline_text=numbers.headline_text,
        change_text=numbers.change_text,
        direction=direction,
        arrow=_arrow,
        small_sample=numbers.SMALL_SAMPLE,
    )
    return environment


def direction(metric: Metric, value: float | None, before: float | None) -> str:
    """Return whether a change is good, bad or neither."""
    if value is None or before is None or value == before or metric.up_is == "neutral":
        return ""
    return metric.up_is if value > before else {"good": "bad", "bad": "good"}[metric.up_is]


def _arrow(value: float | None, before: float | None) -> str:
    if value is None or before is None or value == before:
        return "→"
    return "▲" if value > before else "▼"


def _day(date: dt.date) -> str:
    return f"{date.day} {date:%b %Y}"


def _month(date: dt.date) -> str:
    return f"{date:%b %Y}"


def _weekday(date: dt.date) -> str:
    return f"{date:%a} {_day(date)}"


def _words(name: object) -> str:
    return str(name).replace("_", " ")


def _exact(value: float) -> str:
    """Return a number with every digit; whole numbers without a decimal point."""
    return repr(int(value)) if float(value).is_integer() else repr(float(value))
