"""The options of `logmart migrate run` and `verify`, and what both print."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import click

from logmart.errors import CommandError
from logmart.settings import settings
from operations.migration.mapping_file import MAPPING_FILE, read_mapping
from operations.migration.passes import Job, carry_out
from operations.migration.result_text import failure, result_line

Command = TypeVar("Command", bound=Callable[..., object])


def pass_options(command: Command) -> Command:
    """Give a command the options of a pass: `mapping` and `table`."""
    mapping = click.option(
        "--mapping",
        type=click.Path(path_type=Path),
        default=MAPPING_FILE,
        show_default=True,
        help="The reviewed mapping.",
    )
    table = click.option(
        "--table", multiple=True, help="A table of the source, instead of all; may be repeated."
    )
    return mapping(table(command))


def carry_out_pass(
    verb: str,
    mapping: Path,
    tables: tuple[str, ...],
    *,
    is_final: bool = False,
    is_frozen: bool = False,
) -> int:
    """Run or verify a mapping, and print a line a table; return 0.

    Raises CommandError, also when something differs.
    """
    paths = settings()
    results = carry_out(
        Job(
            verb=verb,
            mapping=read_mapping(mapping),
            state=paths.migration,
            landing=paths.landing,
            tables=tables,
            is_final=is_final,
            is_frozen=is_frozen,
            database=paths.database,
        )
    )
    for result in results:
        click.echo(result_line(result, verb))
    message = failure(results, verb)
    if message:
        raise CommandError(message)
    return 0
