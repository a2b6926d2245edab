"""Tells a failure that may go away by itself (transient) from one that stays (permanent)."""

from __future__ import annotations

import re
from collections.abc import Sequence

from logmart.errors import TRANSIENT, CommandError, TransientError

# What a database, a server or the operating system says of a failure that does not last.
_TRANSIENT_TEXTS = (
    # DuckDB
    r"could not set lock",
    r"conflicting lock is held",
    # HTTP, as its clients and `logmart-catalog` word it
    r"\bHTTP(?: status| error)?:? (?:429|5\d\d)\b",
    r"\banswered (?:429|5\d\d)\b",
    r"\b(?:429 too many requests|500 internal server error|502 bad gateway)",
    r"\b(?:503 service unavailable|504 gateway time-?out)",
    r"connection (?:refused|reset|aborted|timed out)",
    r"cannot be reached",
    r"\bno answer\b",
    r"\bread timed out\b",
    # the operating system
    r"temporary failure",
    r"temporarily unavailable",
    r"device or resource busy",
    r"interrupted system call",
    r"stale file handle",
    r"too many open files",
)
_TRANSIENT = re.compile("|".join(_TRANSIENT_TEXTS), re.IGNORECASE)


def is_transient_text(text: str) -> bool:
    """Return whether an error message names a failure that may go away by itself."""
    return bool(_TRANSIENT.search(text))


def error_of(message: str, causes: Sequence[str]) -> CommandError:
    """Return the error of a command that failed: transient when all of its causes are.

    In: the line to print, and the message of each cause.
    """
    is_transient = bool(causes) and all(map(is_transient_text, causes))
    return TransientError(message) if is_transient else CommandError(message)


def failure_kind(exit_code: int, failure: str) -> str:
    """Return `transient` or `permanent` for a process that failed.

    In: its exit code, negative when a signal killed it, and the line that it ended with. A killed
    process is transient: its machine may have been short of memory, or restarted.
    """
    if exit_code == TRANSIENT or exit_code < 0 or is_transient_text(failure):
        return "transient"
    return "permanent"
