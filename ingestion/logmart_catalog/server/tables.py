"""Converts tables between dataclasses and OpenMetadata's documents."""

from __future__ import annotations

import re

from logmart_catalog.records import Record
from logmart_catalog.server.client import body
from logmart_catalog.server.columns import column_bodies, merged_columns, read_columns
from logmart_catalog.server.documents import (
    MARK_PROPERTY,
    Body,
    extension_of,
    label_bodies,
    merged_labels,
    owner_bodies,
    read_domains,
    read_labels,
    read_mark,
    read_owners,
    set_list,
    set_text,
)
from logmart_catalog.state.model import DataModel, Key, Run, Table
from logmart_catalog.state.names import fqn
from logmart_catalog.state.owners import owner_parts

# The fields to request when a table is read.
TABLE_FIELDS = "columns,owners,extension,tags,domains,tableConstraints,lifeCycle,dataModel"
# The text of a build in the catalog's field for the process that updated a table.
_RUN_TEXT = re.compile(r"dbt, in ([\d.]+) s(?:, (\d+) rows)?")


def read_table(record: Record, database: tuple[str, ...]) -> Table:
    """Return the table of a document. In: `database`, its names from the service down."""
    tags, terms = read_labels(record)
    extension = record.record("extension").values
    model = record.record("dataModel")
    return Table(
        (*database, record.record("databaseSchema").text("name"), record.text("name")),
        record.text("tableType"),
        read_columns(record),
        record.text("description"),
        read_owners(record),
        read_mark(record),
        tags,
        terms,
        read_domains(record),
        {
            name: value
            for name, value in sorted(extension.items())
            if isinstance(value, str) and value and name != MARK_PROPERTY
        },
        tuple(
            sorted(
                (_read_key(constraint) for constraint in record.record_items("tableConstraints")),
                key=str,
            )
        ),
        _read_model(model) if model.values else None,
        run_of(record),
    )


def table_body(table: Table, ids: dict[str, str], display_name: str = "") -> Body:
    """Return the body that creates a table.

    It holds no foreign keys, since they may refer to tables that are created later; no dbt tab,
    since servers drop it from a create body; and no last build, since that is set only after the
    profile was written.
    """
    fields: Body = {
        "name": table.parts[-1],
        "displayName": display_name,
        "databaseSchema": fqn(table.parts[:-1]),
        "tableType": table.type,
        "description": table.description,
        "owners": owner_bodies(table.owners, ids),
        "extension": {**extension_of(table.mark), **table.properties},
        "columns": column_bodies(table.columns),
        "tags": label_bodies(table.tags, table.terms),
        "domains": list(table.domains),
        "tableConstraints": [_key_body(key) for key in table.keys if not key.referred],
    }
    given = {key: value for key, value in fields.items() if value != []}
    return body("api.data.createTable:CreateTableRequest", {"columns": [], **given})


def changed_table(
    found: Record, table: Table, ids: dict[str, str], domains: dict[str, str]
) -> Body:
    """Return a table's document with the managed fields of the plan; all other fields stay.

    In: `ids` of owners, `domains` ids by FQN.
    """
    document = dict(found.values)
    set_text(document, "description", table.description)
    document["tableType"] = table.type
    document["columns"] = merged_columns(found, table.columns)
    set_list(document, "tags", merged_labels(found, table.tags, table.terms), found)
    if read_owners(found) != table.owners:
        document["owners"] = owner_bodies(table.owners, ids)
    if read_domains(found) != table.domains:
        document["domains"] = [
            {"id": domains[domain], "type": "domain"} for domain in table.domains
        ]
    keys: list[object] = [_key_body(key) for key in table.keys]
    stored = sorted(
        (_read_key(constraint) for constraint in found.record_items("tableConstraints")), key=str
    )
    if tuple(stored) != table.keys:
        document["tableConstraints"] = keys
    extension = {
        name: value
        for name, value in found.record("extension").values.items()
        if not isinstance(value, str)
    }
    document["extension"] = {**extension, **table.properties, **extension_of(table.mark)}
    model = found.record("dataModel")
    if table.data_model and (not model.values or _read_model(model) != table.data_model):
        document["dataModel"] = model_body(table.data_model, ids)
    life = found.record("lifeCycle")
    if table.run and run_of(found) != table.run:
        document["lifeCycle"] = {**life.values, "updated": _run_body(table.run)}
    return document


def profile_body(run: Run) -> Body:
    """Return the body of a profile: the number of rows of a table after a build."""
    profile = {"timestamp": run.ended_at, "rowCount": run.rows}
    return body("api.data.createTableProfile:CreateTableProfileRequest", {"tableProfile": profile})


def model_body(model: DataModel, ids: dict[str, str]) -> Body:
    """Return the dbt tab in the form of OpenMetadata's documents."""
    fields: Body = {
        "modelType": "DBT",
        "resourceType": model.resource_type,
        "dbtSourceProject": model.project,
        "description": model.description,
        "path": model.path,
        "rawSql": model.raw_sql,
        "sql": model.sql,
        "upstream": list(model.upstream),
        # The server stores these references as they are sent, so they need the names.
        "owners": [
            {**reference, "name": owner_parts(owner)[1]}
            for owner in model.owners
            for reference in owner_bodies([owner], ids)
        ],
        "tags": label_bodies(model.tags),
        "columns": column_bodies(model.columns),
    }
    return {key: value for key, value in fields.items() if value not in ("", [])}


def run_of(table: Record) -> Run | None:
    """Return the last build in a table's document, None when it has none."""
    updated = table.record("lifeCycle").record("updated")
    ended_at = updated.number("timestamp")
    if ended_at is None:
        return None
    run_text = _RUN_TEXT.fullmatch(updated.text("accessedByAProcess"))
    if run_text is None:
        return Run(ended_at)
    rows = int(run_text[2]) if run_text[2] else None
    return Run(ended_at, round(float(run_text[1]) * 1000), rows)


def _run_body(run: Run) -> Body:
    rows = f", {run.rows} rows" if run.rows is not None else ""
    run_text = f"dbt, in {run.milliseconds / 1000:.3f} s{rows}"
    return {"timestamp": run.ended_at, "accessedByAProcess": run_text}


def _read_model(record: Record) -> DataModel:
    return DataModel(
        record.text("resourceType"),
        record.text("dbtSourceProject"),
        record.text("path"),
        record.text("sql"),
        record.text("rawSql"),
        record.text("description"),
        tuple(sorted(record.texts("upstream"))),
        read_owners(record),
        read_labels(record)[0],
        read_columns(record),
    )


def _read_key(record: Record) -> Key:
    return Key.of(
        record.text("constraintType"), record.texts("columns"), record.texts("referredColumns")
    )


def _key_body(key: Key) -> Body:
    document: Body = {"constraintType": key.type, "columns": list(key.columns)}
    if key.referred:
        document["referredColumns"] = list(key.referred)
    return document
