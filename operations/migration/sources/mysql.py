"""MySQL and MariaDB as a source: one reader, in a read-only transaction of one snapshot.

The server cannot hand a snapshot to a second connection without a lock on every table, so a pass
has one reader. Nothing is ever written: each transaction is `read only`.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any
from urllib.parse import unquote, urlsplit

import pyarrow as pa
import pymysql
from pymysql.cursors import SSCursor

from logmart.errors import CommandError, TransientError
from operations.migration.canonical import Kind
from operations.migration.chunks import Chunk, KeyText, Range, TablePlan
from operations.migration.mapping import Column, Table
from operations.migration.schema import SourceTable
from operations.migration.sources import mysql_catalog as catalog
from operations.migration.sources.mysql_dialect import SQL_MODE, MySQLDialect
from operations.migration.sums import Sums

_BATCH_ROWS = 8192
_PORT = 3306
_CONNECT_SECONDS = 10
_LOGIN, _FORBIDDEN = (1044, 1045, 1698, 3118), (1142, 1143)
_SCHEMA = (1049, 1054, 1146)
_TIMEOUT = (1969, 3024)
# Connections that are lost or refused, locks, too many connections, a server that stops.
_PASSING = (1040, 1053, 1203, 1205, 1213, 1927, 2002, 2003, 2006, 2013)


class MySQLSource:
    """A database of a MySQL or MariaDB server."""

    most_readers = 1

    def __init__(self, url: str, variable: str, schema: str, timeout_seconds: int) -> None:
        """In: `variable`, the name of the environment variable that holds `url`; `schema`, "" for
        the database that the address names. Raises CommandError for an address that is none.
        """
        self._variable = variable
        self._timeout_seconds = timeout_seconds
        parts = urlsplit(url)
        self._schema = schema or parts.path.removeprefix("/")
        if parts.scheme not in ("mysql", "mariadb") or not parts.hostname or not self._schema:
            raise CommandError(
                f"{variable} is no address: mysql://user:password@host:3306/database"
            )
        self._settings: dict[str, Any] = {
            "host": parts.hostname,
            "port": parts.port or _PORT,
            "user": unquote(parts.username or ""),
            "password": unquote(parts.password or ""),
            "database": self._schema,
        }
        self._name = f"{parts.hostname}:{parts.port or _PORT}/{self._schema}"
        self.dialect = MySQLDialect()

    def __str__(self) -> str:
        return f"the source {self._name} ({self._variable})"

    @contextmanager
    def connection(self) -> Iterator[pymysql.Connection[Any]]:
        """Open a connection whose session has the words of the dialect."""
        with self.clear_errors():
            connection = pymysql.connect(
                **self._settings,
                charset="utf8mb4",
                autocommit=True,
                connect_timeout=_CONNECT_SECONDS,
                read_timeout=self._timeout_seconds + _CONNECT_SECONDS,
                init_command="set time_zone = '+00:00'",
            )
        try:
            with self.clear_errors(), connection.cursor() as cursor:
                cursor.execute(f"set session sql_mode = '{SQL_MODE}'")
                cursor.execute("set session transaction isolation level repeatable read")
                if "mariadb" in connection.get_server_info().lower():
                    cursor.execute(f"set session max_statement_time = {self._timeout_seconds}")
                else:
                    milliseconds = self._timeout_seconds * 1000
                    cursor.execute(f"set session max_execution_time = {milliseconds}")
            yield connection
        finally:
            with suppress(pymysql.Error, OSError):
                connection.close()

    def tables(self) -> list[SourceTable]:
        """Return the tables of the database: their columns with types, and their keys."""
        with self.connection() as connection:
            return catalog.tables(self._query(connection), self._schema)

    def plan(self, table: Table) -> TablePlan:
        """Return how a table is copied. Raises CommandError for a type that is refused."""
        with self.connection() as connection:
            return catalog.plan(self._query(connection), self._schema, table)

    def _query(self, connection: pymysql.Connection[Any]) -> catalog.Query:
        def query(statement: str) -> Sequence[Sequence[Any]]:
            with self.clear_errors(), connection.cursor() as cursor:
                cursor.execute(statement)
                rows: Sequence[Sequence[Any]] = cursor.fetchall()
                return rows

        return query

    @contextmanager
    def snapshot(self) -> Iterator[MySQLSnapshot]:
        """Take a snapshot, which its only reader keeps."""
        with self.connection() as connection:
            query = self._query(connection)
            query("start transaction with consistent snapshot, read only")
            now, number = query("select utc_timestamp(6), connection_id()")[0]
            yield MySQLSnapshot(self, connection, f"{now:%Y-%m-%dT%H:%M:%S.%f}Z-{number}")

    @contextmanager
    def clear_errors(self, table: str = "") -> Iterator[None]:
        """Raise CommandError, or TransientError, for an error of the driver.

        In: `table`, the table that is read.
        """
        try:
            yield
        except pymysql.Error as error:
            raise self._clear(error, table) from None
        except OSError as error:
            raise TransientError(f"{self} cannot be read: {error}; the next run goes on") from None

    def _clear(self, error: pymysql.Error, table: str) -> CommandError:
        number = error.args[0] if error.args else 0
        said = str(error.args[1] if len(error.args) > 1 else error).rstrip(".")
        reading = f" while {table} was read" if table else ""
        if number in _LOGIN:
            return CommandError(f"{self} refuses the login, check {self._variable}: {said}")
        if number in _FORBIDDEN:
            return CommandError(f"{self} lets its user not read: {said}; grant select on it")
        if number in _SCHEMA:
            return CommandError(
                f"{self} has changed its schema{reading}: {said}; correct the mapping, see"
                " `logmart migrate map`"
            )
        if number in _TIMEOUT:
            return CommandError(
                f"{self} stopped a statement on {table or 'the catalog'} after"
                f" {self._timeout_seconds} s: lower load.chunk_rows in the mapping, or raise"
                " load.statement_timeout_seconds"
            )
        if number in _PASSING or isinstance(error, pymysql.InterfaceError):
            return TransientError(f"{self} cannot be read{reading}: {said}; the next run goes on")
        return CommandError(f"{self} fails{reading}: error {number}")

    def close(self) -> None:
        """Connections are closed where they are used."""


class MySQLSnapshot:
    """A snapshot, which one connection reads."""

    def __init__(
        self, source: MySQLSource, connection: pymysql.Connection[Any], snapshot_id: str
    ) -> None:
        self._source = source
        self._connection = connection
        self.id = snapshot_id

    @contextmanager
    def reader(self) -> Iterator[MySQLReader]:
        """Open the reader."""
        yield MySQLReader(self._source, self._connection)


class MySQLReader:
    """The connection that reads in a snapshot."""

    def __init__(self, source: MySQLSource, connection: pymysql.Connection[Any]) -> None:
        self._source = source
        self._dialect = source.dialect
        self._connection = connection

    def next_high(self, plan: TablePlan, low: KeyText | None, rows: int) -> KeyText | None:
        """Return the key of the row that is `rows` after `low`; None when fewer are left."""
        dialect = self._dialect
        texts = ", ".join(dialect.text(plan, column) for column in plan.range_columns)
        values = ", ".join(dialect.value(column) for column in plan.range_columns)
        found = self._all(
            plan,
            f"select {texts} from {dialect.relation(plan)}"
            f" where {dialect.where(plan, Range(low, None))}"
            f" order by {values} limit 1 offset {rows - 1}",
        )
        return tuple(found[0]) if found else None

    def sums(self, plan: TablePlan, chunk: Chunk, *, by_column: bool = False) -> list[Sums]:
        """Return the sums of a chunk: of its rows, and then of each column, if asked."""
        condition = self._dialect.where(plan, chunk)
        query = self._dialect.sums(plan, condition, by_column=by_column)
        count, *halves = self._all(plan, query)[0]
        return [
            Sums.of(count, high, low) for high, low in zip(halves[::2], halves[1::2], strict=True)
        ]

    def slices(self, plan: TablePlan) -> list[str]:
        """Return the one condition of the whole table."""
        return ["true"]

    def bucket_sums(self, plan: TablePlan, modulus: int, part: str) -> dict[int, Sums]:
        """Return the sums of each bucket of a slice."""
        rows = self._all(plan, self._dialect.bucket_sums(plan, modulus, part))
        return {int(bucket): Sums.of(count, high, low) for bucket, count, high, low in rows}

    def rows(self, plan: TablePlan, chunk: Chunk) -> Iterator[pa.RecordBatch]:
        """Return the rows of a chunk, piece by piece."""
        return self._batches(plan, chunk, plan.table.columns, [_decoder(k) for k in plan.kinds])

    def texts(
        self, plan: TablePlan, chunk: Chunk, columns: tuple[Column, ...]
    ) -> Iterator[pa.RecordBatch]:
        """Return the canonical texts of some columns of a chunk, null of null."""
        return self._batches(plan, chunk, columns, [_TEXT] * len(columns))

    def _batches(
        self,
        plan: TablePlan,
        chunk: Chunk,
        columns: Sequence[Column],
        decoders: Sequence[_Decoder],
    ) -> Iterator[pa.RecordBatch]:
        dialect = self._dialect
        selected = ", ".join(dialect.text(plan, column) for column in columns)
        condition = dialect.where(plan, chunk)
        query = f"select {selected} from {dialect.relation(plan)} where {condition}"
        names = [f"c{number}" for number in range(len(columns))]
        with (
            self._source.clear_errors(plan.table.source),
            self._connection.cursor(SSCursor) as cursor,
        ):
            cursor.execute(query)
            while rows := cursor.fetchmany(_BATCH_ROWS):
                arrays = [
                    pa.array(map(decode, values), arrow_type)
                    for (arrow_type, decode), values in zip(
                        decoders, zip(*rows, strict=True), strict=True
                    )
                ]
                yield pa.RecordBatch.from_arrays(arrays, names)

    def _all(self, plan: TablePlan, query: str) -> Sequence[Sequence[Any]]:
        with self._source.clear_errors(plan.table.source), self._connection.cursor() as cursor:
            cursor.execute(query)
            rows: Sequence[Sequence[Any]] = cursor.fetchall()
            return rows


# The Arrow type of what is sent, and how it is made of a canonical text.
_Decoder = tuple[pa.DataType, Callable[[str | None], Any]]


def _same(text: str | None) -> Any:
    return text


def _bytes_of(text: str | None) -> Any:
    return None if text is None else bytes.fromhex(text)


def _double_of(text: str | None) -> Any:
    return None if text is None else struct.unpack(">d", bytes.fromhex(text))[0]


def _single_of(text: str | None) -> Any:
    return None if text is None else struct.unpack(">f", bytes.fromhex(text))[0]


_TEXT: _Decoder = (pa.string(), _same)
_DECODERS: dict[str, _Decoder] = {
    "blob": (pa.binary(), _bytes_of),
    "double": (pa.float64(), _double_of),
    "real": (pa.float32(), _single_of),
}


def _decoder(kind: Kind) -> _Decoder:
    return _DECODERS.get(kind.name, _TEXT)
