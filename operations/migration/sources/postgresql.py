"""PostgreSQL as a source: Arrow over binary COPY, in read-only transactions of one snapshot.

The first reader exports its snapshot; others import it. Nothing is ever written: each
transaction is `repeatable read read only`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Any

import adbc_driver_manager
import pyarrow as pa
from adbc_driver_manager import dbapi as adbc
from adbc_driver_postgresql import dbapi

from logmart.errors import CommandError
from operations.migration.chunks import Buckets, Chunk, KeyText, Range, TablePlan
from operations.migration.mapping import Column, Table
from operations.migration.schema import SourceTable
from operations.migration.sources import postgresql_catalog as catalog
from operations.migration.sources.postgresql_dialect import PostgresqlDialect, text_literal
from operations.migration.sources.postgresql_errors import Address
from operations.migration.sums import Sums

_BEGIN = "begin transaction isolation level repeatable read read only"
_BATCH_BYTES = 4 * 2**20
_PAGE_BYTES = 8192
# Some 100,000 rows of ordinary width; a slice is read by one statement.
_SLICE_PAGES = 2048
# From this version on, a range of ctid is read alone and not by a scan of the table.
_TID_RANGE_VERSION = 140_000
_FIRST_VERSION = 130_000


class PostgresqlSource:
    """A schema of a PostgreSQL database."""

    most_readers = 32

    def __init__(self, url: str, variable: str, schema: str, timeout_seconds: int) -> None:
        """In: `variable`, the name of the environment variable that holds `url`."""
        self.address = Address(url, variable, timeout_seconds)
        self._url = url
        self._schema = schema
        settings = {
            "datestyle": "ISO, YMD",
            "intervalstyle": "postgres",
            "timezone": "UTC",
            "extra_float_digits": "3",
            "bytea_output": "hex",
            "standard_conforming_strings": "on",
            "client_encoding": "UTF8",
            "application_name": "logmart migrate",
            "default_transaction_read_only": "on",
            "statement_timeout": f"{timeout_seconds}s",
            "lock_timeout": f"{timeout_seconds}s",
            "idle_in_transaction_session_timeout": "0",
            # The load is what the mapping says.
            "max_parallel_workers_per_gather": "0",
            "jit": "off",
            # Where statistics are missing, a chunk's rows must not be found by sorting the table.
            "enable_sort": "off",
        }
        changes = ", ".join(
            f"set_config({text_literal(name)}, {text_literal(value)}, false) as {name}"
            for name, value in settings.items()
        )
        self._settings_query = f"select {changes}"
        self._open = ExitStack()
        self._catalog = self._open.enter_context(self.connection())
        with self.address.clear_errors():
            version, encoding = catalog.server(self._catalog)
        if version < _FIRST_VERSION:
            raise CommandError(f"{self.address} is PostgreSQL {version // 10000}: it has to be 13")
        if encoding == "SQL_ASCII":
            raise CommandError(
                f"{self.address} has the encoding SQL_ASCII, so that its texts have none: convert"
                " the database to UTF8 first"
            )
        self.has_tid_ranges = version >= _TID_RANGE_VERSION
        self.dialect = PostgresqlDialect(schema, is_utf8=encoding == "UTF8")
        self.is_ordered_by_bytes = encoding == "UTF8"

    @contextmanager
    def connection(self) -> Iterator[adbc.Connection]:
        """Open a connection whose session prints values in the canonical way."""
        with self.address.clear_errors():
            connection = dbapi.connect(self._url, autocommit=True)
        try:
            with self.address.clear_errors(), connection.cursor() as cursor:
                cursor.execute(self._settings_query)
                cursor.fetchall()
            yield connection
        finally:
            # The driver's close() raises when the server is gone.
            with suppress(adbc_driver_manager.Error, RuntimeError):
                connection.close()

    def tables(self) -> list[SourceTable]:
        """Return the tables of the schema: their columns with types, and their keys."""
        with self.address.clear_errors():
            return catalog.tables(self._catalog, self._schema)

    def plan(self, table: Table) -> TablePlan:
        """Return how a table is copied. Raises CommandError for a type that is refused."""
        with self.address.clear_errors(table.source):
            return catalog.plan(
                self._catalog, self._schema, table, is_ordered_by_bytes=self.is_ordered_by_bytes
            )

    @contextmanager
    def snapshot(self) -> Iterator[PostgresqlSnapshot]:
        """Take a snapshot. The connection that keeps it is the first reader's."""
        with self.connection() as connection:
            with self.address.clear_errors(), connection.cursor() as cursor:
                cursor.execute(_BEGIN)
                cursor.execute("select pg_export_snapshot() as id")
                snapshot_id = str(cursor.fetchall()[0][0])
            yield PostgresqlSnapshot(self, snapshot_id, connection)

    def close(self) -> None:
        """Close the connection for the catalog; the others are closed where they are used."""
        self._open.close()


