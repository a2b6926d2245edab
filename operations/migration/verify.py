"""Proves that a table equals its source, by value, or finds what differs by key and column."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from operations.migration import table_pass
from operations.migration.chunks import Chunk, TablePlan
from operations.migration.mapping import Column
from operations.migration.parallel import Pair, Workers
from operations.migration.results import DIFFERING, VERIFIED, ChunkResult
from operations.migration.sums import Sums
from operations.migration.table_pass import BucketSums, Numbered, now
from operations.migration.targets.base import Differences

# Of a table; the number of all is always known.
MOST_DIFFERENCES = 1_000


@dataclass(frozen=True)
class _Found:
    columns: tuple[Column, ...]
    differences: Differences


def verify_table(
    workers: Workers,
    plan: TablePlan,
    chunk_rows: int,
    tick: Callable[[int], None],
    *,
    by_column: bool,
) -> Iterator[ChunkResult]:
    """Compare every chunk; return the result of each.

    In: `by_column`, whether each column of each range is summed, and not only of those that
    differ; `tick`, told the rows that were compared before the first result.
    """

    def of_range(pair: Pair, part: Numbered) -> ChunkResult:
        return _verify_range(pair, plan, part, by_column=by_column)

    def of_buckets(pair: Pair, batch: list[BucketSums]) -> list[ChunkResult]:
        return _verify_buckets(pair, plan, batch)

    return table_pass.results_of_chunks(
        workers,
        plan,
        chunk_rows,
        tick,
        equal_status=VERIFIED,
        of_range=of_range,
        of_buckets=of_buckets,
    )


def _verify_range(pair: Pair, plan: TablePlan, part: Numbered, *, by_column: bool) -> ChunkResult:
    started_at = now()
    source = pair.reader.sums(plan, part.chunk, by_column=by_column)
    target = pair.session.sums(plan, part.chunk, by_column=by_column)
    found = None
    if source[0] != target[0]:
        if not by_column:
            source = pair.reader.sums(plan, part.chunk, by_column=True)
            target = pair.session.sums(plan, part.chunk, by_column=True)
        found = _find(pair, plan, part.chunk, source, target)
    return ChunkResult(
        chunk_id=part.chunk_id,
        status=DIFFERING if found else VERIFIED,
        started_at=started_at,
        ended_at=now(),
        source=source[0],
        target=target[0],
        rows_before=target[0].rows,
        low=part.chunk.low,
        high=part.chunk.high,
        columns=tuple(column.source for column in found.columns) if found else (),
        column_sums=tuple(zip(source[1:], target[1:], strict=True)) if by_column else (),
        differences=tuple(found.differences.first) if found else (),
        difference_counts=found.differences.counts if found else {},
        differing_rows=found.differences.rows if found else None,
    )


def _verify_buckets(pair: Pair, plan: TablePlan, batch: list[BucketSums]) -> list[ChunkResult]:
    started_at = now()
    chunk = table_pass.chunk_of(batch)
    source = pair.reader.sums(plan, chunk, by_column=True)
    target = pair.session.sums(plan, chunk, by_column=True)
    found = _find(pair, plan, chunk, source, target)
    columns = tuple(column.source for column in found.columns)
    # The buckets of a batch are compared together: the first tells of all.
    return [
        ChunkResult(
            chunk_id=bucket.chunk_id,
            status=DIFFERING,
            started_at=started_at,
            ended_at=now(),
            source=bucket.source,
            target=bucket.target,
            rows_before=bucket.target.rows,
            columns=columns,
            differences=() if number else tuple(found.differences.first),
            difference_counts={} if number else found.differences.counts,
            differing_rows=None if number else found.differences.rows,
        )
        for number, bucket in enumerate(batch)
    ]


def _find(
    pair: Pair, plan: TablePlan, chunk: Chunk, source: list[Sums], target: list[Sums]
) -> _Found:
    differing = table_pass.differing_columns(plan, source, target)
    keys = plan.table.key_columns
    # Without a key, only a whole row tells which one differs.
    compared = (
        (*keys, *(column for column in differing if column not in keys))
        if keys
        else plan.table.columns
    )
    texts = pair.reader.texts(plan, chunk, compared)
    differences = pair.session.differences(plan, chunk, compared, texts, MOST_DIFFERENCES)
    return _Found(differing, differences)


def whole_columns(pair: Pair, plan: TablePlan) -> tuple[tuple[Sums, Sums], ...]:
    """Return the sums of each column of a table that is cut into buckets, on both sides."""
    everything = table_pass.EVERYTHING
    source = pair.reader.sums(plan, everything, by_column=True)
    target = pair.session.sums(plan, everything, by_column=True)
    return tuple(zip(source[1:], target[1:], strict=True))
