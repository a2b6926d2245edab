"""Builds the table of a model, seed, snapshot or source: columns, types, descriptions, labels,
owners and dbt tab. Pure functions.
"""

from __future__ import annotations

from dataclasses import replace

from logmart_catalog.artifacts.moments import milliseconds_of
from logmart_catalog.artifacts.read import Artifacts
from logmart_catalog.config import Config
from logmart_catalog.desired.labels import labels_of
from logmart_catalog.desired.meta import Unread, joined_reasons
from logmart_catalog.desired.owners import owners_of
from logmart_catalog.desired.previous_names import previous_names
from logmart_catalog.records import Record
from logmart_catalog.state.column_types import DataType, Field, parse_type
from logmart_catalog.state.marks import COLUMN_LISTS
from logmart_catalog.state.model import Column, DataModel, Run, Table
from logmart_catalog.state.names import stored_name

# The names under which adapters write the number of rows into catalog.json.
_ROW_STATISTICS = frozenset({"num_rows", "row_count", "rows"})
_TABLE_TYPES = {
    "view": "View",
    "materialized_view": "MaterializedView",
    "dynamic_table": "Dynamic",
    "external": "External",
}


def table_of(
    node: Record, unique_id: str, parts: tuple[str, ...], artifacts: Artifacts, config: Config
) -> Table:
    """Return the table of a node, without keys, dbt tab and mark.

    In: `parts`, its names from the service down. Raises ArtifactError on a name that cannot be
    stored.
    """
    relation = artifacts.relations.get(unique_id)
    owners = owners_of(node, artifacts, unique_id)
    labels = labels_of(node, config, unique_id)
    columns = _columns(node, relation, unique_id, config)
    return Table(
        parts,
        _table_type(node, relation),
        tuple(column for column, _ in columns),
        node.text("description").strip(),
        owners.names,
        tags=labels.tags,
        terms=labels.terms,
        domains=labels.domains,
        properties=labels.properties,
        run=_run(node, artifacts.results.get(unique_id), relation),
        previous=previous_names(node, parts),
        unread=joined_reasons(labels.unread, owners.unread, *(unread for _, unread in columns)),
    )


def data_model(
    node: Record, table: Table, upstream: tuple[str, ...], project: str
) -> DataModel | None:
    """Return the dbt tab of a table, None when the node has no SQL: the catalog keeps none then."""
    sql = node.text("compiled_code") or node.text("raw_code")
    if not sql.strip():
        return None
    documented = {name.lower() for name in node.records("columns")}
    return DataModel(
        node.text("resource_type"),
        project,
        node.text("original_file_path"),
        sql,
        node.text("raw_code"),
        table.description,
        upstream,
        table.owners,
        table.tags,
        tuple(
            Column(column.name, column.type, column.description)
            for column in table.columns
            if column.name.lower() in documented
        ),
    )


def _table_type(node: Record, relation: Record | None) -> str:
    if node.text("resource_type") == "source":
        meta = node.record("config").record("meta").values
        if node.record("external").values or "external_location" in meta:
            return "External"
        kind = relation.record("metadata").text("type") if relation else ""
        return "View" if "view" in kind.lower() else "Regular"
    return _TABLE_TYPES.get(node.record("config").text("materialized"), "Regular")


def _run(node: Record, result: Record | None, relation: Record | None) -> Run | None:
    """Return the last build of a node, None when the last run did not build it."""
    timing = result.record_items("timing") if result else []
    if result is None or result.text("status").lower() != "success" or not timing:
        return None
    ended = milliseconds_of(timing[-1].text("completed_at"))
    if ended is None:
        return None
    seconds = result.values.get("execution_time")
    return Run(
        ended,
        round(seconds * 1000) if isinstance(seconds, int | float) else 0,
        _rows(node, result, relation),
    )


def _rows(node: Record, result: Record, relation: Record | None) -> int | None:
    """Return the number of rows of a table: from the warehouse's statistics, or else, when the run
    built the whole table, from the rows written. None when neither is known.
    """
    statistics = relation.records("stats") if relation else {}
    for name in _ROW_STATISTICS & statistics.keys():
        value = statistics[name].values.get("value")
        if isinstance(value, int | float):
            return int(value)
    written = result.record("adapter_response").values.get("rows_affected")
    whole = node.record("config").text("materialized") in ("table", "seed")
    return written if whole and isinstance(written, int) and written >= 0 else None


def _columns(
    node: Record, relation: Record | None, unique_id: str, config: Config
) -> list[tuple[Column, Unread]]:
    """Return the columns in the warehouse's order, each with the labels that could not be read.
    When catalog.json lacks the relation, the columns are those of the manifest.
    """
    documented = {name.lower(): column for name, column in node.records("columns").items()}
    if relation is not None and relation.records("columns"):
        physical = sorted(
            relation.records("columns").values(), key=lambda column: column.number("index") or 0
        )
        spelled = [(column.text("name"), column.text("type")) for column in physical]
    else:
        spelled = [
            (column.text("name"), column.text("data_type")) for column in documented.values()
        ]
    return [
        _column(name, spelling, documented.get(name.lower()), unique_id, config)
        for name, spelling in spelled
    ]


def _column(
    name: str, spelling: str, documented: Record | None, unique_id: str, config: Config
) -> tuple[Column, Unread]:
    where = f"{unique_id}, column {name[:40]!r}"
    column = Column(stored_name(name, where), _stored_type(parse_type(spelling), where))
    if documented is None:
        return column, {}
    labels = labels_of(documented, config, where)
    labelled = replace(
        column,
        description=documented.text("description").strip(),
        tags=labels.tags,
        terms=labels.terms,
    )
    unread = {
        f"{key}:{column.name}": labels.unread[key] for key in COLUMN_LISTS if key in labels.unread
    }
    return labelled, unread


def _stored_type(kind: DataType, where: str) -> DataType:
    """Return a type with the names of its fields as the catalog stores them."""
    children = tuple(
        Field(stored_name(child.name, where), _stored_type(child.type, where))
        for child in kind.children
    )
    return replace(kind, children=children)
