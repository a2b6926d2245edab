"""The error that ends a command with one clear line."""

from __future__ import annotations

import sys
from collections.abc import Callable

# The exit code of a command that a person stopped, as shells have it.
INTERRUPTED = 130


class CommandError(Exception):
    """What went wrong, what it went wrong with, and the remedy, in one line."""


def run_command(main: Callable[[], int]) -> None:
    """Run a command and exit with what it returns; with 1 and one line on a CommandError, with
    130 and one line when a person stops it.
    """
    try:
        code = main()
    except CommandError as error:
        print(f"logmart: {error}", file=sys.stderr)
        code = 1
    except KeyboardInterrupt:
        print("logmart: interrupted", file=sys.stderr)
        code = INTERRUPTED
    sys.exit(code)
