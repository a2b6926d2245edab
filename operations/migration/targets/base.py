"""What the engine needs of a target."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import pyarrow as pa

from operations.migration.chunks import Chunk, TablePlan
from operations.migration.mapping import Column
from operations.migration.staged import StagedResult
from operations.migration.sums import Sums


class CopyDiffersError(Exception):
    """Rows that were written differ from those that were read; nothing of them is kept.

    `sums` are the sums of what was written, of rows and then of each column.
    """

    def __init__(self, sums: list[Sums]) -> None:
        super().__init__("the rows that were written differ from those that were read")
        self.sums = sums


@dataclass(frozen=True)
class Written:
    """The number of rows that a chunk's copy added and removed."""

    copied: int
    deleted: int


@dataclass(frozen=True)
class Difference:
    """A value, or a row, that differs.

    `kind` is `value`, `missing` (no such row at the target) or `extra` (none at the source).
    `key` and `row` hold canonical texts by the source's names of the columns: those of the key, or
    of a whole row of a table without a key. `source` and `target` are the texts of a `value`.
    """

    kind: str
    key: dict[str, str | None]
    column: Column | None = None
    source: str | None = None
    target: str | None = None
    row: dict[str, str | None] | None = None
    row_count: int = 1


@dataclass(frozen=True)
class Differences:
    """The first differences of a chunk, and the number of all, by kind and column of the source.

    The column of a missing or extra row is "". `rows` is the number of rows that differ.
    """

    first: list[Difference]
    counts: dict[tuple[str, str], int]
    rows: int


class Session(Protocol):
    """A connection to the target, used by one thread."""

    def sums(self, plan: TablePlan, chunk: Chunk, *, by_column: bool = False) -> list[Sums]:
        """Return the sums of a chunk: of its rows, and then of each column, if asked."""

    def bucket_sums(self, plan: TablePlan, modulus: int) -> dict[int, Sums]:
        """Return the sums of each bucket."""

    def replace(
        self, plan: TablePlan, chunk: Chunk, rows: Iterator[pa.RecordBatch], wanted: Sums
    ) -> Written:
        """Make the rows of a chunk equal to those that were read, at once or not at all.

        Raises CopyDiffersError when what is written does not have the sums that are wanted.
        """

    def differences(
        self,
        plan: TablePlan,
        chunk: Chunk,
        columns: tuple[Column, ...],
        texts: Iterator[pa.RecordBatch],
        limit: int,
    ) -> Differences:
        """Compare a chunk with the canonical texts of some columns at the source, which contain
        the key's; give the first `limit` differences.
        """


class Target(Protocol):
    """A target. Its methods raise CommandError, and TransientError for what may pass."""

    def prepare(self, plans: list[TablePlan]) -> None:
        """Make the tables that are not there. Raises CommandError for one that has other columns
        than the mapping says.
        """

    def row_count(self, plan: TablePlan) -> int:
        """Return the number of rows of a table."""

    def session(self) -> AbstractContextManager[Session]:
        """Open a session."""

    def staged(self, plans: list[TablePlan], database: Path) -> list[StagedResult]:
        """Compare the copies with the staging models that are built from them, if there are any,
        in a build database.
        """

    def close(self) -> None:
        """Close its connections."""
