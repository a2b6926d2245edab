"""Makes files and folders that hold raw text readable by the building user only, and files that
appear whole or not at all.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO


def make_private_folder(folder: Path) -> None:
    """Make a folder closed to other users; an existing folder keeps its mode. Raises OSError."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)


def make_private(file: Path) -> None:
    """Remove the rights of other users from a file that this user owns. Raises OSError."""
    found = file.stat()
    if found.st_mode & 0o077 and found.st_uid == os.geteuid():
        file.chmod(0o600)


@contextmanager
def whole_file(part: Path, path: Path) -> Iterator[BinaryIO]:
    """Yield an unfinished private file to write; then bring it to the disk under its own name.

    When the writing fails, or is interrupted, neither file is there. Raises OSError.
    """
    try:
        with open(part, "wb", opener=_private) as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        part.rename(path)
    except BaseException:  # Also on an interrupt, or an error in what is written.
        part.unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
