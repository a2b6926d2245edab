"""Holds a lock file, so that only one process at a time does a piece of work."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from logmart.landed.private_files import make_private_folder


@contextmanager
def held(path: Path) -> Iterator[bool]:
    """Yield whether this process alone holds a lock file; a killed process holds nothing.

    The file and its folder are made where they are missing. Raises OSError.
    """
    make_private_folder(path.parent)
    lock = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
    finally:
        os.close(lock)
