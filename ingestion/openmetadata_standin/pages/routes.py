"""The routes of the pages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from openmetadata_standin.catalog import Catalog
from openmetadata_standin.entity_kinds import BY_NAME
from openmetadata_standin.http_types import Answer, Call, Route
from openmetadata_standin.pages.details import details, kind_word
from openmetadata_standin.pages.entity_page import entity_context, named
from openmetadata_standin.pages.layers import layers
from openmetadata_standin.pages.lineage_steps import entity_lineage
from openmetadata_standin.pages.links import SEARCH_URL, STYLE_URL
from openmetadata_standin.pages.reading import Reader
from openmetadata_standin.pages.rendering import page, style
from openmetadata_standin.pages.search_page import search_context
from openmetadata_standin.pages.table_page import column_context, table_context
from openmetadata_standin.pages.tests_page import tests_context

# The kinds with a list page, and the page's title.
LISTS = {
    "metric": "Metrics",
    "dashboard": "Dashboards",
    "team": "Teams",
    "user": "Users",
    "tag": "Tags",
    "glossaryTerm": "Glossary terms",
    "domain": "Domains",
}


def page_routes(catalog: Catalog) -> list[Route]:
    """Return the routes of the pages; literal paths come before templates."""
    pages = Pages(catalog)
    handlers: dict[str, Callable[[Call], Answer]] = {
        "/": pages.index,
        STYLE_URL: lambda call: style(),
        SEARCH_URL: pages.search,
        "/browse/testCase": pages.tests,
        "/browse/{kind}": pages.list,
        "/browse/column/{fqn}": pages.column,
        "/browse/lineage/{kind}/{fqn}": pages.lineage,
        "/browse/{kind}/{fqn}": pages.entity,
    }
    return [Route("GET", path, handler, open=True) for path, handler in handlers.items()]


class Pages:
    """Renders the catalog as HTML."""

    def __init__(self, catalog: Catalog) -> None:
        """In: the catalog to show."""
        self._catalog = catalog

    def index(self, call: Call) -> Answer:
        """All tables by layer, and links to the other lists."""
        reader = Reader(self._catalog)
        tables = reader.living("table")
        return page(
            "catalog.html",
            layers=layers(reader, tables),
            tables=len(tables),
            schemas=named(reader, "databaseSchema", reader.living("databaseSchema")),
        )

    def search(self, call: Call) -> Answer:
        """The hits for the words in the parameter `q`."""
        query = (call.text("q") or "").strip()
        return page("search.html", **search_context(Reader(self._catalog), query))

    def tests(self, call: Call) -> Answer:
        """All tests, failed ones first."""
        return page("tests.html", **tests_context(Reader(self._catalog)))

    def list(self, call: Call) -> Answer:
        """All entities of a kind."""
        kind = call.parts["kind"]
        if kind not in LISTS:
            return _not_found()
        reader = Reader(self._catalog)
        found = named(reader, kind, reader.living(kind))
        return page("list.html", kind=kind, title=LISTS[kind], entities=found)

    def column(self, call: Call) -> Answer:
        """One column of a table."""
        reader = Reader(self._catalog)
        found = reader.table_of_column(call.parts["fqn"])
        if found is None:
            return _not_found()
        return page("column.html", **column_context(reader, *found))

    def lineage(self, call: Call) -> Answer:
        """The full lineage above and below an entity."""
        reader, kind = Reader(self._catalog), call.parts["kind"]
        sent = reader.find(kind, call.parts["fqn"])
        if sent is None:
            return _not_found()
        return page(
            "lineage.html",
            head=details(kind, sent),
            above=entity_lineage(reader, sent["id"], up=True),
            below=entity_lineage(reader, sent["id"], up=False),
        )

    def entity(self, call: Call) -> Answer:
        """One entity of any kind."""
        reader, kind = Reader(self._catalog), call.parts["kind"]
        sent = reader.find(kind, call.parts["fqn"])
        if sent is None:
            return _not_found()
        if kind == "table":
            return page("table.html", **table_context(reader, sent))
        context: dict[str, Any] = entity_context(reader, kind, sent)
        words = {name: kind_word(name) for name in BY_NAME}
        return page("entity.html", words=words, **context)


def _not_found() -> Answer:
    return page("not_found.html", status=404)
