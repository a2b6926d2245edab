"""The dataclasses of column lineage."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Kind(StrEnum):
    """How a column derives from its parents.

    COPIED: an unchanged value of a parent. TRANSFORMED: computed from one row. AGGREGATED: computed
    from several rows, by an aggregate or a window function. CONSTANT: from no column and no other
    row. ORIGIN: a column of a seed or source, where values enter. UNTRACED: not fully traced.
    """

    COPIED = "copied"
    TRANSFORMED = "transformed"
    AGGREGATED = "aggregated"
    CONSTANT = "constant"
    ORIGIN = "origin"
    UNTRACED = "untraced"


@dataclass(frozen=True, order=True, slots=True)
class ColumnRef:
    """A column of a relation, or a field of a nested column: `field` is the path to it.

    `relation` is the unique id of the dbt node.
    """

    relation: str
    column: str
    field: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The column with its path of fields, dotted."""
        return ".".join((self.column, *self.field))


@dataclass(frozen=True, slots=True)
class ColumnLineage:
    """The kind and the parents of a column.

    For an UNTRACED column, `parents` are the certain ones and `reasons` says why there may be more.
    """

    column: str
    kind: Kind
    parents: tuple[ColumnRef, ...] = ()
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, order=True, slots=True)
class Key:
    """A column that only decides which rows there are, or their order.

    `role` is filter, join, group, partition, order or unnest.
    """

    role: str
    column: ColumnRef


@dataclass(frozen=True, slots=True)
class TableLineage:
    """The lineage of one relation: its columns in their order, and its keys.

    `key_reasons` says why there may be more keys.
    """

    relation: str
    columns: tuple[ColumnLineage, ...]
    keys: tuple[Key, ...] = ()
    key_reasons: tuple[str, ...] = ()


@dataclass(frozen=True)
class ProjectLineage:
    """The lineage of every relation of a dbt project, by unique id of the node.

    `names` are the names of the relations: `schema.table`.
    """

    tables: Mapping[str, TableLineage] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
