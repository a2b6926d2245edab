"""Glossaries, domains and data products, and references to them."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from .standin_calls import Api, Json, label, on, tag_names


@pytest.fixture
def name() -> str:
    """A new name."""
    return f"n{uuid.uuid4().hex[:8]}"


def term_label(fqn: str) -> Json:
    return {**label(fqn), "source": "Glossary"}


def put_term(api: Api, glossary: str, name: str, **fields: Any) -> Json:
    body = {"name": name, "glossary": glossary, "description": "text", **fields}
    return api.ok("PUT", "glossaryTerms", body)


def test_terms_hang_on_glossaries_and_terms(api: Api, name: str) -> None:
    api.refused(404, "PUT", "glossaryTerms", {"name": "x", "glossary": name, "description": "t"})
    api.refused(400, "PUT", "glossaries", {"name": name})
    glossary = api.ok("PUT", "glossaries", {"name": name, "description": "Words."})
    term = put_term(api, name, "customer")
    inner = put_term(api, name, "vip", parent=f"{name}.customer", relatedTerms=[f"{name}.customer"])
    assert inner["fullyQualifiedName"] == f"{name}.customer.vip"
    assert inner["relatedTerms"][0]["term"]["id"] == term["id"]
    listed = api.ok("GET", "glossaryTerms", params={"glossary": glossary["id"]})
    assert [one["name"] for one in listed["data"]] == ["customer"]
    found = api.ok("GET", f"glossaryTerms/{term['id']}", params={"fields": "children"})
    assert [child["name"] for child in found["children"]] == ["vip"]
    api.refused(400, "DELETE", f"glossaries/{glossary['id']}")
    api.ok("DELETE", f"glossaries/{glossary['id']}", params={"recursive": "true"})
    api.refused(404, "GET", f"glossaryTerms/name/{name}.customer.vip")


def test_tables_carry_terms_and_unknown_ones_are_refused(api: Api, schema: str, name: str) -> None:
    api.ok("PUT", "glossaries", {"name": name, "description": "Words."})
    put_term(api, name, "customer")
    table = api.put_table(schema, tags=[term_label(f"{name}.customer")])
    assert tag_names(table) == [f"{name}.customer"]
    assert table["tags"][0]["description"] == "text"
    body = {"name": "other", "databaseSchema": schema, "columns": []}
    api.refused(404, "PUT", "tables", {**body, "tags": [term_label(f"{name}.none")]})
    api.refused(404, "PUT", "tables", {**body, "tags": [label(f"{name}.customer")]})


def test_terms_of_an_exclusive_glossary_exclude_each_other(
    api: Api, schema: str, name: str
) -> None:
    body = {"name": name, "description": "Words.", "mutuallyExclusive": True}
    api.ok("PUT", "glossaries", body)
    labels = [term_label(put_term(api, name, one)["fullyQualifiedName"]) for one in ("a", "b")]
    body = {"name": "other", "databaseSchema": schema, "columns": [], "tags": labels}
    api.refused(400, "PUT", "tables", body)


@on("1.2")
def test_domains_are_given_by_name_and_answered_as_references(
    api: Api, schema: str, name: str
) -> None:
    domain = {"name": name, "domainType": "Aggregate", "description": "text"}
    api.ok("PUT", "domains", domain)
    inner = api.ok("PUT", "domains", {**domain, "name": "inner", "parent": name})
    assert inner["fullyQualifiedName"] == f"{name}.inner"
    product = {"name": name, "description": "text", "domains": [name]}
    assert api.ok("PUT", "dataProducts", product)["domains"][0]["name"] == name
    table = api.put_table(schema, domains=[f"{name}.inner"], dataProducts=[name])
    assert table["domains"][0]["id"] == inner["id"]
    assert api.put_table(schema)["domains"][0]["id"] == inner["id"]
    body = {"name": "other", "databaseSchema": schema, "columns": [], "domains": ["none"]}
    api.refused(404, "PUT", "tables", body)
    wrong = {"op": "add", "path": "/domains/0", "value": {"id": table["id"], "type": "domain"}}
    api.refused(404, "PATCH", f"tables/{table['id']}", [wrong])
    api.patch(table, {"op": "remove", "path": "/domains/0"})
    assert api.table(f"{schema}.orders").get("domains", []) == []


def test_domains_know_no_soft_deletion(api: Api, name: str) -> None:
    body = {"name": name, "domainType": "Aggregate", "description": "text"}
    domain = api.ok("PUT", "domains", body)
    assert "deleted" not in domain
    api.ok("DELETE", f"domains/{domain['id']}")
    api.refused(404, "GET", f"domains/{domain['id']}", params={"include": "all"})
    assert api.ok("PUT", "domains", body)["id"] != domain["id"]
