"""The landing zone as a target: records of which the later one wins, and tombstones.

A row becomes a record with a property a column. A row that the source no longer has lands once
more, whole, with `"isDeleted": true`. Each chunk lands as one file, so that a run that is stopped
leaves whole chunks. What has landed so far is read from the files when a run begins, into a DuckDB
file of that run: no other state is kept.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from logmart.errors import CommandError
from logmart.landed.private_files import make_private, make_private_folder, whole_file
from operations.migration.chunks import Chunk, TablePlan
from operations.migration.landed_plan import planned_entities
from operations.migration.staged import StagedRecords, StagedResult
from operations.migration.sums import Sums
from operations.migration.targets.base import Written
from operations.migration.targets.duckdb import DuckdbSession, DuckdbTarget
from operations.migration.targets.duckdb_dialect import DuckdbDialect, quoted
from operations.migration.targets.duckdb_errors import clear_errors
from operations.migration.targets.landed_lines import (
    landed_rows,
    line_of,
    unlandable,
    unlandable_values,
)

_FETCHED_LINES = 10_000
# What tells the files of a migration from others of the same entity.
MARK = "migrated"


@dataclass
class LandedFiles:
    """The files that one run lands: `<entity>-migrated-<moment>-<number>.jsonl`."""

    folder: Path
    moment: datetime
    number: int = 0

    def __post_init__(self) -> None:
        self._lock = threading.Lock()

    def files(self, entity: str) -> list[Path]:
        """Return the landed files of migrations of an entity."""
        return sorted(self.folder.glob(f"dt=*/{entity}-{MARK}-*.jsonl"), key=lambda p: p.name)

    def land(self, entity: str, lines: Iterator[str]) -> None:
        """Land lines as one file. Raises OSError; then no file has landed."""
        with self._lock:
            self.number += 1
            number = self.number
        folder = self.folder / f"dt={self.moment.date()}"
        make_private_folder(folder)
        path = folder / f"{entity}-{MARK}-{self.moment:%Y%m%dT%H%M%S%f}Z-{number:06d}.jsonl"
        part = path.with_name(f"{path.name}.part")
        with whole_file(part, path) as file:
            file.writelines(line.encode() for line in lines)


class LandingTarget(DuckdbTarget):
    """The records of a source in a landing zone."""

    def __init__(self, landing: Path, source: str, state: Path) -> None:
        """In: `state`, the folder for the DuckDB file of this run.

        Raises TransientError when another process lands records of the source.
        """
        make_private_folder(state)
        self._scratch = state / f"landed-{source}.duckdb"
        super().__init__(self._scratch, writes=True)
        with clear_errors(self._scratch):
            make_private(self._scratch)
        self._files = LandedFiles(landing / source, datetime.now(UTC))
        self._source = source

    def prepare(self, plans: list[TablePlan]) -> None:
        """Read what has landed.

        Raises CommandError for a table without a key, for a type that no record can hold, and for
        files that landed later than now.
        """
        for plan in plans:
            faults = unlandable(plan)
            if faults:
                raise CommandError(faults[0])
            files = self._files.files(plan.table.target)
            newest = files[-1].name.split(f"-{MARK}-")[-1] if files else ""
            if newest > f"{self._files.moment:%Y%m%dT%H%M%S%f}Z":
                raise CommandError(
                    f"{files[-1]} landed later than now: a record of this run would not win; set"
                    " the clock"
                )
            with clear_errors(self._scratch):
                relation = self._dialect.relation(plan)
                self._connection.execute(f"drop table if exists {relation}")
                self._connection.execute(f"create table {relation} as {landed_rows(plan, files)}")

    @contextmanager
    def session(self) -> Iterator[LandingSession]:
        """Open a session."""
        with clear_errors(self._scratch):
            connection = self._connection.cursor()
        try:
            yield LandingSession(self._scratch, self._dialect, connection, self._files)
        finally:
            connection.close()

    def staged(self, plans: list[TablePlan], database: Path) -> list[StagedResult]:
        """Compare what has landed with the staging models of the build database.

        Raises CommandError when it is not there, TransientError when it is in use.
        """
        records = StagedRecords(self._connection, database, self._source)
        entities = planned_entities(self._source)
        return [
            records.compare(
                plan, entities.get(plan.table.target), self._files.files(plan.table.target)
            )
            for plan in plans
        ]

    def close(self) -> None:
        """Remove the DuckDB file of this run."""
        super().close()
        for path in (self._scratch, self._scratch.with_name(f"{self._scratch.name}.wal")):
            with suppress(OSError):
                path.unlink()


class LandingSession(DuckdbSession):
    """A connection that lands the changes of each chunk."""

    def __init__(
        self, path: Path, dialect: DuckdbDialect, connection: Any, files: LandedFiles
    ) -> None:
        super().__init__(path, dialect, connection)
        self._files = files

    def _replace(
        self, plan: TablePlan, chunk: Chunk, rows: Iterator[pa.RecordBatch], wanted: Sums
    ) -> Written:
        dialect = self._dialect
        relation, condition = dialect.relation(plan), dialect.where(plan, chunk)
        told = dialect.row_text(plan, plan.table.columns)
        self._connection.execute(
            "create or replace temp table rows_before as"
            f" select *, {told} as told from {relation} where {condition}"
        )
        super()._replace(plan, chunk, rows, wanted)
        for column, test in unlandable_values(plan):
            query = f"select 1 from {relation} where ({condition}) and {test} limit 1"
            if self._connection.execute(query).fetchall():
                raise CommandError(
                    f"{plan.table.source}.{column} has a value that no record can hold, such as"
                    " NaN or infinity: exclude it, or give it a transform"
                )
        # The rows whose text is not that of the row before, and the rows that are no more.
        upserts = (
            f"select {line_of(plan)} from (select *, {told} as told from {relation}"
            f" where {condition}) as kept where not exists (select 1 from rows_before"
            f" where {_same_key(plan)} and rows_before.told = kept.told)"
        )
        tombstones = (
            f"select {line_of(plan, is_deleted=True)} from rows_before"
            f" where not exists (select 1 from {relation} as kept where {_same_key(plan)})"
        )
        counts = [
            int(self._connection.execute(f"select count(*) from ({query})").fetchall()[0][0])
            for query in (upserts, tombstones)
        ]
        if any(counts):
            lines = self._lines(f"{upserts} union all {tombstones}")
            self._files.land(plan.table.target, lines)
        return Written(*counts)

    def _lines(self, query: str) -> Iterator[str]:
        result = self._connection.execute(query)
        while rows := result.fetchmany(_FETCHED_LINES):
            yield from (f"{line}\n" for (line,) in rows)


def _same_key(plan: TablePlan) -> str:
    names = [quoted(column.target) for column in plan.table.key_columns]
    return " and ".join(f"kept.{name} = rows_before.{name}" for name in names)
