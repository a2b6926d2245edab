"""Compacts the tables of a Trino server and drops their old snapshots: `logmart trino maintain`.

Every run of dbt writes small files and a snapshot for each table that it changes. This command
rewrites small files as larger ones, drops snapshots older than a number of days and removes files
that no snapshot refers to. Readers are not stopped; a query on a dropped snapshot gets an error.
"""

from __future__ import annotations

from dataclasses import dataclass

import click

from logmart.errors import CommandError
from logmart.trino.server import CATALOG, QueryError, Server, ask, configured_server

DEFAULT_DAYS = 7


@dataclass(frozen=True)
class Size:
    """The numbers of files, bytes and snapshots of a table."""

    files: int
    size_bytes: int
    snapshots: int


def maintain(server: Server, days: int = DEFAULT_DAYS) -> dict[str, tuple[Size, Size]]:
    """Compact every table, drop its snapshots older than `days`, and remove unreferenced files.

    Return the size of each table before and after. Raises CommandError that names the table.
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
                # Allow a shorter retention than the catalog's minimum.
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
    """Return the current size of a table."""
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
    for measure in ("files", "size_bytes", "snapshots"):
        before = sum(getattr(sizes[table][0], measure) for table in sizes)
        after = sum(getattr(sizes[table][1], measure) for table in sizes)
        print(f"{len(sizes)} tables: {measure.replace('size_', '')} {before:,} -> {after:,}")
    return 0
