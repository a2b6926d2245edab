"""Lists the changes of an action field by field. Pure functions."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from logmart_catalog.plan.actions import Action, Verb
from logmart_catalog.state import asset_kinds
from logmart_catalog.state.column_types import DataType
from logmart_catalog.state.marks import texts_of
from logmart_catalog.state.model import Asset, Column, Container, DataModel, Edge, Mark, Run, Table

# The field of a table that every build changes.
LAST_BUILT = "last built"


@dataclass(frozen=True)
class FieldChange:
    """The change of one field: its name, its value before and after (None for absent)."""

    field: str
    before: str | None
    after: str | None

    @property
    def verb(self) -> Verb:
        """Whether the field is added, changed or removed."""
        if self.before is None:
            return Verb.ADD
        return Verb.REMOVE if self.after is None else Verb.CHANGE


def field_changes(action: Action) -> list[FieldChange]:
    """Return the field changes of an action that changes an entity, each column on its own.

    The list is empty for an entity that is added or removed as a whole.
    """
    match action.before, action.after:
        case Table() as before, Table() as after:
            return _table_changes(before, after)
        case Container() as before, Container() as after:
            return _mark_changes(before.mark, after.mark)
        case Edge() as before, Edge() as after:
            return _edge_changes(before, after)
        case Asset() as before, Asset() as after:
            return _asset_changes(before, after)
    return []


def routine(action: Action) -> str:
    """Return words for an action that only records a new dbt run with the same outcome, "" for any
    other action.
    """
    match action.before, action.after:
        case Table(), Table():
            if [change.field for change in field_changes(action)] == [LAST_BUILT]:
                return "tables built again, otherwise unchanged"
        case Asset(kind=asset_kinds.TEST_RESULT) as before, Asset() as after:
            if before.fields.get("status") == after.fields.get("status"):
                return "newer test results, of the same outcome"
        case None, Asset(kind=asset_kinds.TEST_RESULT) as after:
            if after.fields.get("status") == asset_kinds.SUCCESS:
                return "first test results, all successful"
    return ""


def run_text(run: Run) -> str:
    """Return the last build of a table as text for people: time, duration and rows."""
    rows = f", {run.rows:,} rows" if run.rows is not None else ""
    return f"{moment_text(run.ended_at)} in {run.milliseconds / 1000:g} s{rows}"


def moment_text(milliseconds: int) -> str:
    """Return a moment, in milliseconds since 1970, as text for people."""
    return f"{datetime.fromtimestamp(milliseconds / 1000, UTC):%Y-%m-%d %H:%M:%S} UTC"


def _table_changes(before: Table, after: Table) -> list[FieldChange]:
    changes = [
        *_change("type", before.type, after.type),
        *_change("description", before.description, after.description),
        *_list_change("owners", before.owners, after.owners),
        *_list_change("tags", before.tags, after.tags),
        *_list_change("glossary terms", before.terms, after.terms),
        *_list_change("domains", before.domains, after.domains),
        *_list_change("keys", map(str, before.keys), map(str, after.keys)),
    ]
    for name in sorted({*before.properties, *after.properties}):
        texts = before.properties.get(name, ""), after.properties.get(name, "")
        changes += _change(f"property {name}", *texts)
    old = {column.name: column for column in before.columns}
    new = {column.name: column for column in after.columns}
    for name, column in new.items():
        changes += _column_changes(name, old.get(name), column)
    changes += [FieldChange(f"column {name}", _shown(old[name]), None) for name in old.keys() - new]
    if [name for name in old if name in new] != [name for name in new if name in old]:
        changes.append(FieldChange("order of columns", ", ".join(old), ", ".join(new)))
    changes += _model_changes(before.data_model, after.data_model)
    changes += _change(
        LAST_BUILT, *(run_text(table.run) if table.run else "" for table in (before, after))
    )
    # The mark changes with every other field, so it is listed only when nothing else changes.
    return changes or _mark_changes(before.mark, after.mark)


def _column_changes(name: str, before: Column | None, after: Column) -> list[FieldChange]:
    if before is None:
        return [FieldChange(f"column {name}", None, _shown(after))]
    old, new = before.type, after.type
    spelled = old.display != new.display
    types = [data_type.display if spelled else _type_text(data_type) for data_type in (old, new)]
    changes = [] if old == new else [FieldChange(f"column {name}, type", *types)]
    described = _change(f"column {name}, description", before.description, after.description)
    return [
        *changes,
        *described,
        *_list_change(f"column {name}, tags", before.tags, after.tags),
        *_list_change(f"column {name}, glossary terms", before.terms, after.terms),
        *_change(f"column {name}, constraint", before.constraint, after.constraint),
    ]


def _model_changes(before: DataModel | None, after: DataModel | None) -> list[FieldChange]:
    """Return the changes in the dbt tab that are not changes of the table itself."""
    if before is None or after is None:
        return [] if before == after else [FieldChange("dbt tab", None, "added")]
    changes = []
    for key in ("resource_type", "project", "path"):
        changes += _change(key.replace("_", " "), getattr(before, key), getattr(after, key))
    # Compiled SQL is listed only when the raw SQL is unchanged, as when a macro changed.
    changes += _lines_change("SQL", before.raw_sql, after.raw_sql) or _lines_change(
        "compiled SQL", before.sql, after.sql
    )
    changes += _list_change("dbt tab, upstream", before.upstream, after.upstream)
    if not changes and before != after:
        return [FieldChange("dbt tab", None, "as the model is now")]
    return changes


def _edge_changes(before: Edge, after: Edge) -> list[FieldChange]:
    changes = [
        *_change("maintained by", before.project, after.project),
        *_change("found by", before.source, after.source),
    ]
    old, new = ({pair.target: pair.sources for pair in edge.columns} for edge in (before, after))
    for target in sorted({*old, *new}):
        sides = old.get(target, ()), new.get(target, ())
        changes += _list_change(f"column {target}, from", *sides)
    if before.sql != after.sql:
        changes.append(FieldChange("SQL", None, "as the model is now"))
    return changes


def _asset_changes(before: Asset, after: Asset) -> list[FieldChange]:
    changes = []
    for key in sorted({*before.fields, *after.fields}):
        texts = [texts_of(asset.fields.get(key, "")) for asset in (before, after)]
        if key == "timestamp":
            texts = [tuple(moment_text(int(text)) for text in side) for side in texts]
        changes += _list_change(key, *texts)
    return changes or _mark_changes(before.mark, after.mark)


def _mark_changes(before: Mark | None, after: Mark | None) -> list[FieldChange]:
    if before == after:
        return []
    old, new = (mark.project if mark else None for mark in (before, after))
    if old == new:
        return [FieldChange("last applied", None, "as the model is now")]
    return [FieldChange("maintained by", old, new)]


def _change(field: str, before: str, after: str) -> list[FieldChange]:
    return [] if before == after else [FieldChange(field, before or None, after or None)]


def _lines_change(field: str, before: str, after: str) -> list[FieldChange]:
    """Return the change of a text of several lines: the lines removed and the lines added."""
    found = list(difflib.ndiff(before.splitlines(), after.splitlines()))
    sides = ("\n".join(line[2:].strip() for line in found if line[0] == sign) for sign in "-+")
    return _change(field, *sides) if before != after else []


def _list_change(field: str, before: Iterable[str], after: Iterable[str]) -> list[FieldChange]:
    return _change(field, ", ".join(before), ", ".join(after))


def _type_text(kind: DataType) -> str:
    """Return a type in the catalog's terms, which tell apart what a warehouse spells alike."""
    sizes = [str(size) for size in (kind.length, kind.precision, kind.scale) if size is not None]
    inside = [*sizes, *filter(None, [kind.element])]
    inside += [f"{child.name} {_type_text(child.type)}" for child in kind.children]
    return f"{kind.name}({', '.join(inside)})" if inside else kind.name


def _shown(column: Column) -> str:
    kind = column.type.display or column.type.name.lower()
    return f"{kind}, {column.description}" if column.description else kind
