"""Carries descriptions and classes of personal data along column lineage, and finds the columns
that an edge joins. Pure functions.

A column without a description inherits that of the column it copies, marked as inherited. If it
copies no described column, it takes the doc block of its name, when the configuration asks for
that. A class of personal data reaches every column that can hold the value or a part of it: a copy;
a computed column, unless it is a boolean; an aggregate of the same type, or a nested one. A column
bears the strictest class that reaches it. A column whose own `meta` names a class, or
`personal_data: none`, takes no class from its parents.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from graphlib import CycleError, TopologicalSorter
from typing import TypeAlias

from logmart_catalog.config import Config
from logmart_catalog.desired.labels import NO_CLASS
from logmart_catalog.lineage.model import ColumnLineage, ColumnRef, Kind, ProjectLineage
from logmart_catalog.state.model import Column, ColumnPair, EdgeKey, Table
from logmart_catalog.state.names import fqn, split_fqn, stored_name

_NESTED = frozenset({"ARRAY", "STRUCT", "MAP", "JSON"})
_ColumnKey: TypeAlias = tuple[str, str]
_Change: TypeAlias = Callable[[Table, Column, ColumnLineage | None], Column]


@dataclass(frozen=True)
class Flow:
    """The column lineage of a project in the catalog's names.

    `columns` holds the lineage of each column, by FQN of the table and then by name; `pairs` the
    columns that each edge joins; `undeclared` the parent columns that no table has.
    """

    columns: Mapping[str, Mapping[str, ColumnLineage]]
    pairs: Mapping[EdgeKey, tuple[ColumnPair, ...]]
    undeclared: tuple[str, ...]


@dataclass(frozen=True)
class _Doc:
    """A description, and the name of the column that it was written for."""

    text: str
    origin: str


def flow_of(lineage: ProjectLineage, tables: Mapping[str, Table]) -> Flow:
    """Return a project's column lineage in the catalog's names. In: `tables`, by unique id.

    A field of a nested column counts as the column. When two nodes are the same table, the lineage
    is that of the node with SQL.
    """
    columns: dict[str, dict[str, ColumnLineage]] = {}
    pairs: dict[EdgeKey, list[ColumnPair]] = {}
    undeclared: set[str] = set()
    stored = {table.fqn: _names_by_lower_case(table) for table in tables.values()}
    for unique_id, table in tables.items():
        column_lineage = columns.setdefault(table.fqn, {})
        if column_lineage or unique_id not in lineage.tables:
            continue
        for column in lineage.tables[unique_id].columns:
            target = stored[table.fqn].get(stored_name(column.column, unique_id).lower())
            if target is None:
                continue
            parents = []
            for parent in column.parents:
                above = tables[parent.relation].fqn
                source = stored[above].get(stored_name(parent.column, parent.relation).lower())
                if source is None:
                    undeclared.add(f"{above}.{parent.column}")
                else:
                    parents.append(replace(parent, relation=above, column=source))
            column_lineage[target] = replace(column, column=target, parents=tuple(parents))
            for upstream, sources in _by_relation(parents).items():
                if upstream != table.fqn:
                    pairs.setdefault((upstream, table.fqn), []).append(ColumnPair(sources, target))
    return Flow(
        columns,
        {
            key: tuple(sorted(found, key=lambda pair: (pair.target, pair.sources)))
            for key, found in pairs.items()
        },
        tuple(sorted(undeclared)),
    )


def with_inherited(
    tables: Mapping[str, Table], flow: Flow, blocks: Mapping[str, str]
) -> dict[str, Table]:
    """Return the tables, by FQN, with descriptions inherited along copied columns.

    In: `blocks`, the texts of doc blocks by name: each describes the columns of its name that
    inherit no description.
    """
    docs: dict[_ColumnKey, _Doc] = {}

    def described(table: Table, column: Column, column_lineage: ColumnLineage | None) -> Column:
        if column.description:
            origin = fqn((*table.parts[2:], column.name))
            docs[table.fqn, column.name] = _Doc(column.description, origin)
            return column
        block = blocks.get(column.name) if column_lineage else None
        doc = _common_doc(column_lineage, docs) or (
            _Doc(block, f"doc('{column.name}')") if block else None
        )
        if doc is None:
            return column
        docs[table.fqn, column.name] = doc
        origin = doc.origin.replace("`", "'")
        return replace(column, description=f"{doc.text}\n\n*Inherited from `{origin}`.*")

    return _along(tables, flow, described)


def with_personal_data(
    tables: Mapping[str, Table],
    flow: Flow,
    declared: Mapping[_ColumnKey, str | None],
    config: Config,
) -> dict[str, Table]:
    """Return the tables, by FQN, with classes of personal data carried along columns.

    In: `declared`, the class that dbt gives a column, by FQN of the table and name: `none` is a
    class, None stands for a value that could not be read. Classes are ranked by
    `config.personal_data_classes`, the strictest first; other classes follow by name. When a class
    could not be read, the columns that it would reach keep their tags in the catalog.
    """
    ranks = {name: rank for rank, name in enumerate(config.personal_data_classes)}
    classes: dict[_ColumnKey, str] = {}
    unclear: set[_ColumnKey] = set()

    def classed(table: Table, column: Column, column_lineage: ColumnLineage | None) -> Column:
        key = (table.fqn, column.name)
        if own := declared.get(key):
            if own.lower() != NO_CLASS:
                classes[key] = own
            return column
        held = {
            (parent.relation, parent.column)
            for parent in (column_lineage.parents if column_lineage else ())
            if column_lineage is not None
            and _can_hold(column, column_lineage, _column_of(tables, parent))
        }
        if key in declared or held & unclear:
            unclear.add(key)
        found = {classes[parent_key] for parent_key in held if parent_key in classes}
        if not found:
            return column
        classes[key] = min(found, key=lambda name: (ranks.get(name, len(ranks)), name))
        tag = fqn((config.personal_data_classification, stored_name(classes[key], table.fqn)))
        return replace(column, tags=tuple(sorted({*column.tags, tag})))

    changed = _along(tables, flow, classed)
    for key, name in sorted(unclear):
        unread = {f"tags:{name}": (), **changed[key].unread}
        changed[key] = replace(changed[key], unread=unread)
    return changed


def personal_columns(table: Table, classification: str) -> tuple[str, ...]:
    """Return the columns of a table that bear a class of personal data, as `column (class)`."""
    return tuple(
        f"{fqn((*table.parts[2:], column.name))} ({split_fqn(tag)[-1]})"
        for column in table.columns
        for tag in column.tags
        if split_fqn(tag)[0] == classification
    )


def _names_by_lower_case(table: Table) -> dict[str, str]:
    return {column.name.lower(): column.name for column in table.columns}


def _by_relation(parents: Iterable[ColumnRef]) -> dict[str, tuple[str, ...]]:
    found: dict[str, set[str]] = {}
    for parent in parents:
        found.setdefault(parent.relation, set()).add(parent.column)
    return {relation: tuple(sorted(names)) for relation, names in found.items()}


def _along(tables: Mapping[str, Table], flow: Flow, change: _Change) -> dict[str, Table]:
    """Return the tables with each column changed, upstream tables first."""
    changed = dict(tables)
    for key in _upstream_first(flow):
        table = tables[key]
        column_lineage = flow.columns[key]
        columns = tuple(
            change(table, column, column_lineage.get(column.name)) for column in table.columns
        )
        changed[key] = replace(table, columns=columns)
    return changed


def _upstream_first(flow: Flow) -> list[str]:
    above: dict[str, set[str]] = {
        key: {parent.relation for column in columns.values() for parent in column.parents} - {key}
        for key, columns in flow.columns.items()
    }
    while True:
        try:
            return list(TopologicalSorter(above).static_order())
        except CycleError as error:
            # A relation that is read by name, without ref(), can close a cycle that dbt cannot see.
            upstream, downstream = error.args[1][:2]
            above[downstream].discard(upstream)


def _common_doc(
    column_lineage: ColumnLineage | None, docs: Mapping[_ColumnKey, _Doc]
) -> _Doc | None:
    """Return the description that all copied parents share, None when they have different ones."""
    if (
        column_lineage is None
        or column_lineage.kind is not Kind.COPIED
        or any(parent.field for parent in column_lineage.parents)
    ):
        return None
    found = [docs.get((parent.relation, parent.column)) for parent in column_lineage.parents]
    texts = {doc.text if doc else None for doc in found}
    return found[0] if len(texts) == 1 else None


def _column_of(tables: Mapping[str, Table], parent: ColumnRef) -> Column:
    return next(
        column for column in tables[parent.relation].columns if column.name == parent.column
    )


def _can_hold(column: Column, column_lineage: ColumnLineage, parent: Column) -> bool:
    """Whether a column can hold a value, or a part of one, of a parent."""
    if column_lineage.kind is Kind.COPIED:
        return True
    if column_lineage.kind is Kind.AGGREGATED:
        return column.type.name in _NESTED or column.type.name == parent.type.name
    return column.type.name != "BOOLEAN"
