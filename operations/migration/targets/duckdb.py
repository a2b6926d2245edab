"""A DuckDB file as a target: each chunk is replaced, and proved, in one transaction."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from logmart.errors import CommandError
from operations.migration.canonical import kind_of, parsed
from operations.migration.chunks import Chunk, TablePlan
from operations.migration.mapping import Column
from operations.migration.staged import StagedResult
from operations.migration.sums import Sums
from operations.migration.targets import duckdb_differences
from operations.migration.targets.base import CopyDiffersError, Differences, Written
from operations.migration.targets.duckdb_dialect import DuckdbDialect, quoted
from operations.migration.targets.duckdb_errors import clear_errors

# Whatever is larger is spilled beside the file.
MEMORY_LIMIT = "1GiB"


class DuckdbTarget:
    """A DuckDB file."""

    def __init__(self, path: Path, *, writes: bool) -> None:
        """Raises TransientError when another process holds the file, CommandError for no file."""
        self._path = path
        self._writes = writes
        self._dialect = DuckdbDialect()
        if not writes and not path.is_file():
            raise CommandError(f"{path} is not there: write it with `logmart migrate run`")
        with clear_errors(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            self._connection = duckdb.connect(
                str(path), read_only=not writes, config={"memory_limit": MEMORY_LIMIT}
            )
            # The order of rows has no meaning here, and keeping it takes memory.
            self._connection.execute("set preserve_insertion_order = false")

    def prepare(self, plans: list[TablePlan]) -> None:
        """Make the tables that are not there.

        Raises CommandError for one that has other columns than the mapping says.
        """
        with clear_errors(self._path):
            for plan in plans:
                self._prepare(plan)

    def _prepare(self, plan: TablePlan) -> None:
        wanted = {
            column.target: kind.type
            for column, kind in zip(plan.table.columns, plan.kinds, strict=True)
        }
        found = self._columns(plan)
        if found is None and not self._writes:
            raise CommandError(
                f"{self._path} has no table {plan.table.target}: `logmart migrate run` writes it"
            )
        if found is None:
            keys = {column.target for column in plan.table.key_columns if plan.has_unique_key}
            columns = ", ".join(
                f"{quoted(name)} {type_name}{' not null' if name in keys else ''}"
                for name, type_name in wanted.items()
            )
            schema, _, _ = plan.table.target.rpartition(".")
            if schema:
                self._connection.execute(f"create schema if not exists {quoted(schema)}")
            self._connection.execute(f"create table {self._dialect.relation(plan)} ({columns})")
            return
        for name in wanted.keys() ^ found.keys():
            has = "has no" if name in wanted else "has an unmapped"
            raise CommandError(
                f"{plan.table.target} of {self._path} {has} column {name}: rename or drop the"
                " table, and it is copied again"
            )
        for name, type_name in wanted.items():
            if kind_of(found[name]).type != type_name:
                raise CommandError(
                    f"{plan.table.target}.{name} of {self._path} is {found[name].lower()} and not"
                    f" {type_name}: rename or drop the table, and it is copied again"
                )

    def _columns(self, plan: TablePlan) -> dict[str, str] | None:
        try:
            rows = self._connection.execute(f"describe {self._dialect.relation(plan)}").fetchall()
        except duckdb.CatalogException:
            return None
        return {str(row[0]): str(row[1]) for row in rows}

    def row_count(self, plan: TablePlan) -> int:
        """Return the number of rows of a table."""
        with clear_errors(self._path):
            query = f"select count(*) from {self._dialect.relation(plan)}"
            rows = self._connection.execute(query).fetchall()
        return int(rows[0][0])

    @contextmanager
    def session(self) -> Iterator[DuckdbSession]:
        """Open a session."""
        with clear_errors(self._path):
            connection = self._connection.cursor()
        try:
            yield DuckdbSession(self._path, self._dialect, connection)
        finally:
            connection.close()

    def staged(self, plans: list[TablePlan], database: Path) -> list[StagedResult]:
        """No staging model is built from the file."""
        return []

    def close(self) -> None:
        """Close the file."""
        self._connection.close()


class DuckdbSession:
    """A connection to a DuckDB file, used by one thread."""

    def __init__(self, path: Path, dialect: DuckdbDialect, connection: Any) -> None:
        self._path = path
        self._dialect = dialect
        self._connection = connection

    def sums(self, plan: TablePlan, chunk: Chunk, *, by_column: bool = False) -> list[Sums]:
        """Return the sums of a chunk: of its rows, and then of each column, if asked."""
        with clear_errors(self._path):
            return self._sums(plan, chunk, by_column=by_column)

    def _sums(self, plan: TablePlan, chunk: Chunk, *, by_column: bool) -> list[Sums]:
        condition = self._dialect.where(plan, chunk)
        query = self._dialect.sums(plan, condition, by_column=by_column)
        count, *halves = self._connection.execute(query).fetchall()[0]
        return [
            Sums.of(count, high, low) for high, low in zip(halves[::2], halves[1::2], strict=True)
        ]

    def bucket_sums(self, plan: TablePlan, modulus: int) -> dict[int, Sums]:
        """Return the sums of each bucket."""
        with clear_errors(self._path):
            query = self._dialect.bucket_sums(plan, modulus, "true")
            rows = self._connection.execute(query).fetchall()
        return {int(bucket): Sums.of(count, high, low) for bucket, count, high, low in rows}

    def replace(
        self, plan: TablePlan, chunk: Chunk, rows: Iterator[pa.RecordBatch], wanted: Sums
    ) -> Written:
        """Make the rows of a chunk equal to those that were read, at once or not at all.

        Raises CopyDiffersError when what is written does not have the sums that are wanted.
        """
        with clear_errors(self._path):
            self._connection.execute("begin")
        try:
            with clear_errors(self._path):
                written = self._replace(plan, chunk, rows, wanted)
                self._connection.execute("commit")
        except BaseException:  # Also on an interrupt: the chunk is as it was.
            self._roll_back()
            raise
        return written

    def _replace(
        self, plan: TablePlan, chunk: Chunk, rows: Iterator[pa.RecordBatch], wanted: Sums
    ) -> Written:
        relation = self._dialect.relation(plan)
        condition = self._dialect.where(plan, chunk)
        deleted = self._connection.execute(f"delete from {relation} where {condition}").fetchall()
        names = ", ".join(quoted(column.target) for column in plan.table.columns)
        values = ", ".join(parsed(kind, f"c{number}") for number, kind in enumerate(plan.kinds))
        copied = 0
        for batch in rows:
            self._connection.register("sent_rows", batch)
            self._connection.execute(
                f"insert into {relation} ({names}) select {values} from sent_rows"
            )
            self._connection.unregister("sent_rows")
            copied += batch.num_rows
        if self._sums(plan, chunk, by_column=False) != [wanted]:
            raise CopyDiffersError(self._sums(plan, chunk, by_column=True))
        if plan.table.key and not plan.has_unique_key:
            duckdb_differences.refuse_repeated_keys(
                self._connection, self._dialect, plan, condition
            )
        return Written(copied, int(deleted[0][0]))

    def _roll_back(self) -> None:
        try:
            self._connection.execute("rollback")
        except duckdb.Error:
            # A failed write has ended the transaction, or the database, which is as it was before.
            return

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
        with clear_errors(self._path):
            comparison = duckdb_differences.Comparison(
                self._connection, self._dialect, plan, columns
            )
            return comparison.run(self._dialect.where(plan, chunk), texts, limit)