class PostgresqlSnapshot:
    """A snapshot that readers import."""

    def __init__(
        self, source: PostgresqlSource, snapshot_id: str, connection: adbc.Connection
    ) -> None:
        self._source = source
        self.id = snapshot_id
        self._keeper = connection
        self._is_read = False

    @contextmanager
    def reader(self) -> Iterator[PostgresqlReader]:
        """Open a reader."""
        if not self._is_read:
            self._is_read = True
            yield PostgresqlReader(self._source, self._keeper)
            self._is_read = False
            return
        with self._source.connection() as connection:
            with self._source.address.clear_errors(), connection.cursor() as cursor:
                cursor.execute(_BEGIN)
                cursor.execute(f"set transaction snapshot {text_literal(self.id)}")
            yield PostgresqlReader(self._source, connection)


class PostgresqlReader:
    """A connection that reads in a snapshot."""

    def __init__(self, source: PostgresqlSource, connection: adbc.Connection) -> None:
        self._address = source.address
        self._dialect = source.dialect
        self._has_tid_ranges = source.has_tid_ranges
        self._connection = connection

    def next_high(self, plan: TablePlan, low: KeyText | None, rows: int) -> KeyText | None:
        """Return the key of the row that is `rows` after `low`; None when fewer are left."""
        dialect = self._dialect
        values = ", ".join(dialect.value(column) for column in plan.range_columns)
        texts = ", ".join(
            f"{dialect.text(plan, column)} as k{number}"
            for number, column in enumerate(plan.range_columns)
        )
        found = self._all(
            plan,
            f"select {texts} from {dialect.relation(plan)}"
            f" where {dialect.where(plan, Range(low, None))}"
            f" order by {values} offset {rows - 1} limit 1",
        )
        return tuple(str(text) for text in found[0]) if found else None

    def sums(self, plan: TablePlan, chunk: Chunk, *, by_column: bool = False) -> list[Sums]:
        """Return the sums of a chunk: of its rows, and then of each column, if asked."""
        totals: list[Sums] = []
        for condition in self._conditions(plan, chunk):
            query = self._dialect.sums(plan, condition, by_column=by_column)
            count, *halves = self._all(plan, query)[0]
            part = [
                Sums.of(count, high, low)
                for high, low in zip(halves[::2], halves[1::2], strict=True)
            ]
            totals = [a + b for a, b in zip(totals, part, strict=True)] if totals else part
        return totals

    def slices(self, plan: TablePlan) -> list[str]:
        """Return ranges of pages, which together are the table."""
        query = catalog.pages_query(self._dialect.relation(plan), _PAGE_BYTES)
        pages = self._all(plan, query)[0][0] if self._has_tid_ranges else None
        if pages is None:
            return ["true"]
        firsts = range(0, int(pages) or 1, _SLICE_PAGES)
        conditions = [
            f"ctid >= '({first},0)' and ctid < '({first + _SLICE_PAGES},0)'" for first in firsts
        ]
        # The table may have grown since the number of its pages was read.
        conditions[-1] = f"ctid >= '({firsts[-1]},0)'"
        return conditions

    def bucket_sums(self, plan: TablePlan, modulus: int, part: str) -> dict[int, Sums]:
        """Return the sums of each bucket of a slice."""
        rows = self._all(plan, self._dialect.bucket_sums(plan, modulus, part))
        return {int(bucket): Sums.of(count, high, low) for bucket, count, high, low in rows}

    def rows(self, plan: TablePlan, chunk: Chunk) -> Iterator[pa.RecordBatch]:
        """Return the rows of a chunk, piece by piece."""
        sent = [self._dialect.sent(plan, column) for column in plan.table.columns]
        return self._batches(plan, chunk, sent)

    def texts(
        self, plan: TablePlan, chunk: Chunk, columns: tuple[Column, ...]
    ) -> Iterator[pa.RecordBatch]:
        """Return the canonical texts of some columns of a chunk, null of null."""
        return self._batches(plan, chunk, [self._dialect.text(plan, each) for each in columns])

    def _batches(
        self, plan: TablePlan, chunk: Chunk, expressions: list[str]
    ) -> Iterator[pa.RecordBatch]:
        selected = ", ".join(f"{each} as c{number}" for number, each in enumerate(expressions))
        for condition in self._conditions(plan, chunk):
            with (
                self._address.clear_errors(plan.table.source),
                self._connection.cursor() as cursor,
            ):
                hint = {"adbc.postgresql.batch_size_hint_bytes": str(_BATCH_BYTES)}
                cursor.adbc_statement.set_options(**hint)
                relation = self._dialect.relation(plan)
                cursor.execute(f"select {selected} from {relation} where {condition}")
                with cursor.fetch_record_batch() as reader:
                    yield from reader

    def _conditions(self, plan: TablePlan, chunk: Chunk) -> list[str]:
        condition = self._dialect.where(plan, chunk)
        if isinstance(chunk, Buckets) or not plan.range_columns:
            return [f"{part} and {condition}" for part in self.slices(plan)]
        return [condition]

    def _all(self, plan: TablePlan, query: str) -> list[tuple[Any, ...]]:
        with self._address.clear_errors(plan.table.source), self._connection.cursor() as cursor:
            cursor.execute(query)
            rows: list[tuple[Any, ...]] = cursor.fetchall()
            return rows
