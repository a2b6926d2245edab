"""Copies what differs: `logmart migrate run [--table accounts]`.

It sums chunks of each table on both sides and copies the chunks whose sums differ. So the first
copy, going on after a stop, catching up with inserts, updates and deletes, and repair are all the
same command. A chunk is written in one transaction, and is proved by its sums before it is kept.
Nothing is written to the source.
"""

from __future__ import annotations

from pathlib import Path

import click

from operations.migration.pass_options import carry_out_pass, pass_options
from operations.migration.passes import RUN


@click.command("run", help=__doc__)
@pass_options
def main(mapping: Path, table: tuple[str, ...]) -> int:
    """Copy; return 0. Raises CommandError."""
    return carry_out_pass(RUN, mapping, table)
