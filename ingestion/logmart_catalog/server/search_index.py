"""Reads the server's search index, which takes few calls and is what the server's pages show."""

from __future__ import annotations

import json
from collections.abc import Iterator

from logmart_catalog.records import Record
from logmart_catalog.server.client import Api

_PAGE_SIZE = 500


def indexed_documents(
    api: Api, kind: str, service: str, fields: tuple[str, ...]
) -> Iterator[Record]:
    """Yield the documents in the index of the live entities of a kind.

    In: `kind` in the spelling of the index (`test_case`); their service, "" for any; the fields to
    read. Raises ServerError.
    """
    query: dict[str, str | tuple[str, ...]] = {
        "q": "*",
        "index": f"{kind}_search_index",
        "deleted": "false",
        "size": str(_PAGE_SIZE),
        "sort_field": "_id",
        "sort_order": "asc",
        "include_source_fields": fields,
    }
    if service:
        term = {"service.name.keyword": service}
        query["query_filter"] = json.dumps({"query": {"term": term}})
    after: dict[str, str] = {}
    while True:
        hits = api.get("/search/query", **query, **after).record("hits").record_items("hits")
        yield from (hit.record("_source") for hit in hits)
        if len(hits) < _PAGE_SIZE:
            return
        after = {"search_after": hits[-1].text("_id")}
