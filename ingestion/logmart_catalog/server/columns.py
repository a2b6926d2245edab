"""Converts columns between dataclasses and OpenMetadata's documents."""

from __future__ import annotations

from collections.abc import Iterable

from logmart_catalog.records import Record
from logmart_catalog.server.documents import (
    Body,
    label_bodies,
    merged_labels,
    read_labels,
    set_list,
    set_text,
)
from logmart_catalog.state.column_types import DataType, Field
from logmart_catalog.state.model import Column

_TYPE_FIELDS = ("dataLength", "precision", "scale", "arrayDataType")


def read_columns(record: Record) -> tuple[Column, ...]:
    """Return the columns of a table's or data model's document."""
    columns = []
    for column in record.record_items("columns"):
        tags, terms = read_labels(column)
        columns.append(
            Column(
                column.text("name"),
                _read_type(column),
                column.text("description"),
                tags,
                terms,
                column.text("constraint"),
            )
        )
    return tuple(columns)


def column_bodies(columns: Iterable[Column]) -> list[Body]:
    """Return columns in the form of OpenMetadata's documents."""
    bodies = []
    for column in columns:
        document = _type_body(column.name, column.type)
        set_text(document, "description", column.description)
        set_text(document, "constraint", column.constraint)
        if labels := label_bodies(column.tags, column.terms):
            document["tags"] = labels
        bodies.append(document)
    return bodies


def merged_columns(found: Record, columns: Iterable[Column]) -> list[Body]:
    """Return the wanted columns, each with the unmanaged fields of its stored column."""
    stored = {column.text("name"): column for column in found.record_items("columns")}
    merged = []
    for column in columns:
        old = stored.get(column.name, Record(found.where, {}, found.error))
        document = _with_type(old, _type_body(column.name, column.type))
        set_text(document, "description", column.description)
        set_text(document, "constraint", column.constraint)
        set_list(document, "tags", merged_labels(old, column.tags, column.terms), old)
        merged.append(document)
    return merged


def _with_type(old: Record, wanted: Body) -> Body:
    """Return a stored column or field with the wanted type; nested fields are merged in turn."""
    document = {key: value for key, value in old.values.items() if key not in _TYPE_FIELDS}
    children = wanted.pop("children", None)
    document.update(wanted)
    if not isinstance(children, list):
        # A server may answer with an empty list where nothing was sent.
        if old.items("children"):
            del document["children"]
    else:
        stored = {child.text("name"): child for child in old.record_items("children")}
        empty = Record(old.where, {}, old.error)
        document["children"] = [
            _with_type(stored.get(str(child["name"]), empty), child) for child in children
        ]
    return document


def _read_type(column: Record) -> DataType:
    return DataType(
        column.text("dataType"),
        column.text("dataTypeDisplay"),
        column.number("dataLength"),
        column.number("precision"),
        column.number("scale"),
        column.text("arrayDataType") or None,
        tuple(
            Field(child.text("name"), _read_type(child))
            for child in column.record_items("children")
        ),
    )


def _type_body(name: str, kind: DataType) -> Body:
    fields: Body = {
        "name": name,
        "dataType": kind.name,
        "dataTypeDisplay": kind.display,
        "dataLength": kind.length,
        "precision": kind.precision,
        "scale": kind.scale,
        "arrayDataType": kind.element,
        "children": [_type_body(child.name, child.type) for child in kind.children],
    }
    return {key: value for key, value in fields.items() if value not in (None, "", [])}
