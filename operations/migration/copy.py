"""Makes a table equal to its source: sums chunks on both sides, and copies those that differ.

A first copy, going on after a stop, catching up and repair are this one pass. It keeps no state:
what is copied is what has equal sums.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from operations.migration import table_pass
from operations.migration.chunks import Chunk, TablePlan
from operations.migration.parallel import Pair, Workers
from operations.migration.results import COPIED, DIFFERING, EQUAL, ChunkResult
from operations.migration.sums import Sums
from operations.migration.table_pass import BucketSums, Numbered, now
from operations.migration.targets.base import CopyDiffersError, Written


def copy_table(
    workers: Workers,
    plan: TablePlan,
    chunk_rows: int,
    tick: Callable[[int], None],
    *,
    is_empty: bool,
) -> Iterator[ChunkResult]:
    """Copy the chunks that differ; return the result of each chunk.

    In: `is_empty`, whether the target has no row yet, so that nothing of it has to be summed;
    `tick`, told the rows that were compared before the first result.
    """

    def of_range(pair: Pair, part: Numbered) -> ChunkResult:
        return _copy_range(pair, plan, part, is_empty=is_empty)

    def of_buckets(pair: Pair, batch: list[BucketSums]) -> list[ChunkResult]:
        return _copy_buckets(pair, plan, batch)

    return table_pass.results_of_chunks(
        workers,
        plan,
        chunk_rows,
        tick,
        equal_status=EQUAL,
        of_range=of_range,
        of_buckets=of_buckets,
    )


def _copy_range(pair: Pair, plan: TablePlan, part: Numbered, *, is_empty: bool) -> ChunkResult:
    started_at = now()
    source = pair.reader.sums(plan, part.chunk)[0]
    before = Sums() if is_empty else pair.session.sums(plan, part.chunk)[0]
    written = Written(0, 0)
    columns: tuple[str, ...] = ()
    status, target = EQUAL, before
    if source != before:
        written, columns = _copy(pair, plan, part.chunk, source)
        status, target = (DIFFERING, before) if columns else (COPIED, source)
    return ChunkResult(
        chunk_id=part.chunk_id,
        status=status,
        started_at=started_at,
        ended_at=now(),
        source=source,
        target=target,
        rows_before=before.rows,
        copied=written.copied,
        deleted=written.deleted,
        low=part.chunk.low,
        high=part.chunk.high,
        columns=columns,
    )


def _copy_buckets(pair: Pair, plan: TablePlan, batch: list[BucketSums]) -> list[ChunkResult]:
    started_at = now()
    wanted = sum((bucket.source for bucket in batch), Sums())
    _, columns = _copy(pair, plan, table_pass.chunk_of(batch), wanted)
    is_copied = not columns
    return [
        ChunkResult(
            chunk_id=bucket.chunk_id,
            status=COPIED if is_copied else DIFFERING,
            started_at=started_at,
            ended_at=now(),
            source=bucket.source,
            target=bucket.source if is_copied else bucket.target,
            rows_before=bucket.target.rows,
            copied=bucket.source.rows if is_copied else 0,
            deleted=bucket.target.rows if is_copied else 0,
            columns=columns,
        )
        for bucket in batch
    ]


def _copy(
    pair: Pair, plan: TablePlan, chunk: Chunk, wanted: Sums
) -> tuple[Written, tuple[str, ...]]:
    """Copy a chunk. Return what was written, or the columns whose values the target cannot hold."""
    try:
        return pair.session.replace(plan, chunk, pair.reader.rows(plan, chunk), wanted), ()
    except CopyDiffersError as error:
        source = pair.reader.sums(plan, chunk, by_column=True)
        differing = table_pass.differing_columns(plan, source, error.sums)
        columns = [column.source for column in differing]
        # A key that differs makes each column differ, since columns are summed with it.
        keys = [name for name in columns if name in plan.table.key]
        return Written(0, 0), tuple(keys or columns)
