"""Starts `logmart migrate <verb>` in the environment of operations, which has the drivers."""

from __future__ import annotations

import os
from collections.abc import Sequence

import click

from logmart.errors import CommandError
from logmart.operations_script import PYTHON, REMEDY
from logmart.settings import PROJECT


def _verb(verb: str, text: str) -> click.Command:
    """Return the command of a verb. Its options, and its full help, are those of the script."""

    @click.command(
        verb,
        help=text,
        context_settings={"ignore_unknown_options": True},
        add_help_option=False,
    )
    @click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
    def command(arguments: Sequence[str]) -> None:
        _start(verb, arguments)

    return command


def _start(verb: str, arguments: Sequence[str]) -> None:
    """Replace this process, so that a signal reaches what it is meant for.

    Raises CommandError when the environment of operations is not installed.
    """
    if not PYTHON.exists():
        raise CommandError(f"{PYTHON} is not there, which migrates: {REMEDY}")
    paths = [str(PROJECT), *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
    words = [str(PYTHON), "-m", "operations.migration", verb, *arguments]
    os.execve(PYTHON, words, environment)


map_tables = _verb("map", "Write the mapping of a migration, or add what is new at the source.")
run = _verb("run", "Copy the chunks of tables that differ.")
verify = _verb("verify", "Compare every chunk of every table, by value.")
report = _verb("report", "Say whether to cut over, and why.")
