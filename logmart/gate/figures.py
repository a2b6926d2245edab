"""Figures of the mart before and after a change, and queries on both databases."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from logmart.gate.workplace import id_key
from logmart.landed.duckdb_plugin import give_key, register_functions
from logmart.landed.identifiers import IdKey, erased_list_path, read_erased


@dataclass(frozen=True)
class Figure:
    """A number of a mart, before and after."""

    name: str
    before: float | None
    after: float | None

    def text(self) -> str:
        """Return the figure as a line of the report."""
        return f"{self.name}: {_number(self.before)} -> {_number(self.after)}{self._share()}"

    def _share(self) -> str:
        if not self.before or self.after is None:
            return ""
        return f" ({(self.after - self.before) / abs(self.before):+.1%})"


def attach_both(connection: duckdb.DuckDBPyConnection, databases: tuple[Path, Path]) -> None:
    """Attach the databases of the base and the branch, as `base` and `head`.

    The connection gets the functions and the key that views of the mart need.
    """
    register_functions(connection)
    landing = Path(os.environ.get("LOGMART_LANDING", "data/landing"))
    give_key(connection, IdKey(id_key().encode()), read_erased(erased_list_path(landing)))
    for path, name in zip(databases, ("base", "head"), strict=True):
        place = str(path).replace("'", "''")
        connection.execute(f"attach '{place}' as {name} (read_only)")


def one_value(connection: duckdb.DuckDBPyConnection, sql: str) -> Any:
    """Return the single value of a query; None when there is no row."""
    row = connection.execute(sql).fetchone()
    return row[0] if row else None


def near(was: float | None, now: float | None) -> bool:
    """Return whether two figures differ only by the order in which floats were added."""
    if was is None or now is None:
        return False
    return abs(was - now) <= 1e-9 * max(abs(was), abs(now))


def _number(value: float | None) -> str:
    if value is None:
        return "null"
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.4g}"
