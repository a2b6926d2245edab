"""Loads landed files in parts of limited size, then builds the models downstream of them.

The downstream models are built once, so a first load in parts costs as much as a load in a single
run. A part needs memory and disk only for its own lines.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import duckdb

# Selects the models that load files: the ledgers of files and the landed lines, with their tests.
BASE = "+base_*"
_MIB = 1 << 20


def build_in_parts(
    build: Callable[[str, Sequence[str]], None],
    loaded_bytes: Callable[[], dict[str, int]],
    load_at_most_mib: float,
    *,
    is_full_refresh: bool = False,
) -> int:
    """Load all landed files in parts, and build the rest once. Return the number of parts.

    In: `build` runs `dbt build` with the variable `load_at_most_mib`; its arguments are the name of
    the stage, to print, and further arguments for dbt. `loaded_bytes` returns the loaded bytes by
    source. The last part is the one that loads less than `load_at_most_mib` of every source. In a
    full refresh, bytes that were loaded before do not count.
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
    # A full refresh must leave out the landed lines: they are loaded already, and a refresh would
    # keep only the first part of them.
    build("Models downstream", [*refresh, "--exclude", BASE] if is_full_refresh else [])
    return part


def loaded_in(database: Path) -> dict[str, int]:
    """Return the loaded bytes of each source's files in a DuckDB database."""
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
