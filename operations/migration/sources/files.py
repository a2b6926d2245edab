"""A folder of CSV and Parquet files as a source, read by DuckDB.

A table is a file (`accounts.csv`, `accounts.csv.gz`, `accounts.parquet`), or a folder of such files
of one kind. The columns of a CSV file are texts, as they stand there: an empty field is null, and
an empty one in quotes the empty text. The mapping gives them types.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from logmart.errors import CommandError
from operations.migration.canonical import Kind, UnsupportedTypeError, kind_of
from operations.migration.chunks import Chunk, KeyText, TablePlan
from operations.migration.mapping import Column, Table
from operations.migration.schema import SourceColumn, SourceTable
from operations.migration.sources.files_dialect import FilesDialect, is_told
from operations.migration.sums import Sums
from operations.migration.targets.duckdb import MEMORY_LIMIT
from operations.migration.targets.duckdb_errors import clear_errors

_BATCH_ROWS = 8192
_CSV, _PARQUET = (".csv", ".csv.gz"), (".parquet",)
_ID_LENGTH = 16


class FilesSource:
    """A folder of files."""

    most_readers = 1

    def __init__(self, folder: str, variable: str) -> None:
        """In: `variable`, the name of the environment variable that holds `folder`.

        Raises CommandError when it is no folder.
        """
        self._folder = Path(folder)
        self._variable = variable
        if not self._folder.is_dir():
            raise CommandError(f"{variable} is {folder}, which is no folder")

    @contextmanager
    def connection(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Open DuckDB."""
        with duckdb.connect(config={"memory_limit": MEMORY_LIMIT}) as connection:
            connection.execute("set timezone = 'UTC'")
            yield connection

    def tables(self) -> list[SourceTable]:
        """Return the tables: their columns with DuckDB's types. Files have no keys."""
        with self.connection() as connection:
            return [
                SourceTable(
                    name,
                    tuple(
                        SourceColumn(column, type_name.lower())
                        for column, type_name in self._columns(connection, name)
                    ),
                )
                for name in self._names()
            ]

    def _names(self) -> list[str]:
        names = set()
        for path in self._folder.iterdir():
            if path.is_dir() and any(_suffix(part) for part in path.iterdir()):
                names.add(path.name)
            elif path.is_file() and _suffix(path):
                names.add(path.name.removesuffix(_suffix(path)))
        return sorted(names)

    def files(self, table: str) -> list[Path]:
        """Return the files of a table. Raises CommandError for none, and for files of two kinds."""
        single = [self._folder / f"{table}{suffix}" for suffix in (*_CSV, *_PARQUET)]
        found = [path for path in single if path.is_file()]
        folder = self._folder / table
        if folder.is_dir():
            found += sorted(path for path in folder.iterdir() if path.is_file() and _suffix(path))
        if not found:
            raise CommandError(f"{self._folder} has no table {table}: see its mapping")
        if len({_suffix(path) in _PARQUET for path in found}) > 1:
            raise CommandError(f"{folder} has CSV and Parquet files: keep one kind")
        return found

    def _columns(self, connection: duckdb.DuckDBPyConnection, table: str) -> list[tuple[str, str]]:
        relation = relation_of(self.files(table))
        with clear_errors(self._folder / table):
            rows = connection.execute(f"describe from {relation}").fetchall()
        return [(row[0], row[1]) for row in rows]

    def plan(self, table: Table) -> TablePlan:
        """Return how a table is copied. Raises CommandError for a type that is refused."""
        with self.connection() as connection:
            types = dict(self._columns(connection, table.source))
            relation = relation_of(self.files(table.source))
            with clear_errors(self._folder / table.source):
                counted = connection.execute(f"select count(*) from {relation}").fetchall()
        source_types = tuple(self._source_type(table, column, types) for column in table.columns)
        kinds = tuple(
            self._kind(table, column, type_name)
            for column, type_name in zip(table.columns, source_types, strict=True)
        )
        # Each range of a key would be a scan of all files: buckets are summed in one.
        return TablePlan(
            table=table,
            kinds=kinds,
            source_types=source_types,
            range_columns=(),
            has_unique_key=False,
            estimated_rows=int(counted[0][0]),
        )

    def _source_type(self, table: Table, column: Column, types: dict[str, str]) -> str:
        if column.transform:
            return ""
        if column.source not in types:
            raise CommandError(
                f"the source no longer has the column {table.source}.{column.source}"
            )
        is_text = _suffix(self.files(table.source)[0]) in _CSV
        return "" if is_text else types[column.source].lower()

    def _kind(self, table: Table, column: Column, type_name: str) -> Kind:
        place = f"{table.source}.{column.source}"
        try:
            kind = kind_of(column.type)
            found = kind_of(type_name) if type_name else None
        except UnsupportedTypeError as error:
            raise CommandError(f"{place} cannot be copied as {error}") from None
        if not is_told(kind, found):
            raise CommandError(f"{place} is {type_name}: it is not told exactly as {column.type}")
        return kind

    @contextmanager
    def snapshot(self) -> Iterator[FilesSnapshot]:
        """Hold that no file changes. Raises CommandError when one did, at the end."""
        before = self._state()
        yield FilesSnapshot(self, before)
        if self._state() != before:
            raise CommandError(
                f"a file of {self._folder} ({self._variable}) changed while it was read: run again"
            )

    def _state(self) -> str:
        """Return a hash of the names, sizes and times of all files."""
        digest = hashlib.sha256()
        for path in sorted(self._folder.rglob("*")):
            if path.is_file():
                found = path.stat()
                place = path.relative_to(self._folder)
                digest.update(f"{place}\0{found.st_size}\0{found.st_mtime_ns}\n".encode())
        return digest.hexdigest()[:_ID_LENGTH]

    def close(self) -> None:
        """Connections are closed where they are used."""


