"""Validates, merges and names the columns of a table. Pure functions."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from openmetadata_standin.behaviours.versions import ServerVersion
from openmetadata_standin.behaviours.writing import STRUCT_NEEDS_CHILDREN
from openmetadata_standin.errors import BadRequestError
from openmetadata_standin.models import Json
from openmetadata_standin.names import build_fqn
from openmetadata_standin.tags import merge_labels, same_labels

_NEED_LENGTH = frozenset({"CHAR", "VARCHAR", "BINARY", "VARBINARY"})
_RECORDED = ("constraint", "dataLength", "precision", "scale")
_KEPT = ("profile", "customMetrics", "extension")


@dataclass(frozen=True)
class MergedColumns:
    """The columns after a PUT, whether they changed, and whether a column was removed."""

    columns: list[Json]
    changed: bool
    removed: bool


def check_columns(version: ServerVersion, columns: list[Json]) -> None:
    """Raise BadRequestError, naming the column, on columns that the server refuses. For nested
    columns only the names are checked.
    """
    _check_names(columns)
    for column in columns:
        name, data_type = column["name"], column["dataType"]
        if data_type in _NEED_LENGTH and "dataLength" not in column:
            raise BadRequestError(
                f"Column {name}: for column data types char, varchar, binary, varbinary"
                " dataLength must not be null"
            )
        if data_type == "ARRAY" and "arrayDataType" not in column:
            raise BadRequestError(
                f"Column {name}: for column data type array, arrayDataType must not be null"
            )
        bare = data_type == "STRUCT" and not column.get("children")
        if bare and version.has(STRUCT_NEEDS_CHILDREN):
            raise BadRequestError(
                f"Column {name}: for column data type struct, children must not be empty"
            )
        scale, precision = column.get("scale"), column.get("precision")
        if scale is not None and (precision is None or scale > precision):
            raise BadRequestError(f"Column {name}: scale needs a precision that is not less")
        _check_names(column.get("children", []))


def as_server_keeps(columns: list[Json]) -> list[Json]:
    """Return the columns of a table with the displayed types that the server stores: in lower case,
    by default the data type.
    """
    return [
        {**column, "dataTypeDisplay": (column.get("dataTypeDisplay") or column["dataType"]).lower()}
        for column in columns
    ]


def with_full_names(columns: list[Json], parent: str) -> list[Json]:
    """Return the columns with their FQNs below `parent`, nested ones included."""
    named = []
    for column in columns:
        fqn = build_fqn(parent, column["name"])
        copy = {**column, "fullyQualifiedName": fqn}
        if "children" in column:
            copy["children"] = with_full_names(column["children"], fqn)
        named.append(copy)
    return named


def merge_columns(
    stored: list[Json], requested: list[Json], *, by_bot: bool, override: bool
) -> MergedColumns:
    """Merge the columns of a PUT into the stored ones.

    Columns match by name, case ignored, and types. A matching column keeps a description that a bot
    may not change, merges its tags and takes the rest from the request. A column whose type changed
    keeps its description and loses its tags. Case and order alone are no change.
    """
    merged, changed, matched = [], False, set()
    removed_by_name = {column["name"]: column for column in stored}
    for wanted in requested:
        position = _find(stored, wanted)
        if position is None:
            changed = True
            old = removed_by_name.get(wanted["name"], {})
            kept = {"description": old["description"]} if old.get("description") else {}
            merged.append({**wanted, **({} if wanted.get("description") else kept)})
            continue
        matched.add(position)
        column, differs, removed_inside = _merge_one(
            stored[position], wanted, by_bot=by_bot, override=override
        )
        changed = changed or differs or removed_inside
        merged.append(column)
    removed = len(matched) < len(stored)
    return MergedColumns(merged, changed or removed, removed)


def _check_names(columns: list[Json]) -> None:
    names = Counter(column["name"] for column in columns)
    if repeated := [name for name, count in names.items() if count > 1]:
        raise BadRequestError(f"Column name {repeated[0]} is repeated")


def _find(stored: list[Json], wanted: Json) -> int | None:
    for position, column in enumerate(stored):
        if (
            column["name"].lower() == wanted["name"].lower()
            and column["dataType"] == wanted["dataType"]
            and column.get("arrayDataType") == wanted.get("arrayDataType")
        ):
            return position
    return None


def _merge_one(old: Json, wanted: Json, *, by_bot: bool, override: bool) -> tuple[Json, bool, bool]:
    """Return the merged column, whether it changed, and whether a nested column was removed."""
    column = {**{key: old[key] for key in _KEPT if key in old}, **wanted}
    for text in ("description", "displayName"):
        # A forced bulk PUT may replace a column's text but never blank it.
        protected = by_bot and old.get(text) and not (override and wanted.get(text))
        if protected:
            column[text] = old[text]
    column["tags"] = merge_labels(old.get("tags", []), wanted.get("tags", []))
    inside = None
    if "children" in old and "children" in wanted:
        inside = merge_columns(
            old["children"], wanted["children"], by_bot=by_bot, override=override
        )
        column["children"] = inside.columns
    changed = (
        any(old.get(key) != column.get(key) for key in (*_RECORDED, "description", "displayName"))
        or not same_labels(old.get("tags", []), column["tags"])
        or ("children" in old) != ("children" in wanted)
        or (inside is not None and inside.changed)
    )
    return column, changed, inside is not None and inside.removed
