"""How the rows of a table are cut into chunks that mean the same at the source and the target.

A table with a key whose order is the same on both sides is cut into ranges of it. Any other table
is cut into buckets of a hash: of its key, or of the whole row where it has none.
"""

from __future__ import annotations

from dataclasses import dataclass

from operations.migration.canonical import Kind
from operations.migration.mapping import Column, Table

KeyText = tuple[str, ...]


@dataclass(frozen=True)
class Range:
    """The rows whose key is greater than `low` and at most `high`; None is without a bound.

    Both hold the canonical texts of the columns that the table is cut by.
    """

    low: KeyText | None
    high: KeyText | None


@dataclass(frozen=True)
class Buckets:
    """The rows whose hash, modulo `modulus`, is one of `numbers`."""

    modulus: int
    numbers: tuple[int, ...]


Chunk = Range | Buckets


@dataclass(frozen=True)
class TablePlan:
    """A table to copy.

    `kinds` are those of its columns, `source_types` the source's names of their types, both in
    their order. `range_columns` are the columns of the key that it is cut by; without any it is
    cut into buckets. `has_unique_key` tells whether the source itself keeps the key unique.
    `estimated_rows` is for the progress bar and the number of buckets.
    """

    table: Table
    kinds: tuple[Kind, ...]
    source_types: tuple[str, ...]
    range_columns: tuple[Column, ...]
    has_unique_key: bool
    estimated_rows: int

    def kind(self, column: Column) -> Kind:
        """Return the kind of a column."""
        return self.kinds[self.table.columns.index(column)]

    def source_type(self, column: Column) -> str:
        """Return the source's name of the type of a column."""
        return self.source_types[self.table.columns.index(column)]

    @property
    def hashed_columns(self) -> tuple[Column, ...]:
        """The columns that buckets are made of: the key, or all where there is none."""
        return self.table.key_columns or self.table.columns
