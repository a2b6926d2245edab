"""A build whose checks are read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from logmart.operations.quality_results.nodes import CheckedNodes

if TYPE_CHECKING:
    import duckdb


@dataclass(frozen=True)
class ReadBuild:
    """A build: its database, the nodes of its manifest, its variables, and when it is read.

    `run_date` is the date of the run that it belongs to, on which a source may have ended for too
    long; None where only the data say so.
    """

    connection: duckdb.DuckDBPyConnection
    nodes: CheckedNodes
    variables: Mapping[str, Any]
    now: datetime
    run_date: date | None = None

    @cached_property
    def tables(self) -> frozenset[str]:
        """The names of its tables and views."""
        rows = self.connection.execute("select table_name from information_schema.tables")
        return frozenset(name for (name,) in rows.fetchall())
