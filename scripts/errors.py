"""The error that ends a command with one clear line."""

from __future__ import annotations

import sys
from collections.abc import Callable


class CommandError(Exception):
    """What went wrong, what it went wrong with, and the remedy, in one line."""


def run_command(main: Callable[[], int]) -> None:
    """Run a command and exit with what it returns; with 1 and one line on a CommandError."""
    try:
        code = main()
    except CommandError as error:
        print(f"logmart: {error}", file=sys.stderr)
        code = 1
    sys.exit(code)
