"""A pass of a table: cuts it into chunks, sums each on both sides, and gives those to work on."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from operations.migration.chunks import Buckets, Range, TablePlan
from operations.migration.mapping import Column
from operations.migration.parallel import Pair, Workers
from operations.migration.results import ChunkResult
from operations.migration.sources.base import Reader
from operations.migration.sums import Sums

# A scan of the source pulls so many chunks of buckets at once.
_BUCKETS_A_SCAN = 20
_MOST_BUCKETS = 65_536
EVERYTHING = Range(None, None)


@dataclass(frozen=True)
class Numbered:
    """A range and its place in the table."""

    number: int
    chunk: Range

    @property
    def chunk_id(self) -> str:
        """The name of the chunk in records."""
        return f"{self.number:06d}"


@dataclass(frozen=True)
class BucketSums:
    """The sums of a bucket on both sides."""

    number: int
    modulus: int
    source: Sums
    target: Sums

    @property
    def chunk_id(self) -> str:
        """The name of the chunk in records."""
        return f"{self.number}/{self.modulus}"


def now() -> datetime:
    """Return the moment, in UTC."""
    return datetime.now(UTC)


def ranges(reader: Reader, plan: TablePlan, chunk_rows: int) -> Iterator[Numbered]:
    """Return ranges of `chunk_rows` rows of the source, from the first key to the last.

    The first and the last have no outer bound, so that they have the target's extra rows too.
    """
    low, number = None, 0
    while True:
        high = reader.next_high(plan, low, chunk_rows)
        yield Numbered(number, Range(low, high))
        if high is None:
            return
        low, number = high, number + 1


def summed_buckets(
    workers: Workers, plan: TablePlan, chunk_rows: int, tick: Callable[[int], None]
) -> list[BucketSums]:
    """Return the sums of all buckets. In: `tick`, told the rows of each slice when it is read."""
    modulus = min(max(1, math.ceil(plan.estimated_rows / chunk_rows)), _MOST_BUCKETS)
    source: dict[int, Sums] = {}

    def sum_slice(pair: Pair, part: str) -> dict[int, Sums]:
        return pair.reader.bucket_sums(plan, modulus, part)

    for sums in workers.each(iter(workers.first.reader.slices(plan)), sum_slice):
        tick(sum(each.rows for each in sums.values()))
        for number, each in sums.items():
            source[number] = source.get(number, Sums()) + each
    target = workers.first.session.bucket_sums(plan, modulus)
    return [
        BucketSums(number, modulus, source.get(number, Sums()), target.get(number, Sums()))
        for number in range(modulus)
    ]


def batches(buckets: list[BucketSums], chunk_rows: int) -> Iterator[list[BucketSums]]:
    """Group buckets that differ, so that a scan of the source serves many."""
    batch: list[BucketSums] = []
    for bucket in buckets:
        batch.append(bucket)
        if sum(each.source.rows for each in batch) >= _BUCKETS_A_SCAN * chunk_rows:
            yield batch
            batch = []
    if batch:
        yield batch


def results_of_chunks(  # noqa: PLR0913 - what is done with ranges and buckets is named in a call
    workers: Workers,
    plan: TablePlan,
    chunk_rows: int,
    tick: Callable[[int], None],
    *,
    equal_status: str,
    of_range: Callable[[Pair, Numbered], ChunkResult],
    of_buckets: Callable[[Pair, list[BucketSums]], list[ChunkResult]],
) -> Iterator[ChunkResult]:
    """Return the result of each chunk of a table.

    In: `tick`, told the rows that were compared before the first result; `equal_status`, that of
    buckets with equal sums; what gives the result of a range, and those of buckets that differ.
    """
    if plan.range_columns:
        yield from workers.each(ranges(workers.first.reader, plan, chunk_rows), of_range)
        return
    started_at = now()
    differing = []
    for bucket in summed_buckets(workers, plan, chunk_rows, tick):
        if bucket.source == bucket.target:
            yield equal_bucket(bucket, equal_status, started_at)
        else:
            differing.append(bucket)
    for results in workers.each(batches(differing, chunk_rows), of_buckets):
        yield from results


def differing_columns(
    plan: TablePlan, source: list[Sums], target: list[Sums]
) -> tuple[Column, ...]:
    """Return the columns whose sums differ. In: sums of the rows, and then of each column."""
    return tuple(
        column
        for column, at_source, at_target in zip(
            plan.table.columns, source[1:], target[1:], strict=True
        )
        if at_source != at_target
    )


def chunk_of(batch: list[BucketSums]) -> Buckets:
    """Return a batch as one chunk."""
    return Buckets(batch[0].modulus, tuple(bucket.number for bucket in batch))


def equal_bucket(bucket: BucketSums, status: str, started_at: datetime) -> ChunkResult:
    """Return the result of a bucket whose sums are equal."""
    return ChunkResult(
        chunk_id=bucket.chunk_id,
        status=status,
        started_at=started_at,
        ended_at=now(),
        source=bucket.source,
        target=bucket.target,
        rows_before=bucket.target.rows,
    )
