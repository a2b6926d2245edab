"""Lets one process at a time work in a folder."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from logmart.landed.private_files import make_private_folder

_LOCK_FILE = "lock"


@contextmanager
def folder_lock(folder: Path) -> Iterator[bool]:
    """Yield whether this process alone holds a folder, which is made if needed; a killed process
    holds nothing.
    """
    make_private_folder(folder.parent)
    make_private_folder(folder)
    lock = os.open(folder / _LOCK_FILE, os.O_WRONLY | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
    finally:
        os.close(lock)
