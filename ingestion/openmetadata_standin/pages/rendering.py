"""Renders templates: every value is escaped, and only the catalog's own style is loaded."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from openmetadata_standin.http_types import Answer
from openmetadata_standin.pages.links import SEARCH_URL, STYLE_URL

_TEMPLATES = Path(__file__).parent / "templates"
_BREAKS = re.compile(r"[._]+(?=\w)")
# If a value got past the escaping, a browser would still run and send nothing.
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; form-action 'self';"
    " base-uri 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


def page(template: str, status: int = 200, **context: Any) -> Answer:
    """Return a page rendered from a template and its context."""
    html = _environment().get_template(template).render(context)
    return Answer(status, html.encode(), "text/html; charset=utf-8", _HEADERS)


def style() -> Answer:
    """Return the style of all pages."""
    text = (_TEMPLATES / "style.css").read_bytes()
    return Answer(200, text, "text/css; charset=utf-8", _HEADERS)


def breakable(name: str) -> Markup:
    """Return a name as HTML in which a line may break after a dot or an underscore."""
    return Markup(_BREAKS.sub(r"\g<0><wbr>", str(escape(name))))


@cache
def _environment() -> Environment:
    environment = Environment(
        autoescape=True,
        loader=FileSystemLoader(_TEMPLATES),
        lstrip_blocks=True,
        trim_blocks=True,
        undefined=StrictUndefined,
    )
    environment.globals |= {"search_url": SEARCH_URL, "style_url": STYLE_URL}
    environment.filters["breakable"] = breakable
    return environment
