"""Builds again and again until every landed file is loaded, where a run takes only so many."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import duckdb

_MIB = 1 << 20


def load_in_parts(build: Callable[[int], None], database: Path, load_at_most_mib: float) -> int:
    """Call `build` with the number of the part, from 1, until no source has files left.

    A run that took less than `load_at_most_mib` of every source (the variable of that name, with
    which `build` builds) has left nothing. Returns how many parts there were.
    """
    part, loaded = 0, _loaded_bytes(database)
    while True:
        part += 1
        build(part)
        before, loaded = loaded, _loaded_bytes(database)
        # A full refresh begins anew: what was loaded before it does not count.
        taken = {
            source: size - before.get(source, 0) if size >= before.get(source, 0) else size
            for source, size in loaded.items()
        }
        if all(size < load_at_most_mib * _MIB for size in taken.values()):
            return part


def _loaded_bytes(database: Path) -> dict[str, int]:
    """Return how many bytes of each source's files are loaded."""
    if not database.exists():
        return {}
    with duckdb.connect(str(database), read_only=True) as connection:
        ledgers = connection.execute(
            "select schema_name || '.' || table_name from duckdb_tables()"
            " where table_name similar to 'base_.*__files'"
        ).fetchall()
        return {
            ledger: connection.execute(
                f"select coalesce(sum(size_bytes), 0)::bigint from {ledger}"
            ).fetchall()[0][0]
            for (ledger,) in ledgers
        }
