"""What an action changes, field by field. Pure functions."""

from __future__ import annotations

from dataclasses import dataclass

from logmart_catalog.column_types import DataType
from logmart_catalog.plan import Action, Verb
from logmart_catalog.state import Column, Container, Mark, Table


@dataclass(frozen=True)
class FieldChange:
    """One field: its name, and what it was and will be (None for absent)."""

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
    """Return the fields that a change of a table or container changes; columns one by one.

    An entity added or removed as a whole has none.
    """
    match action.before, action.after:
        case Table() as before, Table() as after:
            return _table_changes(before, after)
        case Container() as before, Container() as after:
            return _mark_changes(before.mark, after.mark)
    return []


def _table_changes(before: Table, after: Table) -> list[FieldChange]:
    changes = [
        *_change("type", before.type, after.type),
        *_change("description", before.description, after.description),
        *_change("owners", ", ".join(before.owners), ", ".join(after.owners)),
    ]
    old = {column.name: column for column in before.columns}
    new = {column.name: column for column in after.columns}
    for name, column in new.items():
        changes += _column_changes(name, old.get(name), column)
    changes += [FieldChange(f"column {name}", _shown(old[name]), None) for name in old.keys() - new]
    if [name for name in old if name in new] != [name for name in new if name in old]:
        changes.append(FieldChange("order of columns", ", ".join(old), ", ".join(new)))
    # The mark follows the rest: it is worth a line only when nothing else changes.
    return changes or _mark_changes(before.mark, after.mark)


def _column_changes(name: str, before: Column | None, after: Column) -> list[FieldChange]:
    if before is None:
        return [FieldChange(f"column {name}", None, _shown(after))]
    old, new = before.type, after.type
    spelled = old.display != new.display
    types = [one.display if spelled else _type_text(one) for one in (old, new)]
    changes = [] if old == new else [FieldChange(f"column {name}, type", *types)]
    described = _change(f"column {name}, description", before.description, after.description)
    return [*changes, *described]


def _mark_changes(before: Mark | None, after: Mark | None) -> list[FieldChange]:
    if before == after:
        return []
    old, new = (mark.project if mark else None for mark in (before, after))
    if old == new:
        return [FieldChange("last applied", "an earlier state", "this state")]
    return [FieldChange("maintained by", old, new)]


def _change(field: str, before: str, after: str) -> list[FieldChange]:
    return [] if before == after else [FieldChange(field, before or None, after or None)]


def _type_text(kind: DataType) -> str:
    """Return a type in the catalog's own terms, for types that the warehouse spells alike."""
    sizes = [str(one) for one in (kind.length, kind.precision, kind.scale) if one is not None]
    inside = [*sizes, *filter(None, [kind.element])]
    inside += [f"{child.name} {_type_text(child.type)}" for child in kind.children]
    return f"{kind.name}({', '.join(inside)})" if inside else kind.name


def _shown(column: Column) -> str:
    kind = column.type.display or column.type.name.lower()
    return f"{kind}, {column.description}" if column.description else kind
