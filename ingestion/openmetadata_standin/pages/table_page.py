"""The pages of a table and of a column."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from openmetadata_standin.models import Json
from openmetadata_standin.pages.details import Details, Fact, details, trail
from openmetadata_standin.pages.latest_results import latest_tests, moment, tally
from openmetadata_standin.pages.layers import place
from openmetadata_standin.pages.lineage_steps import (
    column_lineage,
    entity_lineage,
    sources_of_columns,
)
from openmetadata_standin.pages.links import (
    Link,
    column_link,
    entity_link,
    entity_url,
    lineage_url,
    shown,
)
from openmetadata_standin.pages.markdown import rendered
from openmetadata_standin.pages.reading import Reader, Tag, column_name, flat_columns

_CONSTRAINTS = {"NOT_NULL": "not null", "PRIMARY_KEY": "primary key", "UNIQUE": "unique"}


@dataclass(frozen=True)
class ColumnRow:
    """A column in the list of its table."""

    link: Link
    type: str
    constraint: str
    description: Markup
    tags: list[Tag]
    sources: list[Link]


def table_context(reader: Reader, sent: Json) -> dict[str, Any]:
    """Return the context of a table page's template. In: the answer for the table."""
    fqn = sent["fullyQualifiedName"]
    tests = latest_tests(reader, fqn)
    above = entity_lineage(reader, sent["id"], up=True, depth=1)
    below = entity_lineage(reader, sent["id"], up=False, depth=1)
    nodes = [node for step in below.steps for node in step.nodes]
    model = sent.get("dataModel", {})
    return {
        "head": details("table", sent, _facts(reader, sent)),
        "columns": _rows(reader, sent, sent["columns"], sources_of_columns(reader, sent["id"])),
        "above": [node for step in above.steps for node in step.nodes],
        "below": [node for node in nodes if node.kind == "table"],
        "uses": [node for node in nodes if node.kind != "table"],
        "lineage_url": lineage_url("table", fqn),
        "tests": tests,
        "tally": tally(test.outcome for test in tests),
        "sql": model.get("sql"),
        "raw_sql": model.get("rawSql"),
        "path": model.get("path"),
    }


def column_context(reader: Reader, table: Json, column: Json) -> dict[str, Any]:
    """Return the context of a column page's template. In: the stored table and its column."""
    fqn = column["fullyQualifiedName"]
    tests = latest_tests(reader, table["fullyQualifiedName"], fqn)
    return {
        "head": _column_head(reader, table, column),
        "above": column_lineage(reader, table, fqn, up=True),
        "below": column_lineage(reader, table, fqn, up=False),
        "fields": _rows(reader, table, column.get("children", []), {}),
        "tests": tests,
        "tally": tally(test.outcome for test in tests),
    }


def _column_head(reader: Reader, table: Json, column: Json) -> Details:
    facts = [Fact("Type", text=_type(column))]
    if constraint := _constraint(column):
        facts.append(Fact("Constraint", text=constraint))
    if tags := reader.tags(column.get("tags", [])):
        facts.append(Fact("Tags", tags=tags))
    facts.append(Fact("Owner", links=reader.owners("table", table)))
    name = column_name(table, column)
    return Details(
        kind="column",
        kind_word="column",
        name=name,
        title=column.get("displayName") or name,
        fqn=column["fullyQualifiedName"],
        trail=[*trail("table", table["fullyQualifiedName"]), entity_link("table", table)],
        description=rendered(column.get("description")),
        deleted=bool(table.get("deleted")),
        facts=facts,
    )


def _facts(reader: Reader, sent: Json) -> list[Fact]:
    facts = []
    if tags := reader.column_tags(sent):
        facts.append(Fact("Tags of its columns", tags=tags))
    layer, area = place(sent)
    facts.append(Fact("Layer", text=f"{layer}, {area}" if area else layer))
    facts += [_key(constraint) for constraint in sent.get("tableConstraints", [])]
    profile = reader.store.results(f"{sent['fullyQualifiedName']}/tableProfile", limit=1)
    if profile and "rowCount" in profile[0]:
        facts.append(Fact("Rows", text=f"{profile[0]['rowCount']:,.0f}"))
    if updated := sent.get("lifeCycle", {}).get("updated"):
        process = updated.get("accessedByAProcess")
        by = f" by {process}" if process else ""
        facts.append(Fact("Last built", text=f"{moment(updated['timestamp'])}{by}"))
    for child_kind, child in reader.store.children(sent["id"]):
        if child_kind == "dataContract" and not child.get("deleted"):
            text = f"{len(child.get('schema', []))} columns"
            facts.append(Fact("Contract of dbt", text=text))
    return facts


def _key(constraint: Json) -> Fact:
    kind = constraint["constraintType"].replace("_", " ").capitalize()
    columns = ", ".join(shown(name) for name in constraint.get("columns", []))
    referred = [column_link(fqn) for fqn in constraint.get("referredColumns", [])]
    return Fact(kind, links=referred, text=f"{columns} →" if referred else columns)


def _rows(
    reader: Reader, table: Json, columns: list[Json], sources: dict[str, list[Link]]
) -> list[ColumnRow]:
    return [_row(reader, table, column, sources) for column in flat_columns(columns)]


def _row(reader: Reader, table: Json, column: Json, sources: dict[str, list[Link]]) -> ColumnRow:
    fqn = column["fullyQualifiedName"]
    return ColumnRow(
        link=Link(column_name(table, column), entity_url("column", fqn)),
        type=_type(column),
        constraint=_constraint(column),
        description=rendered(column.get("description")),
        tags=reader.tags(column.get("tags", [])),
        sources=sources.get(fqn, []),
    )


def _type(column: Json) -> str:
    return str(column.get("dataTypeDisplay") or column["dataType"])


def _constraint(column: Json) -> str:
    constraint = str(column.get("constraint", ""))
    return "" if constraint == "NULL" else _CONSTRAINTS.get(constraint, constraint)
