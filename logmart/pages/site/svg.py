"""Draws charts: Vega-Lite specifications to SVG that takes its colours from the style sheet."""

from __future__ import annotations

import re
from html import escape

import vl_convert
from markupsafe import Markup

from logmart.pages.site import charts

_VEGA_LITE = "6.4"
_VARIABLES = {
    charts.INK: "--ink",
    charts.GRID: "--grid",
    charts.MUTED: "--muted",
    **{colour: f"--line-{number}" for number, colour in enumerate(charts.COLOURS, 1)},
}


def draw(spec: charts.Spec | None, label: str, css_class: str = "") -> Markup:
    """Return the SVG element of a chart, described by `label`; nothing without a chart.

    The element has a view box and no size, so that the style sheet decides its width. Its texts
    take the font of the page.
    """
    if spec is None:
        return Markup()
    svg = str(vl_convert.vegalite_to_svg(spec, vl_version=_VEGA_LITE))
    start, _, rest = svg.partition(">")
    box = re.search(r'viewBox="[^"]*"', start)
    if box is None:
        raise ValueError("the renderer gave an SVG element without a view box")
    rest = re.sub(r' (?:aria-[a-z]+|role|class|font-family)="[^"]*"', "", rest)
    rest = re.sub(r'"(#0000[0-9]{2})"', _colour, rest)
    rest = re.sub(r' (?:d|transform)="[^"]*"', _short, rest)
    classes = f' class="{escape(css_class)}"' if css_class else ""
    return Markup(f'<svg {box.group()}{classes} role="img" aria-label="{escape(label)}">{rest}')


def _colour(found: re.Match[str]) -> str:
    return f'"var({_VARIABLES[found.group(1)]})"'


def _short(found: re.Match[str]) -> str:
    """Return an attribute with its numbers rounded to a tenth of a pixel."""
    return re.sub(r"-?[0-9]+\.[0-9]+", lambda number: f"{float(number.group()):.1f}", found.group())
