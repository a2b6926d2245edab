"""Proposes how the tables of a source are mapped, for a person to review."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from logmart.errors import CommandError
from operations.migration.landed_plan import PlannedEntity, camel_case
from operations.migration.mapping import LANDING, POSTGRESQL, Column, Exclusion, Mapping, Table
from operations.migration.schema import SourceColumn, SourceTable
from operations.migration.type_map import copied_type

VIEW_REASON = "a view, whose rows are those of other tables"
# Words of a name that say that the values are about a person.
_PERSONAL_WORDS = frozenset(
    (
        *("address", "addr", "birth", "birthday", "birthdate", "dob", "email", "fax", "firstname"),
        *(
            "fullname",
            "gender",
            "iban",
            "ip",
            "lastname",
            "latitude",
            "longitude",
            "mail",
            "mobile",
        ),
        *("nickname", "passport", "password", "phone", "postcode", "resident", "rrn", "ssn"),
        *("surname", "tel", "telephone", "token", "zipcode"),
    )
)
_PERSONAL_PAIRS = (
    *(("user", "name"), ("first", "name"), ("last", "name"), ("full", "name"), ("family", "name")),
    *(("customer", "name"), ("holder", "name"), ("account", "number"), ("card", "number")),
)
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")


@dataclass(frozen=True)
class ProposedTable:
    """A table that is new at the source. `comments` say what a person has to decide, by column;
    that of "" is about the table.
    """

    table: Table
    comments: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class ProposedColumns:
    """What is new in a mapped table: its columns to copy, and those to decide on."""

    table: Table
    columns: tuple[Column, ...]
    undecided: tuple[Exclusion, ...]
    comments: dict[str, str]


@dataclass(frozen=True)
class Proposal:
    """What a mapping says nothing about yet, as it could be mapped."""

    tables: tuple[ProposedTable, ...] = ()
    columns: tuple[ProposedColumns, ...] = ()
    excluded: tuple[Exclusion, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether nothing is new."""
        return not (self.tables or self.columns or self.excluded)


# Returns why a table with these columns cannot be copied; "" when it can.
Refusal = Callable[[Table], str]


def propose(
    mapping: Mapping,
    found: Sequence[SourceTable],
    entities: dict[str, PlannedEntity],
    refusal: Refusal,
) -> Proposal:
    """Return what is new at the source.

    In: `entities`, those of the tracking plan by name, for a target of landed records.
    """
    mapped = {table.source: table for table in mapping.tables}
    excluded = {exclusion.name for exclusion in mapping.excluded}
    tables, columns, views = [], [], []
    for table in found:
        if table.name in excluded:
            continue
        if table.name in mapped:
            proposed = _new_columns(mapping, mapped[table.name], table, entities, refusal)
            columns += [proposed] if proposed else []
        elif table.is_view:
            views.append(Exclusion(table.name, VIEW_REASON))
        else:
            tables.append(_new_table(mapping, table, entities, refusal))
    return Proposal(tuple(tables), tuple(columns), tuple(views))


def _new_table(
    mapping: Mapping,
    found: SourceTable,
    entities: dict[str, PlannedEntity],
    refusal: Refusal,
) -> ProposedTable:
    entity = entities.get(found.name)
    columns = [_column(mapping, each, entity) for each in found.columns]
    table = Table(found.name, found.name, found.key, tuple(columns))
    copied, undecided, comments = _decided(table, columns, refusal)
    is_keyed = set(found.key) <= {column.source for column in copied}
    table = replace(table, key=found.key if is_keyed else (), columns=copied, excluded=undecided)
    if not table.key:
        comments[""] = _keyless(mapping)
    elif entity is not None:
        missing = entity.required - {column.target for column in copied}
        if missing:
            comments[""] = f"the tracking plan requires {', '.join(sorted(missing))} as well"
    elif mapping.target.kind == LANDING:
        comments[""] = f"the tracking plan has no entity {mapping.target.source}.{found.name} yet"
    return ProposedTable(table, comments)


def _keyless(mapping: Mapping) -> str:
    if mapping.target.kind == LANDING:
        return "it has no key, which landed records need: name one, or exclude the table"
    return "it has no key, and is compared as a multiset of rows"


def _new_columns(
    mapping: Mapping,
    mapped: Table,
    found: SourceTable,
    entities: dict[str, PlannedEntity],
    refusal: Refusal,
) -> ProposedColumns | None:
    known = {column.source for column in mapped.columns}
    known |= {exclusion.name for exclusion in mapped.excluded}
    entity = entities.get(mapped.target)
    new = [_column(mapping, each, entity) for each in found.columns if each.name not in known]
    if not new:
        return None
    copied, undecided, comments = _decided(replace(mapped, key=()), new, refusal)
    return ProposedColumns(mapped, copied, undecided, comments)


def _decided(
    table: Table, columns: Sequence[Column], refusal: Refusal
) -> tuple[tuple[Column, ...], tuple[Exclusion, ...], dict[str, str]]:
    """Return the columns that can be copied, and those that a person has to decide on."""
    comments = {}
    copied = []
    for column in columns:
        reason = "its type is not told exactly" if not column.type else ""
        comments[column.source] = reason or refusal(replace(table, key=(), columns=(column,)))
        copied += [] if comments[column.source] else [column]
    undecided = tuple(Exclusion(column.source, "") for column in columns if comments[column.source])
    told = {
        name: f"give a reason, or map it: {reason}" for name, reason in comments.items() if reason
    }
    return tuple(copied), undecided, told


def _column(mapping: Mapping, found: SourceColumn, entity: PlannedEntity | None) -> Column:
    copied, reason = copied_type(mapping.source.kind, found.type), ""
    if not copied and mapping.source.kind == POSTGRESQL and not found.type.startswith("numeric"):
        copied, reason = "varchar", f"its text, because DuckDB has no {found.type}"
    target, is_personal = found.name, is_personal_name(found.name)
    if mapping.target.kind == LANDING:
        planned = entity.property_of(found.name) if entity else None
        target = planned.name if planned else camel_case(found.name)
        is_personal = planned.is_personal if planned else is_personal
    return Column(found.name, copied, target, is_personal=is_personal, reason=reason)


def is_personal_name(name: str) -> bool:
    """Return whether a column's name says that its values are about a person."""
    words = [word.lower() for word in _WORDS.findall(name)]
    pairs = set(zip(words, words[1:], strict=False))
    return (
        words == ["name"]
        or not _PERSONAL_WORDS.isdisjoint(words)
        or any(pair in pairs for pair in _PERSONAL_PAIRS)
    )


def refusal_of(plan: Callable[[Table], object]) -> Refusal:
    """Return the refusal of a source, by its `plan`."""

    def refusal(table: Table) -> str:
        try:
            plan(table)
        except CommandError as error:
            return str(error)
        return ""

    return refusal
