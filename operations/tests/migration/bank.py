"""A schema of PostgreSQL that is migrated into a DuckDB file."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from operations.migration.mapping import DUCKDB, POSTGRESQL, Load, Mapping, Source, Table, Target
from operations.migration.passes import RUN, VERIFY, Job, carry_out
from operations.migration.results import COPIED, TableResult
from operations.tests.migration.postgresql_server import PostgreSQL


@dataclass
class Bank:
    """The schema, and what is copied of it. `folder` has the copy and what runs leave."""

    server: PostgreSQL
    schema: str
    folder: Path
    tables: list[Table] = field(default_factory=list)
    load: Load = field(default_factory=lambda: Load(chunk_rows=100, parallel=1))

    @property
    def path(self) -> Path:
        """The DuckDB file."""
        return self.folder / "bank.duckdb"

    @property
    def mapping(self) -> Mapping:
        return Mapping(
            source=Source(POSTGRESQL, "OLD_BANK", self.schema),
            target=Target(DUCKDB, str(self.path)),
            tables=tuple(self.tables),
            load=self.load,
        )

    def execute(self, *statements: str) -> None:
        self.server.execute(f"set search_path = {self.schema}", *statements)

    def add(self, table: Table, *statements: str) -> None:
        """Make a table at the source, and map it."""
        self.execute(*statements)
        self.tables.append(table)

    def run(self) -> list[TableResult]:
        return self._carry_out(RUN)

    def verify(self, *, is_final: bool = False) -> list[TableResult]:
        return self._carry_out(VERIFY, is_final=is_final)

    def _carry_out(self, verb: str, *, is_final: bool = False) -> list[TableResult]:
        landing = self.folder / "landing"
        state = self.folder / "migration"
        return carry_out(Job(verb, self.mapping, state, landing, is_final=is_final))

    def assert_equal(self) -> None:
        """Prove by a whole pass that every column is equal."""
        for result in self.verify(is_final=True):
            assert result.is_equal, result.difference_counts()
            assert result.column_sums
            for source, target in result.column_sums:
                assert source == target

    def change(self, *statements: str) -> None:
        """Change the copy."""
        with duckdb.connect(str(self.path)) as connection:
            for statement in statements:
                connection.execute(statement)

    def copied(self, query: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(self.path), read_only=True) as connection:
            return connection.execute(query).fetchall()

    def last_run(self) -> dict[str, Any]:
        """Return the content of the newest run.json."""
        newest = max(
            (self.folder / "migration").glob("*/run.json"), key=lambda p: p.stat().st_mtime_ns
        )
        content: dict[str, Any] = json.loads(newest.read_text("utf-8"))
        return content

    def last_differences(self) -> list[dict[str, Any]]:
        """Return the lines of the newest differences.jsonl."""
        found = (self.folder / "migration").glob("*/differences.jsonl")
        newest = max(found, key=lambda path: path.stat().st_mtime_ns)
        return [json.loads(line) for line in newest.read_text("utf-8").splitlines()]

    def landed(self) -> list[dict[str, Any]]:
        """Return the records of chunks that were landed."""
        files = sorted((self.folder / "landing").glob("operations/dt=*/migrated_chunks-*.jsonl"))
        return [json.loads(line) for path in files for line in path.read_text().splitlines()]


def environment(bank: Bank) -> dict[str, str]:
    """Return the variables of a process that migrates a bank."""
    return {
        **os.environ,
        "LOGMART_MIGRATION": str(bank.folder / "migration"),
        "LOGMART_LANDING": str(bank.folder / "landing"),
    }


def copied_chunks(results: list[TableResult]) -> list[str]:
    """Return the chunks that were copied."""
    return [
        chunk.chunk_id for result in results for chunk in result.chunks if chunk.status == COPIED
    ]
