"""The error that ends a command with one clear line."""

from __future__ import annotations

import sys
from collections.abc import Callable

# The exit code of an interrupted command, by the convention of shells.
INTERRUPTED = 130
# The exit code of a failure that goes away by itself: EX_TEMPFAIL of sysexits.h.
TRANSIENT = 75


class CommandError(Exception):
    """An error that ends a command. Its message is one line: the cause, the object, the remedy."""


class TransientError(CommandError):
    """An error that may go away by itself, such as a file that another process holds: the same
    command is worth another try.
    """


def run_command(main: Callable[[], int]) -> None:
    """Run a command and exit with its return value.

    On a CommandError it prints one line and exits with 1, or with 75 when another try may succeed;
    on an interrupt, one line and 130.
    """
    try:
        code = main()
    except CommandError as error:
        print(f"logmart: {error}", file=sys.stderr)
        code = TRANSIENT if isinstance(error, TransientError) else 1
    except KeyboardInterrupt:
        print("logmart: interrupted", file=sys.stderr)
        code = INTERRUPTED
    sys.exit(code)