class FilesSnapshot:
    """The files as they are."""

    def __init__(self, source: FilesSource, snapshot_id: str) -> None:
        self._source = source
        self.id = snapshot_id

    @contextmanager
    def reader(self) -> Iterator[FilesReader]:
        """Open a reader."""
        with self._source.connection() as connection:
            yield FilesReader(self._source, connection)


class FilesReader:
    """A connection of DuckDB that reads files."""

    def __init__(self, source: FilesSource, connection: duckdb.DuckDBPyConnection) -> None:
        self._source = source
        self._connection = connection

    def _dialect(self, plan: TablePlan) -> FilesDialect:
        return FilesDialect(relation_of(self._source.files(plan.table.source)))

    def next_high(self, plan: TablePlan, low: KeyText | None, rows: int) -> KeyText | None:
        """Files are not cut into ranges."""
        raise AssertionError(f"{plan.table.source} is cut into buckets")

    def sums(self, plan: TablePlan, chunk: Chunk, *, by_column: bool = False) -> list[Sums]:
        """Return the sums of a chunk: of its rows, and then of each column, if asked."""
        dialect = self._dialect(plan)
        query = dialect.sums(plan, dialect.where(plan, chunk), by_column=by_column)
        count, *halves = self._all(plan, query)[0]
        return [
            Sums.of(count, high, low) for high, low in zip(halves[::2], halves[1::2], strict=True)
        ]

    def slices(self, plan: TablePlan) -> list[str]:
        """Return the one condition of the whole table."""
        return ["true"]

    def bucket_sums(self, plan: TablePlan, modulus: int, part: str) -> dict[int, Sums]:
        """Return the sums of each bucket of a slice."""
        rows = self._all(plan, self._dialect(plan).bucket_sums(plan, modulus, part))
        return {int(bucket): Sums.of(count, high, low) for bucket, count, high, low in rows}

    def rows(self, plan: TablePlan, chunk: Chunk) -> Iterator[pa.RecordBatch]:
        """Return the rows of a chunk, piece by piece."""
        dialect = self._dialect(plan)
        return self._batches(plan, chunk, [dialect.sent(plan, each) for each in plan.table.columns])

    def texts(
        self, plan: TablePlan, chunk: Chunk, columns: tuple[Column, ...]
    ) -> Iterator[pa.RecordBatch]:
        """Return the canonical texts of some columns of a chunk, null of null."""
        dialect = self._dialect(plan)
        return self._batches(plan, chunk, [dialect.text(plan, each) for each in columns])

    def _batches(
        self, plan: TablePlan, chunk: Chunk, expressions: list[str]
    ) -> Iterator[pa.RecordBatch]:
        dialect = self._dialect(plan)
        selected = ", ".join(f"{each} as c{number}" for number, each in enumerate(expressions))
        condition = dialect.where(plan, chunk)
        query = f"select {selected} from {dialect.relation(plan)} where {condition}"
        with clear_errors(self._source.files(plan.table.source)[0]):
            reader: pa.RecordBatchReader = self._connection.sql(query).to_arrow_reader(_BATCH_ROWS)
            yield from reader

    def _all(self, plan: TablePlan, query: str) -> list[tuple[Any, ...]]:
        with clear_errors(self._source.files(plan.table.source)[0]):
            rows: list[tuple[Any, ...]] = self._connection.execute(query).fetchall()
            return rows


def relation_of(files: list[Path]) -> str:
    """Return the table function that reads files of one kind."""
    paths = ", ".join("'" + str(path).replace("'", "''") + "'" for path in files)
    if _suffix(files[0]) in _PARQUET:
        return f"read_parquet([{paths}])"
    options = "header = true, all_varchar = true, nullstr = '', allow_quoted_nulls = false"
    return f"read_csv([{paths}], {options})"


def _suffix(path: Path) -> str:
    return next((suffix for suffix in (*_CSV, *_PARQUET) if path.name.endswith(suffix)), "")
