"""What the engine needs of a source.

Everything that is read in one pass of a table is read through one snapshot. Several readers may
share it, each used by one thread.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import Protocol

import pyarrow as pa

from operations.migration.chunks import Chunk, KeyText, TablePlan
from operations.migration.mapping import Column, Table
from operations.migration.schema import SourceTable
from operations.migration.sums import Sums


class Reader(Protocol):
    """A connection that reads in a snapshot."""

    def next_high(self, plan: TablePlan, low: KeyText | None, rows: int) -> KeyText | None:
        """Return the key of the row that is `rows` after `low`; None when fewer are left."""

    def sums(self, plan: TablePlan, chunk: Chunk, *, by_column: bool = False) -> list[Sums]:
        """Return the sums of a chunk: of its rows, and then of each column, if asked."""

    def slices(self, plan: TablePlan) -> list[str]:
        """Return conditions, in the source's SQL, that each select a part of the table: together
        every row once. One that selects all will do.
        """

    def bucket_sums(self, plan: TablePlan, modulus: int, part: str) -> dict[int, Sums]:
        """Return the sums of each bucket of a slice."""

    def rows(self, plan: TablePlan, chunk: Chunk) -> Iterator[pa.RecordBatch]:
        """Return the rows of a chunk, piece by piece, as `operations.migration.canonical` says
        that each kind is sent. The columns are in the order of the table's.
        """

    def texts(
        self, plan: TablePlan, chunk: Chunk, columns: tuple[Column, ...]
    ) -> Iterator[pa.RecordBatch]:
        """Return the canonical texts of some columns of a chunk, null of null."""


class Snapshot(Protocol):
    """A state of the source that does not change. `id` is the source's name of it."""

    id: str

    def reader(self) -> AbstractContextManager[Reader]:
        """Open a reader. Raises CommandError."""


class Source(Protocol):
    """A source. Its methods raise CommandError, and TransientError for what may pass."""

    # How many readers may share a snapshot.
    most_readers: int

    def tables(self) -> list[SourceTable]:
        """Return the tables of the source's schema as they are now."""

    def plan(self, table: Table) -> TablePlan:
        """Return how a table is copied. Raises CommandError for a type that is refused."""

    def snapshot(self) -> AbstractContextManager[Snapshot]:
        """Take a snapshot."""

    def close(self) -> None:
        """Close its connections."""
