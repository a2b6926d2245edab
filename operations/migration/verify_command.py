"""Proves the copies by value: `logmart migrate verify [--final] [--frozen]`.

Every row is summed on both sides, all tables under one snapshot of the source. Where a chunk
differs, the differences are found by key and column and written to differences.jsonl.
"""

from __future__ import annotations

from pathlib import Path

import click

from operations.migration.pass_options import carry_out_pass, pass_options
from operations.migration.passes import VERIFY


@click.command("verify", help=__doc__)
@pass_options
@click.option("--final", "is_final", is_flag=True, help="Sum every column by itself too.")
@click.option("--frozen", "is_frozen", is_flag=True, help="Declare that nobody writes the source.")
def main(mapping: Path, table: tuple[str, ...], is_final: bool, is_frozen: bool) -> int:
    """Verify; return 0. Raises CommandError, also when something differs."""
    return carry_out_pass(VERIFY, mapping, table, is_final=is_final, is_frozen=is_frozen)
