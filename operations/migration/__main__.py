"""The command `logmart migrate <verb>`, in the environment of operations."""

from __future__ import annotations

import importlib
from collections.abc import Sequence

import click

from logmart.errors import run_command

_VERBS = {
    "map": ("map_command", "write the mapping, or add what is new at the source"),
    "run": ("run_command", "copy the chunks that differ"),
    "verify": ("verify_command", "compare every column, under one snapshot"),
    "report": ("report_command", "say whether to cut over, and why"),
}


class _Verbs(click.Group):
    """The verbs. The module of a verb is imported when it is called: drivers take a while."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the verbs, in the order of the table."""
        return list(_VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the command of a verb; None for an unknown one."""
        if cmd_name not in _VERBS:
            return None
        module = importlib.import_module(f"operations.migration.{_VERBS[cmd_name][0]}")
        command: click.Command = module.main
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the verbs without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(verb, text) for verb, (_, text) in _VERBS.items()])


def run(arguments: Sequence[str] | None = None) -> int:
    """Run a command; return its exit code. Raises CommandError."""
    group = _Verbs("migrate", help=__doc__)
    given = None if arguments is None else list(arguments)
    try:
        return group.main(given, prog_name="logmart migrate", standalone_mode=False) or 0
    except click.ClickException as error:
        error.show()
        return error.exit_code


if __name__ == "__main__":
    run_command(run)
