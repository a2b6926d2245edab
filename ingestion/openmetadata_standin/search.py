"""The search routes. They read the store itself, unless a fault makes the index empty or fail."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from openmetadata_standin.behaviours.lineage import EDGES_IN_INDEX
from openmetadata_standin.catalog import Catalog
from openmetadata_standin.entity_kind import Kind
from openmetadata_standin.entity_kinds import KINDS
from openmetadata_standin.errors import ApiError, BadRequestError
from openmetadata_standin.faults import Faults
from openmetadata_standin.http_types import Answer, Call, Route, json_answer
from openmetadata_standin.lineage_search import indexed_edges
from openmetadata_standin.models import Json
from openmetadata_standin.names import first_name, quote_name
from openmetadata_standin.store import Selection

_FQN = "fullyQualifiedName"
_INDEX_SUFFIX = "_search_index"
_TERM = re.compile(r"(?P<field>[\w.]+):(?P<value>\"[^\"]*\"|\S+)")

Test = Callable[[Json], bool]


class SearchRoutes:
    """Handles searches by field, by query string and by query filter."""

    def __init__(self, catalog: Catalog, faults: Faults) -> None:
        """In: the catalog to search; the faults that may lose the index."""
        self._catalog = catalog
        self._store = catalog.store
        self._faults = faults

    def routes(self) -> list[Route]:
        """Return the routes."""
        return [
            Route("GET", "/api/v1/search/fieldQuery", self.by_field),
            Route("GET", "/api/v1/search/query", self.by_query),
        ]

    def by_field(self, call: Call) -> Answer:
        """Entities whose field matches a value; `*` in the value matches any text."""
        name, value = call.text("fieldName"), call.text("fieldValue")
        if not name or value is None:
            raise BadRequestError("[query params fieldName and fieldValue must not be null]")
        return self._hits(call, [_fits(name, value)], value if name == _FQN else None)

    def by_query(self, call: Call) -> Answer:
        """Entities that match a query string (`field:value` terms) and a query filter."""
        tests = [_fits(m["field"], m["value"].strip('"')) for m in _TERM.finditer(_words(call))]
        below = None
        if given := call.text("query_filter"):
            try:
                query = json.loads(given)["query"]
                tests.append(_filter(query))
            except (ValueError, KeyError, TypeError) as error:
                raise BadRequestError(f"[query_filter: {error}]") from error
            # For a query about one service, only that service is searched.
            service = query.get("term", {}).get("service.name.keyword")
            below = quote_name(service) if isinstance(service, str) else None
        return self._hits(call, tests, below=below)

    def _hits(
        self, call: Call, tests: list[Test], fqn_like: str | None = None, below: str | None = None
    ) -> Answer:
        if self._faults.search == "error":
            raise ApiError("Search failed: all shards failed")
        deleted = {"true": True, "false": False, None: None}.get(call.text("deleted"))
        kinds = _kinds(call.text("index") or "") if self._faults.search == "ok" else []
        selections = [
            Selection(kind.name, below, deleted=deleted, fqn_like=fqn_like) for kind in kinds
        ]
        start, size = call.number("from", 0), call.number("size", 10)
        if not tests and not size:
            return _found(sum(map(self._store.count, selections)), [])
        found: list[Json] = []
        for kind, selection in zip(kinds, selections, strict=True):
            documents = self._store.page(selection, limit=-1)
            hits = (self._hit(kind, document) for document in documents)
            found += [hit for hit in hits if all(test(hit["_source"]) for test in tests)]
        if call.text("sort_field") == "_id":
            after = call.text("search_after") or ""
            found = sorted((hit for hit in found if hit["_id"] > after), key=lambda hit: hit["_id"])
        return _found(len(found), found[start : start + size])

    def _hit(self, kind: Kind, document: Json) -> Json:
        shaper = self._catalog.shaper()
        source = {**shaper.full(kind, document), "entityType": kind.name}
        if kind.name == "testCase":
            service = first_name(document["fullyQualifiedName"])
            source["service"] = {"name": service, "type": "databaseService"}
        if self._catalog.version.has(EDGES_IN_INDEX):
            above = self._store.edges_into(document["id"])
            indexed = [edge for edge in above if self._store.is_indexed(edge)]
            source["upstreamLineage"] = indexed_edges(shaper, indexed)
        return {"_index": _index(kind), "_id": document["id"], "_score": 1.0, "_source": source}


def _found(total: int, hits: list[Json]) -> Answer:
    return json_answer({"hits": {"total": {"value": total, "relation": "eq"}, "hits": hits}})


def _words(call: Call) -> str:
    return call.text("q") or ""


def _index(kind: Kind) -> str:
    return re.sub(r"(?<=[a-z])([A-Z])", r"_\1", kind.name).lower() + _INDEX_SUFFIX


def _kinds(index: str) -> list[Kind]:
    """Return the kinds of an index. In: its name, with or without suffix, or `all`."""
    names = index.split(",")
    if {"all", "dataAsset"} & set(names):
        return list(KINDS)
    return [kind for kind in KINDS if {kind.name, _index(kind)} & set(names)]


def _filter(query: Any) -> Test:
    """Return a query filter as a predicate. Raises BadRequestError on unknown clauses."""
    (clause, body), *more = query.items()
    if more:
        raise BadRequestError(f"[query_filter: one clause, not {sorted(query)}]")
    if clause == "bool":
        musts = [
            _filter(clause_body) for key in ("must", "filter") for clause_body in body.get(key, [])
        ]
        nots = [_filter(clause_body) for clause_body in body.get("must_not", [])]
        shoulds = [_filter(clause_body) for clause_body in body.get("should", [])]
        return lambda document: (
            all(test(document) for test in musts)
            and not any(test(document) for test in nots)
            and (not shoulds or any(test(document) for test in shoulds))
        )
    if clause == "ids":
        return lambda document: document["id"] in body["values"]
    if clause == "query_string":
        word = str(body["query"]).split(" AND ")[0]
        return lambda document: any(_fits(field, word)(document) for field in body["fields"])
    if clause in {"term", "match", "wildcard", "terms"}:
        ((field, value),) = body.items()
        value = value.get("value", value.get("query")) if isinstance(value, dict) else value
        values = value if isinstance(value, list) else [value]
        return lambda document: any(_fits(field, str(value))(document) for value in values)
    raise BadRequestError(f"[query_filter: clause {clause} is not known]")


def _fits(field: str, value: str) -> Test:
    """Return a predicate: whether a field (a dotted path) matches a value, case ignored."""
    pattern = re.compile(
        ".*".join(re.escape(part) for part in value.split("*")), re.IGNORECASE | re.DOTALL
    )
    path = field.removesuffix(".keyword").split(".")
    return lambda document: any(pattern.fullmatch(text) for text in _texts(document, path))


def _texts(value: Any, path: list[str]) -> list[str]:
    if isinstance(value, list):
        return [text for item in value for text in _texts(item, path)]
    if not path:
        return [str(value).lower() if isinstance(value, bool) else str(value)]
    if isinstance(value, dict) and path[0] in value:
        return _texts(value[path[0]], path[1:])
    return []
