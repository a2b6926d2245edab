"""What a pass of a table found, chunk by chunk."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

from operations.migration.chunks import KeyText, TablePlan
from operations.migration.staged import StagedResult
from operations.migration.sums import Sums
from operations.migration.targets.base import Difference

EQUAL, COPIED, DIFFERING, VERIFIED, FAILED = "equal", "copied", "differing", "verified", "failed"


@dataclass(frozen=True)
class ChunkResult:
    """What became of a chunk.

    `source` are the sums at the source, `target` those of the target when the chunk is done, and
    `rows_before` the target's rows at first. `columns` are the source's names of the columns that
    differ; `column_sums` the sums of each column at both sides, where they were asked for.
    """

    chunk_id: str
    status: str
    started_at: datetime
    ended_at: datetime
    source: Sums
    target: Sums
    rows_before: int
    copied: int = 0
    deleted: int = 0
    low: KeyText | None = None
    high: KeyText | None = None
    columns: tuple[str, ...] = ()
    column_sums: tuple[tuple[Sums, Sums], ...] = ()
    differences: tuple[Difference, ...] = ()
    difference_counts: dict[tuple[str, str], int] = field(default_factory=dict)
    differing_rows: int | None = None


@dataclass
class TableResult:
    """What a pass of a table found. `ended_at` is None of a pass that was stopped."""

    plan: TablePlan
    snapshot_id: str
    started_at: datetime
    ended_at: datetime | None = None
    chunks: list[ChunkResult] = field(default_factory=list)
    column_sums: tuple[tuple[Sums, Sums], ...] = ()
    staged: StagedResult | None = None

    def statuses(self) -> Counter[str]:
        """Return the number of chunks of each status."""
        return Counter(chunk.status for chunk in self.chunks)

    @property
    def sums(self) -> tuple[Sums, Sums]:
        """The sums of the table at both sides."""
        source = sum((chunk.source for chunk in self.chunks), Sums())
        return source, sum((chunk.target for chunk in self.chunks), Sums())

    @property
    def is_equal(self) -> bool:
        """Whether nothing differs."""
        return DIFFERING not in self.statuses() and not (self.staged and self.staged.faults)

    def difference_counts(self) -> Counter[tuple[str, str]]:
        """Return the number of differences by kind and column of the source."""
        counts: Counter[tuple[str, str]] = Counter()
        for chunk in self.chunks:
            counts.update(chunk.difference_counts)
        return counts
