"""The search page: it finds words in the names and descriptions of tables, columns, metrics and
dashboards.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup, escape

from openmetadata_standin.models import Json
from openmetadata_standin.pages.layers import place, rank
from openmetadata_standin.pages.links import Link, entity_url, path_link, shown
from openmetadata_standin.pages.markdown import excerpt
from openmetadata_standin.pages.reading import Reader, column_name, flat_columns

# The largest number of hits of each kind; the page says when there are more.
MOST_HITS = 100
_MOST_WORDS = 10


@dataclass(frozen=True)
class Hit:
    """A hit: its link, its description, and its sort key (best first)."""

    link: Link
    description: str
    order: tuple[int, tuple[int, str], str]


@dataclass(frozen=True)
class Hits:
    """The hits of a kind: their number, and the best ones with the matching sentence."""

    kind: str
    count: int
    best: list[tuple[Link, Markup]]


def search_context(reader: Reader, query: str) -> dict[str, Any]:
    """Return the context of the search page's template. In: the text that somebody typed."""
    words = [folded(word) for word in query.split()[:_MOST_WORDS]]
    found = {
        "table": list(_tables(reader, words)),
        "column": list(_columns(reader, words)),
        "metric": list(_assets(reader, "metric", words)),
        "dashboard": list(_assets(reader, "dashboard", words)),
    }
    hits = [
        Hits(kind, len(some), _best(some, words)) for kind, some in found.items() if some and words
    ]
    return {"query": query, "hits": hits, "count": sum(hit.count for hit in hits)}


def folded(text: str) -> str:
    """Return a text normalized for comparison: Unicode composed, case folded."""
    return unicodedata.normalize("NFKC", text).casefold()


def _tables(reader: Reader, words: Sequence[str]) -> Iterator[Hit]:
    for table in reader.living("table"):
        layer = rank(place(table)[0])
        if hit := _hit(table, path_link("table", table), layer, words):
            yield hit


def _columns(reader: Reader, words: Sequence[str]) -> Iterator[Hit]:
    for table in reader.living("table"):
        layer = rank(place(table)[0])
        for column in flat_columns(table["columns"]):
            name = f"{shown(table['name'])}.{column_name(table, column)}"
            link = Link(name, entity_url("column", column["fullyQualifiedName"]))
            if hit := _hit(column, link, layer, words):
                yield hit


def _assets(reader: Reader, kind: str, words: Sequence[str]) -> Iterator[Hit]:
    for entity in reader.living(kind):
        link = Link(shown(entity["name"]), entity_url(kind, entity["fullyQualifiedName"]))
        if hit := _hit(entity, link, (0, ""), words):
            yield hit


def _hit(document: Json, link: Link, layer: tuple[int, str], words: Sequence[str]) -> Hit | None:
    """Return a hit when every word is in the name, the display name or the description."""
    name = folded(shown(document["name"]))
    names = f"{name} {folded(document.get('displayName', ''))}"
    description = document.get("description", "")
    text = f"{names} {folded(description)}"
    if not all(word in text for word in words):
        return None
    whole = "_".join(words)
    closeness = 0 if name == whole else 1 if name.startswith(whole) else 3
    if closeness > 1 and all(word in names for word in words):
        closeness = 2
    return Hit(link, description, (closeness, layer, link.text))


def _best(hits: list[Hit], words: Sequence[str]) -> list[tuple[Link, Markup]]:
    best = sorted(hits, key=lambda hit: hit.order)[:MOST_HITS]
    return [(hit.link, marked(excerpt(hit.description, words), words)) for hit in best]


def marked(text: str, words: Sequence[str]) -> Markup:
    """Return a text as HTML with the words marked."""
    pattern = re.compile("|".join(re.escape(word) for word in words) or "(?!)", re.IGNORECASE)
    parts, end = [], 0
    for match in pattern.finditer(text):
        parts += [escape(text[end : match.start()]), Markup("<mark>%s</mark>") % match.group()]
        end = match.end()
    return Markup("").join([*parts, escape(text[end:])])
