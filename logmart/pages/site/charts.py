"""Charts of metrics as Vega-Lite specifications."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from logmart.pages.site.figures import Series, calendar
from logmart.pages.site.ticks import Ticks, date_ticks, value_ticks

Spec = dict[str, Any]

# Colours that svg.py replaces by the style sheet's, which differ in light and dark.
INK, GRID, MUTED = "#000001", "#000002", "#000003"
COLOURS = ("#000011", "#000012", "#000013", "#000014", "#000015")
# What a chart may hold: more lines cannot be told apart.
MOST_LINES = len(COLOURS)
_DAY = dt.datetime(1970, 1, 1)


def trend(series: Series, unit: str, width: int, height: int) -> Spec | None:
    """Return the chart of a metric over its dates: final values as a solid line, those that late
    events may still change as a dashed one that begins at the last final value. Open dates are not
    drawn; a missing date is a gap. None with fewer than two dates to draw.
    """
    return _lines([series], unit, width, height, (COLOURS[0],))


def lines(many: Sequence[Series], unit: str, width: int, height: int) -> Spec | None:
    """Return the chart of at most MOST_LINES series, drawn as trend() draws one. None with fewer
    than two dates to draw.
    """
    return _lines(many, unit, width, height, COLOURS)


def sparkline(series: Series, width: int, height: int) -> Spec | None:
    """Return the line of a metric without axes, its last value marked."""
    points = _points([series], (COLOURS[0],))
    if not points:
        return None
    values = [point["value"] for point in points if point["value"] is not None]
    low, high = min(values), max(values)
    scale = {"domain": [low, high if high > low else low + 1], "nice": False, "zero": False}
    last = [point for point in points if point["value"] is not None][-1]
    encoding = {"x": _x(None), "y": {"field": "value", "type": "quantitative", "scale": scale}}
    encoding["y"]["axis"] = None
    layers = [*_line_layers(), {"data": {"values": [last]}, "mark": _point(True, 30)}]
    return _chart(points, layers, encoding, width, height)


def interval(rows: Sequence[dict[str, Any]], width: int, height: int) -> Spec | None:
    """Return the chart of estimates with their intervals, one a row, and a line at zero.

    In: rows of `name`, `value`, `low`, `high`, as shares.
    """
    if not rows:
        return None
    ends = [row[key] * 100 for row in rows for key in ("low", "high")]
    ticks = value_ticks([*ends, 0.0], "pp", 5)
    scaled = [
        {"name": row["name"], **{key: row[key] * 100 for key in ("value", "low", "high")}}
        for row in rows
    ]
    x = {"type": "quantitative", "scale": {"domain": ticks.domain, "nice": False}}
    axis = {**_axis(ticks), "title": "percentage points", "orient": "bottom"}
    encoding = {
        "y": {"field": "name", "type": "nominal", "sort": None, "axis": {"title": None}},
        "x": {**x, "field": "low", "axis": axis},
    }
    layers: list[Spec] = [
        {
            "mark": {"type": "rule", "color": COLOURS[0], "strokeWidth": 2},
            "encoding": {"x2": {"field": "high"}},
        },
        {
            "mark": {**_point(True, 60), "color": COLOURS[0]},
            "encoding": {"x": {**x, "field": "value"}},
        },
        {
            "data": {"values": [{"zero": 0}]},
            "mark": {"type": "rule", "color": INK, "strokeWidth": 1},
            "encoding": {"x": {**x, "field": "zero"}, "y": None},
        },
    ]
    return _chart(scaled, layers, encoding, width, height)


def _lines(
    many: Sequence[Series], unit: str, width: int, height: int, colours: Sequence[str]
) -> Spec | None:
    points = _points(many, colours)
    values = [point["value"] for point in points if point["value"] is not None]
    if not values:
        return None
    dates = [figure.date for series in many for figure in series.figures if figure.is_shown]
    if min(dates) == max(dates):
        return None
    encoding = {
        "x": _x(date_ticks(min(dates), max(dates), max(2, width // 90))),
        "y": {
            "field": "value",
            "type": "quantitative",
            **_scaled(value_ticks(values, unit)),
        },
    }
    small = [point for point in points if point["is_small"]]
    layers = _line_layers()
    if small:
        layers.append({"data": {"values": small}, "mark": _point(False, 18)})
    return _chart(points, layers, encoding, width, height)


def _points(many: Sequence[Series], colours: Sequence[str]) -> list[dict[str, Any]]:
    """Return the points of the lines: a series has a part that is final and a part that settles,
    and both hold the last final value, so that no gap is drawn between them.
    """
    points: list[dict[str, Any]] = []
    for number, series in enumerate(many):
        shown = {figure.date: figure for figure in series.figures if figure.is_shown}
        finals = [date for date, figure in shown.items() if figure.state == "final"]
        last_final = max(finals, default=None)
        dates = calendar([figure for figure in series.figures if figure.is_shown])
        settles = bool(dates) and last_final != dates[-1]
        for part in ("final", "settling") if settles else ("final",):
            for date in dates:
                figure = shown.get(date)
                is_final = last_final is not None and date <= last_final
                if part == "final" and not is_final:
                    continue
                if part == "settling" and is_final and date != last_final:
                    continue
                alone = not any(date + dt.timedelta(n) in shown for n in (-1, 1))
                points.append(
                    {
                        "date": _milliseconds(date),
                        "value": figure.value if figure else None,
                        "line": f"{number} {part}",
                        "colour": colours[number],
                        "part": part,
                        "is_alone": bool(figure) and alone,
                        "is_small": bool(figure and figure.is_small_sample),
                    }
                )
    return points


def _line_layers() -> list[Spec]:
    return [
        {
            "mark": {
                "type": "line",
                "invalid": "break-paths-filter-domains",
                "strokeWidth": 2,
                "strokeJoin": "round",
            },
            "encoding": {
                "detail": {"field": "line"},
                "strokeDash": {
                    "field": "part",
                    "scale": {"domain": ["final", "settling"], "range": [[1, 0], [4, 3]]},
                    "legend": None,
                },
            },
        },
        {"transform": [{"filter": "datum.is_alone"}], "mark": _point(True, 25)},
    ]


def _point(is_filled: bool, size: int) -> Spec:
    return {"type": "point", "filled": is_filled, "size": size, "opacity": 1, "strokeWidth": 1.5}


def _x(ticks: Sequence[dt.date] | None) -> Spec:
    axis: Spec | None = None
    if ticks is not None:
        months = all(tick.day == 1 for tick in ticks) and len(ticks) > 1
        axis = {
            "values": [_milliseconds(tick) for tick in ticks],
            "format": "%b %Y" if months else "%-d %b",
            "title": None,
            "grid": False,
            "labelOverlap": False,
        }
    return {"field": "date", "type": "temporal", "scale": {"type": "utc"}, "axis": axis}


def _scaled(ticks: Ticks) -> Spec:
    return {"scale": {"domain": ticks.domain, "nice": False}, "axis": _axis(ticks)}


def _axis(ticks: Ticks) -> Spec:
    labels = ",".join(f"'{label}'" for label in ticks.labels)
    return {
        "values": list(ticks.values),
        "labelExpr": f"[{labels}][round(datum.index * {len(ticks.labels) - 1})]",
        "title": None,
        "labelOverlap": False,
    }


def _chart(
    points: Sequence[dict[str, Any]], layers: list[Spec], encoding: Spec, width: int, height: int
) -> Spec:
    if points and "colour" in points[0]:
        encoding["color"] = {"field": "colour", "type": "nominal", "scale": None, "legend": None}
    return {
        "width": width,
        "height": height,
        "background": None,
        "padding": 2,
        "autosize": {"type": "fit", "contains": "padding"},
        "data": {"values": list(points)},
        "encoding": encoding,
        "layer": layers,
        "config": {
            "view": {"stroke": None},
            "axis": {
                "labelColor": MUTED,
                "titleColor": MUTED,
                "titleFontWeight": "normal",
                "labelFontSize": 12,
                "titleFontSize": 12,
                "gridColor": GRID,
                "domainColor": GRID,
                "tickColor": GRID,
                "domain": False,
                "ticks": False,
                "labelPadding": 6,
                "labelLimit": 220,
            },
        },
    }


def _milliseconds(date: dt.date) -> int:
    return (date - _DAY.date()).days * 86_400_000
