"""Runs and verifies a mapping: a pass of each table, what it did landed and written to files."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

from logmart.errors import CommandError
from logmart.operations.landing import land, utc_text
from operations.migration.chunks import TablePlan
from operations.migration.copy import copy_table
from operations.migration.mapping import Mapping
from operations.migration.parallel import Workers, workers
from operations.migration.progress import Progress, progress
from operations.migration.results import ChunkResult, TableResult
from operations.migration.run_files import RunFiles, chunk_records
from operations.migration.schema import schema_faults
from operations.migration.sources import open_source
from operations.migration.sources.base import Snapshot, Source
from operations.migration.sums import Sums
from operations.migration.table_pass import now
from operations.migration.targets import open_target
from operations.migration.targets.base import Target
from operations.migration.verify import MOST_DIFFERENCES, verify_table, whole_columns

RUN, VERIFY = "run", "verify"


@dataclass(frozen=True)
class Job:
    """What to do.

    `tables` are those of the source to work on; all when there are none. `landing` is the landing
    zone for `migrated_chunks`, `state` the folder that gets a folder of this run. `is_final` has
    each column summed, and `is_frozen` declares that nobody writes the source meanwhile.
    `database` is the build database, whose staging models are part of the final proof.
    """

    verb: str
    mapping: Mapping
    state: Path
    landing: Path
    tables: tuple[str, ...] = ()
    is_final: bool = False
    is_frozen: bool = False
    database: Path | None = None


@dataclass
class _Run:
    job: Job
    run_id: str
    files: RunFiles
    source: Source
    target: Target


def carry_out(job: Job) -> list[TableResult]:
    """Run or verify; return what was found of each table.

    Raises CommandError. What was done before is landed and written all the same.
    """
    run_id = f"{now():%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}"
    results: list[TableResult] = []
    with ExitStack() as stack:
        source = stack.enter_context(closing(open_source(job.mapping)))
        plans = _plans(job, source)
        opened = open_target(job.mapping, job.landing, job.state, writes=job.verb == RUN)
        target = stack.enter_context(closing(opened))
        target.prepare(plans)
        about = {
            "runId": run_id,
            "verb": job.verb,
            "mappingId": job.mapping.mapping_id,
            "startedAt": utc_text(now()),
            "isFinal": job.is_final,
            "isFrozen": job.is_frozen,
        }
        with _clear_write_errors(job.state):
            files = RunFiles(job.state, about)
        run = _Run(job, run_id, files, source, target)
        try:
            _each_table(run, plans, results)
            _compare_staged(run, results)
        except (CommandError, KeyboardInterrupt) as failure:
            # A full disk must not hide what happened first.
            with suppress(OSError):
                files.write_run(results, now(), str(failure) or "interrupted")
            raise
        with _clear_write_errors(files.folder):
            files.write_run(results, now(), "")
    return results


@contextmanager
def _clear_write_errors(place: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise CommandError(f"{place} cannot be written: {error.strerror}; free space") from None


def _compare_staged(run: _Run, results: list[TableResult]) -> None:
    """Add what the staging models have, for the final proof of records that landed."""
    if run.job.is_final and run.job.database is not None:
        by_table = {result.plan.table.source: result for result in results}
        for staged in run.target.staged([each.plan for each in results], run.job.database):
            by_table[staged.source_table].staged = staged


def _each_table(run: _Run, plans: list[TablePlan], results: list[TableResult]) -> None:
    if run.job.verb == VERIFY:
        # The proof is of one moment.
        with run.source.snapshot() as snapshot:
            for plan in plans:
                _pass(run, snapshot, plan, results)
        return
    for plan in plans:
        # A snapshot keeps the source from cleaning up, so that none is kept for all tables.
        with run.source.snapshot() as snapshot:
            _pass(run, snapshot, plan, results)


def _pass(run: _Run, snapshot: Snapshot, plan: TablePlan, results: list[TableResult]) -> None:
    """Do the pass of a table. What it did is landed and written even when it is stopped."""
    result = TableResult(plan, snapshot.id, now())
    results.append(result)
    try:
        _compare(run, snapshot, result)
    except (CommandError, KeyboardInterrupt):
        with suppress(OSError):
            _record(run, result)
        raise
    with _clear_write_errors(run.job.landing):
        _record(run, result)


def _compare(run: _Run, snapshot: Snapshot, result: TableResult) -> None:
    plan, load = result.plan, run.job.mapping.load
    with (
        workers(snapshot, run.target, min(load.parallel, run.source.most_readers)) as pairs,
        progress(plan, load.chunk_rows) as bar,
    ):
        room = MOST_DIFFERENCES
        for chunk in _chunks(run, pairs, plan, bar):
            bar.chunk(chunk.source.rows if plan.range_columns else 0)
            result.chunks.append(replace(chunk, differences=chunk.differences[:room]))
            room -= len(result.chunks[-1].differences)
        if run.job.is_final:
            result.column_sums = _column_sums(pairs, result)
    _refuse_strays(run, result)
    result.ended_at = now()


def _record(run: _Run, result: TableResult) -> None:
    """Write the differences of a table and land its chunks. Raises OSError."""
    result.chunks.sort(key=lambda chunk: chunk.chunk_id)
    run.files.write_differences(result)
    records = _records(run, result)
    if records:
        name = f"{run.run_id}-{result.plan.table.source}"
        land(run.job.landing, "migrated_chunks", records, writer="migrate", name=name, at=now())


def _records(run: _Run, result: TableResult) -> list[dict[str, object]]:
    job = run.job
    return list(chunk_records(result, run.run_id, job.mapping.mapping_id, is_frozen=job.is_frozen))


def _chunks(run: _Run, pairs: Workers, plan: TablePlan, bar: Progress) -> Iterator[ChunkResult]:
    chunk_rows = run.job.mapping.load.chunk_rows
    if run.job.verb == VERIFY:
        return verify_table(pairs, plan, chunk_rows, bar.rows, by_column=run.job.is_final)
    is_empty = run.target.row_count(plan) == 0
    return copy_table(pairs, plan, chunk_rows, bar.rows, is_empty=is_empty)


def _column_sums(pairs: Workers, result: TableResult) -> tuple[tuple[Sums, Sums], ...]:
    """Return the sums of each column of a table, on both sides."""
    if not result.plan.range_columns:
        return whole_columns(pairs.first, result.plan)
    by_column = zip(*(chunk.column_sums for chunk in result.chunks), strict=True)
    return tuple(
        (
            sum((source for source, _ in column), Sums()),
            sum((target for _, target in column), Sums()),
        )
        for column in by_column
    )


def _refuse_strays(run: _Run, result: TableResult) -> None:
    """Raise CommandError when the target has rows that are in no chunk."""
    counted = run.target.row_count(result.plan)
    in_chunks = result.sums[1].rows
    if counted != in_chunks:
        raise CommandError(
            f"{result.plan.table.target} has {counted} rows, of which {in_chunks} are in a chunk:"
            " delete those whose key is null"
        )


def _plans(job: Job, source: Source) -> list[TablePlan]:
    faults = schema_faults(job.mapping, source.tables())
    if faults:
        others = f", and {len(faults) - 1} more" if len(faults) > 1 else ""
        raise CommandError(f"{faults[0]}{others}: bring the mapping up to date")
    known = {table.source for table in job.mapping.tables}
    for name in job.tables:
        if name not in known:
            raise CommandError(f"the mapping has no table {name}")
    return [
        source.plan(table)
        for table in job.mapping.tables
        if not job.tables or table.source in job.tables
    ]
