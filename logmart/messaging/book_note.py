"""Remembers beside the landing zone that an address book exists, so that an erasure reaches it."""

from __future__ import annotations

import os
from pathlib import Path

from logmart.errors import CommandError
from logmart.landed.private_files import make_private_folder
from logmart.messaging.store import STACK_VARIABLE


def note_path(landing: Path) -> Path:
    """Return the path of the note: its text is the name of the stack."""
    return landing.with_name(f"{landing.name}.messages")


def write_note(landing: Path) -> None:
    """Write the name of the stack that LOGMART_MESSAGES_STACK gives. Raises CommandError where the
    note names another: one landing zone has one address book.
    """
    stack = os.environ[STACK_VARIABLE]
    path = note_path(landing)
    if path.exists():
        check_note(landing)
        return
    try:
        make_private_folder(path.parent)
        path.write_text(f"{stack}\n", encoding="utf-8")
    except OSError as error:
        raise CommandError(f"{path} cannot be written: {error.strerror}") from error


def check_note(landing: Path) -> bool:
    """Return whether there is an address book to reach: the environment or the note names one.

    Raises CommandError when they differ: another book may hold the user.
    """
    path = note_path(landing)
    noted = path.read_text(encoding="utf-8").strip() if path.exists() else ""
    given = os.environ.get(STACK_VARIABLE, "")
    if noted and noted != given:
        raise CommandError(
            f"the address book of the stack {noted} may hold addresses, and"
            f" {STACK_VARIABLE} is {given or 'not set'}: set it to {noted}; where that stack is"
            f" deleted, remove {path}"
        )
    return bool(given)
