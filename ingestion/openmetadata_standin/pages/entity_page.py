"""The pages of all entities other than tables and columns: schemas, metrics, dashboards, owners,
tags, tests and others.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from openmetadata_standin.models import Json
from openmetadata_standin.pages.details import Fact, details, trail
from openmetadata_standin.pages.latest_results import Outcome, outcome
from openmetadata_standin.pages.layers import layers, place, rank
from openmetadata_standin.pages.lineage_steps import entity_lineage
from openmetadata_standin.pages.links import (
    Link,
    column_link,
    entity_link,
    entity_url,
    is_web_address,
    lineage_url,
    short_name,
    shown,
)
from openmetadata_standin.pages.markdown import excerpt
from openmetadata_standin.pages.reading import ASSETS, Reader, flat_columns
from openmetadata_standin.quality import parse_link

_CONTAINERS = frozenset({"databaseService", "database", "databaseSchema"})
_OWNERS = frozenset({"team", "user"})
_LABELS = frozenset({"tag", "glossaryTerm"})
_MOST_RESULTS = 50


@dataclass(frozen=True)
class Named:
    """An entity in a list: its link, the first sentence of its description, its owners."""

    link: Link
    summary: str
    owners: list[Link]


def entity_context(reader: Reader, kind: str, sent: Json) -> dict[str, Any]:
    """Return the context of an entity page's template. In: the answer for the entity."""
    fqn = sent["fullyQualifiedName"]
    above = entity_lineage(reader, sent["id"], up=True, depth=1)
    below = entity_lineage(reader, sent["id"], up=False, depth=1)
    listed = _listed(reader, kind, sent)
    head = details(kind, sent, _facts(reader, kind, sent))
    if kind == "testCase":
        tested = parse_link(sent["entityLink"]).fqn
        table = Link(shown(short_name(tested, 1)), entity_url("table", tested))
        head = replace(head, trail=[*trail("table", tested), table])
    return {
        "head": head,
        "layers": layers(reader, listed.pop("table", [])),
        "lists": {name: named(reader, name, found) for name, found in listed.items() if found},
        "columns": _tagged_columns(reader, fqn) if kind in _LABELS else [],
        "expression": sent.get("metricExpression", {}).get("code"),
        "above": [node for step in above.steps for node in step.nodes],
        "below": [node for step in below.steps for node in step.nodes],
        "lineage_url": lineage_url(kind, fqn),
        "results": _results(reader, fqn) if kind == "testCase" else None,
    }


def named(reader: Reader, kind: str, documents: list[Json]) -> list[Named]:
    """Return stored entities as entries of a list."""
    return [
        Named(
            entity_link(kind, document),
            excerpt(document.get("description")),
            reader.owners(kind, document),
        )
        for document in documents
    ]


def _listed(reader: Reader, kind: str, sent: Json) -> dict[str, list[Json]]:
    """Return the stored entities that a page lists, by kind.

    A container lists its tables; an owner, tag, domain or data product lists its assets; any other
    entity lists its children.
    """
    fqn = sent["fullyQualifiedName"]
    if kind in _CONTAINERS:
        return {"table": reader.living("table", fqn)}
    if kind in _LABELS:
        return {asset_kind: _tagged(reader.living(asset_kind), fqn) for asset_kind in ASSETS}
    if kind in _OWNERS:
        url = entity_url(kind, fqn)
        return {
            asset: [
                entity
                for entity in reader.living(asset)
                if any(owner.url == url for owner in reader.owners(asset, entity))
            ]
            for asset in ASSETS
        }
    if kind in {"domain", "dataProduct"}:
        field = f"{kind}s"
        return {
            asset: [
                entity
                for entity in reader.living(asset)
                if any(reference["id"] == sent["id"] for reference in entity.get(field, []))
            ]
            for asset in ASSETS
        }
    found: dict[str, list[Json]] = {}
    for child_kind, child in reader.store.children(sent["id"]):
        if not child.get("deleted"):
            found.setdefault(child_kind, []).append(child)
    return found


def _tagged(documents: list[Json], fqn: str) -> list[Json]:
    return [document for document in documents if _bears(document, fqn)]


def _bears(document: Json, fqn: str) -> bool:
    return any(label["tagFQN"] == fqn for label in document.get("tags", []))


def _tagged_columns(reader: Reader, fqn: str) -> list[Link]:
    tables = sorted(reader.living("table"), key=lambda table: rank(place(table)[0]))
    return [
        column_link(column["fullyQualifiedName"], 3)
        for table in tables
        for column in flat_columns(table["columns"])
        if _bears(column, fqn)
    ]


def _facts(reader: Reader, kind: str, sent: Json) -> list[Fact]:
    facts = []
    if kind == "metric":
        unit = sent.get("customUnitOfMeasurement") or sent.get("unitOfMeasurement", "")
        facts.append(Fact("Unit", text=str(unit)))
    if is_web_address(sent.get("sourceUrl", "")):
        facts.append(Fact("Address", links=[Link(sent["sourceUrl"], sent["sourceUrl"])]))
    if service := sent.get("service"):
        facts.append(Fact("Service", links=[entity_link(service["type"], service)]))
    if kind == "testCase":
        facts += _test_facts(sent)
    if entity := sent.get("entity"):
        facts.append(Fact("Of", links=_whole(reader, entity["id"])))
    return facts


def _test_facts(sent: Json) -> list[Fact]:
    link = parse_link(sent["entityLink"])
    tested = [Link(shown(link.fqn), entity_url("table", link.fqn))]
    if link.column is not None:
        tested = [Link(shown(sent["entityFQN"]), entity_url("column", sent["entityFQN"]))]
    facts = [Fact("Tests", links=tested)]
    if definition := sent.get("testDefinition"):
        facts.append(Fact("Definition", links=[entity_link("testDefinition", definition)]))
    for value in sent.get("parameterValues", []):
        facts.append(Fact(f"Argument {value.get('name')}", text=str(value.get("value"))))
    return facts


def _whole(reader: Reader, entity_id: str) -> list[Link]:
    return [
        entity_link(reference["type"], reference)
        for reference in reader.shaper.references([entity_id])
    ]


def _results(reader: Reader, fqn: str) -> list[Outcome]:
    return [outcome(result) for result in reader.store.results(fqn, limit=_MOST_RESULTS)]
