"""Moves broken files out of the landing zone, and back: `<landing zone>/_quarantine/`.

A quarantined file keeps its path below that folder, `<source>/dt=YYYY-MM-DD/<file>`, so no pattern
of a source matches it and the loader passes over it. A second file of the same name goes into a
folder `again-2` beside the first. A file is moved by one rename, so a killed run leaves it whole,
in one of the two places.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from logmart.landed.file_names import is_landed_file, landed_date

FOLDER = "_quarantine"
_AGAIN = "again-"


@dataclass(frozen=True)
class QuarantinedFile:
    """A file in quarantine: where it is, and its path below the landing zone before."""

    path: Path
    landing_file: str

    @property
    def source(self) -> str:
        """Return the source that the file landed for."""
        return self.landing_file.partition("/")[0]

    @property
    def landed_on(self) -> date | None:
        """Return the date of the partition that the file landed in."""
        name = Path(self.landing_file)
        return landed_date(name, name.parent.parent)


def quarantined_files(landing: Path) -> Iterator[QuarantinedFile]:
    """Yield the quarantined files, sorted by path."""
    folder = landing / FOLDER
    for path in sorted(folder.rglob("*")):
        if path.is_file() and is_landed_file(path):
            parts = path.relative_to(folder).parts
            kept = [part for part in parts[:-1] if not part.startswith(_AGAIN)]
            yield QuarantinedFile(path, "/".join([*kept, parts[-1]]))


def move_to_quarantine(landing: Path, landing_file: str) -> Path:
    """Move a landed file into quarantine; return where it is. Raises OSError."""
    place = _free_place(landing / FOLDER / landing_file)
    place.parent.mkdir(parents=True, exist_ok=True)
    _rename(landing / landing_file, place)
    return place


def move_back(landing: Path, file: QuarantinedFile) -> None:
    """Move a quarantined file to where it landed. Raises OSError, FileExistsError where a file of
    the name has landed since.
    """
    place = landing / file.landing_file
    if place.exists():
        raise FileExistsError(f"{place} has landed since")
    place.parent.mkdir(parents=True, exist_ok=True)
    _rename(file.path, place)


def replace_landed(landing: Path, file: QuarantinedFile, replacement: Path) -> None:
    """Land a copy of another file in the place of a quarantined one. Raises OSError.

    The quarantined file stays: discard() removes it.
    """
    place = landing / file.landing_file
    place.parent.mkdir(parents=True, exist_ok=True)
    part = place.with_name(f".{place.name}.part")
    shutil.copyfile(replacement, part)
    _rename(part, place)


def discard(file: QuarantinedFile) -> None:
    """Remove a quarantined file for good. Raises OSError."""
    file.path.unlink()
    _sync(file.path.parent)


def _free_place(place: Path) -> Path:
    number, free = 1, place
    while free.exists():
        number += 1
        free = place.parent / f"{_AGAIN}{number}" / place.name
    return free


def _rename(old: Path, new: Path) -> None:
    with old.open("rb") as file:
        os.fsync(file.fileno())
    os.rename(old, new)
    for folder in {old.parent, new.parent}:
        _sync(folder)


def _sync(folder: Path) -> None:
    """Write a folder's entries to disk, so that a rename survives a loss of power."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
