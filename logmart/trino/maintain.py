"""Compacts the tables of a Trino server and forgets their old snapshots: `logmart trino maintain`.

Every run of dbt writes small files and a snapshot of each table it changes. This rewrites small
files as larger ones, drops snapshots older than a number of days and removes files that no snapshot
knows any more. Readers are not stopped; who reads a snapshot that is dropped gets an error.
"""

from __future__ import annotations

from dataclasses import dataclass

import click

from logmart.errors import CommandError
from logmart.trino.server import CATALOG, QueryError, Server, ask, configured_server

DEFAULT_DAYS = 7


@dataclass(frozen=True)
class Size:
    """How many files, bytes and snapshots a table has."""

    files: int
    size_bytes: int
    snapshots: int


def maintain(server: Server, days: int = DEFAULT_DAYS) -> dict[str, tuple[Size, Size]]:
    """Compact every table, drop its snapshots older than `days` and what they alone knew.

    Out: by table, its size before and after. Raises CommandError that names the table.
    """
    sizes = {}
    for table in mart_tables(server):
        before = size_of(server, table)
        for operation in (
            "optimize",
            f"expire_snapshots(retention_threshold => '{days}d')",
            f"remove_orphan_files(retention_threshold => '{days}d')",
        ):
            try:
                # Whoever asks for less than the catalog's least retention means it.
                ask(
                    server,
                    f"alter table {CATALOG}.{table} execute {operation}",
                    {
                        f"{CATALOG}.expire_snapshots_min_retention": "0s",
                        f"{CATALOG}.remove_orphan_files_min_retention": "0s",
                    },
                )
            except (OSError, QueryError) as error:
                raise CommandError(f"{table}, {operation.split('(')[0]}: {error}") from error
        sizes[table] = before, size_of(server, table)
    return sizes


def mart_tables(server: Server) -> list[str]:
    """Return the tables of the mart, as schema.table."""
    try:
        rows = ask(
            server,
            f"select table_schema || '.' || table_name from {CATALOG}.information_schema.tables"
            " where table_type = 'BASE TABLE'"
            " and table_schema not in ('information_schema', 'system') order by 1",
        )
    except (OSError, QueryError) as error:
        raise CommandError(
            f"no Trino answers on 127.0.0.1:{server.port} ({error}): start one with"
            " `logmart trino up`"
        ) from error
    return [str(name) for (name,) in rows]


def size_of(server: Server, table: str) -> Size:
    """Return how large a table is now."""
    schema, name = table.split(".")
    ((files, size_bytes),) = ask(
        server,
        "select count(*), coalesce(sum(file_size_in_bytes), 0)"
        f' from {CATALOG}.{schema}."{name}$files"',
    )
    ((snapshots,),) = ask(server, f'select count(*) from {CATALOG}.{schema}."{name}$snapshots"')
    return Size(_count(files), _count(size_bytes), _count(snapshots))


def _count(value: object) -> int:
    return int(str(value))


@click.command(help=__doc__)
@click.option(
    "--days", type=int, default=DEFAULT_DAYS, show_default=True, help="How long snapshots are kept."
)
def main(days: int) -> int:
    """Maintain the server of the environment, or raise CommandError."""
    sizes = maintain(configured_server(), days)
    for what in ("files", "size_bytes", "snapshots"):
        before = sum(getattr(sizes[table][0], what) for table in sizes)
        after = sum(getattr(sizes[table][1], what) for table in sizes)
        print(f"{len(sizes)} tables: {what.replace('size_', '')} {before:,} -> {after:,}")
    return 0
