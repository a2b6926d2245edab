"""Plain HTML pages to browse what was published: for the demo, read-only, without assets or
scripts.
"""

from __future__ import annotations

from html import escape
from urllib.parse import quote

from openmetadata_standin.catalog import Catalog
from openmetadata_standin.http_types import Answer, Call, Route
from openmetadata_standin.kinds import BY_NAME
from openmetadata_standin.lineage import Lineage
from openmetadata_standin.models import Json
from openmetadata_standin.store import Selection

_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 64rem; color: #1b1f24 }
table { border-collapse: collapse; width: 100%; margin: 1rem 0 }
th, td { text-align: left; padding: .35rem .6rem; border-bottom: 1px solid #d8dee4 }
td { vertical-align: top }
a { color: #0a58ca }
.note { color: #57606a; font-size: .9em }
"""
_BROWSED = ("databaseService", "database", "databaseSchema", "table")


def page_routes(catalog: Catalog) -> list[Route]:
    """Return the routes of the pages."""
    pages = Pages(catalog)
    return [
        Route("GET", "/", pages.index, open=True),
        Route("GET", "/browse/{kind}/{fqn}", pages.entity, open=True),
    ]


class Pages:
    """Renders the catalog as HTML."""

    def __init__(self, catalog: Catalog) -> None:
        """In: the catalog to show."""
        self._catalog = catalog
        self._store = catalog.store

    def index(self, call: Call) -> Answer:
        """All services with what they hold."""
        parts = []
        services = self._store.page(Selection("databaseService"), limit=-1)
        for service in services:
            parts.append(f"<h2>{_link('databaseService', service)}</h2>{_text(service)}")
            below = service["fullyQualifiedName"]
            tables = self._store.page(Selection("table", below=below), limit=-1)
            parts.append(self._tables(tables))
        if not services:
            parts.append("<p>Nothing is published yet.</p>")
        return _page("Catalog", "".join(parts))

    def entity(self, call: Call) -> Answer:
        """One service, database, schema or table."""
        kind = BY_NAME.get(call.parts["kind"])
        document = None if kind is None else self._store.by_fqn(kind.name, call.parts["fqn"])
        if kind is None or document is None or kind.name not in _BROWSED:
            return _page("Not found", "<p>There is no such entity.</p>", status=404)
        sent = self._catalog.shaper().full(kind, document)
        parts = [_text(sent), _facts(sent)]
        if kind.name == "table":
            parts += [_columns(sent["columns"]), self._neighbours(sent["id"])]
        else:
            below = Selection("table", below=sent["fullyQualifiedName"])
            parts.append(self._tables(self._store.page(below, limit=-1)))
        return _page(sent["fullyQualifiedName"], "".join(parts))

    def _tables(self, tables: list[Json]) -> str:
        shaper, rows = self._catalog.shaper(), []
        for table in tables:
            sent = shaper.full(BY_NAME["table"], table)
            described = sum(bool(column.get("description")) for column in sent["columns"])
            cells = (
                _link("table", sent),
                escape(sent["fullyQualifiedName"]),
                _names(sent["owners"]),
                f"{described} of {len(sent['columns'])}",
            )
            rows.append("<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>")
        head = "<tr><th>Table</th><th>Full name</th><th>Owner</th><th>Columns described</th></tr>"
        return f"<table>{head}{''.join(rows)}</table>"

    def _neighbours(self, entity_id: str) -> str:
        graph = Lineage(self._catalog).around(entity_id, 1, 1)
        nodes = {node["id"]: node for node in graph["nodes"]} | {entity_id: graph["entity"]}
        parts = []
        for title, edges, end in (
            ("Upstream", graph["upstreamEdges"], "fromEntity"),
            ("Downstream", graph["downstreamEdges"], "toEntity"),
        ):
            items = "".join(f"<li>{_reference(nodes[edge[end]])}</li>" for edge in edges)
            parts.append(f"<h2>{title}</h2><ul>{items or '<li>none</li>'}</ul>")
        return "".join(parts)


def _page(title: str, body: str, status: int = 200) -> Answer:
    html = (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{escape(title)}</title>'
        f"<style>{_STYLE}</style><p class=note><a href='/'>Catalog</a> &middot;"
        f" a stand-in of OpenMetadata, not a production catalog</p><h1>{escape(title)}</h1>{body}"
    )
    return Answer(status, html.encode(), content_type="text/html; charset=utf-8")


def _link(kind: str, document: Json) -> str:
    target = f"/browse/{kind}/{quote(document['fullyQualifiedName'], safe='')}"
    return f"<a href='{escape(target, quote=True)}'>{escape(document['name'])}</a>"


def _reference(node: Json) -> str:
    text = escape(node["fullyQualifiedName"])
    gone = " <span class=note>(deleted)</span>" if node["deleted"] else ""
    if node["type"] not in _BROWSED:
        return f"{escape(node['type'])} {text}{gone}"
    target = f"/browse/{node['type']}/{quote(node['fullyQualifiedName'], safe='')}"
    return f"<a href='{escape(target, quote=True)}'>{text}</a>{gone}"


def _text(document: Json) -> str:
    return f"<p>{escape(document.get('description') or 'No description.')}</p>"


def _names(references: list[Json]) -> str:
    return escape(", ".join(one.get("displayName") or one["name"] for one in references) or "none")


def _facts(sent: Json) -> str:
    tags = escape(", ".join(label["tagFQN"] for label in sent.get("tags", [])) or "none")
    state = "soft-deleted" if sent.get("deleted") else "live"
    return (
        f"<p class=note>Owner: {_names(sent.get('owners', []))} &middot; Tags: {tags} &middot;"
        f" Version {sent['version']} by {escape(sent['updatedBy'])} &middot; {state}</p>"
    )


def _columns(columns: list[Json]) -> str:
    rows = "".join(
        f"<tr><td><code>{escape(column['name'])}</code></td>"
        f"<td>{escape(column.get('dataTypeDisplay') or column['dataType'])}</td>"
        f"<td>{escape(column.get('description') or '')}</td>"
        f"<td>{escape(', '.join(label['tagFQN'] for label in column.get('tags', [])))}</td></tr>"
        for column in columns
    )
    head = "<tr><th>Column</th><th>Type</th><th>Description</th><th>Tags</th></tr>"
    return f"<h2>Columns</h2><table>{head}{rows}</table>"
