"""Loads landed files in parts, where a run takes only so many, then builds what is made of them.

What follows the landed lines is built once: a first load in parts costs what one in a single run
does, and a part takes no more memory and disk than its own lines.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import duckdb

# Selects what holds landed lines: the ledgers of files, and the lines with their own tests.
BASE = "+base_*"
_MIB = 1 << 20


def build_in_parts(
    build: Callable[[str, Sequence[str]], None],
    loaded_bytes: Callable[[], dict[str, int]],
    load_at_most_mib: float,
    *,
    is_full_refresh: bool = False,
) -> int:
    """Load all landed files in parts, and build the rest once.

    In: `build` builds with the variable `load_at_most_mib`; it is given what it does, to be told,
    and further arguments of `dbt build`. `loaded_bytes` tells how many bytes of each source's files
    are loaded. Returns how many parts there were: a part that took less than `load_at_most_mib` of
    every source is the last. What was loaded before does not count when
    the mart is built anew.
    """
    refresh = ["--full-refresh"] if is_full_refresh else []
    part, loaded = 0, {} if is_full_refresh else loaded_bytes()
    while True:
        part += 1
        build(f"Part {part}", ["--select", BASE, *(refresh if part == 1 else [])])
        before, loaded = loaded, loaded_bytes()
        taken = [size - before.get(source, 0) for source, size in loaded.items()]
        if all(size < load_at_most_mib * _MIB for size in taken):
            break
    # Anew, all but the lines: they are loaded, and would be once more up to the first part.
    build("What is made of them", [*refresh, "--exclude", BASE] if is_full_refresh else [])
    return part


def loaded_in(database: Path) -> dict[str, int]:
    """Return how many bytes of each source's files are loaded in a DuckDB database."""
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
