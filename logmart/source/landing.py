"""Lands the files of a new source: copies them into the partition of their day of arrival."""

from __future__ import annotations

import gzip
import os
import shutil
from collections.abc import Iterable
from datetime import date
from pathlib import Path

from logmart.errors import CommandError
from logmart.source.log_files import lines_of


def landing_paths(
    landing: Path, source: str, files: Iterable[Path], today: date
) -> dict[Path, Path]:
    """Return where each file lands. A zstd file lands as gzip.

    Raises CommandError for a file that has landed with other content, and for two files of one
    name.
    """
    places: dict[Path, Path] = {}
    for file in files:
        name = f"{file.name.removesuffix('.zst')}.gz" if file.suffix == ".zst" else file.name
        place = landing / source / f"dt={today.isoformat()}" / name.lstrip("._")
        if place in places.values():
            raise CommandError(f"two files are named {file.name}: rename one of them")
        earlier = list((landing / source).glob(f"dt=*/{place.name}"))
        if earlier and file.suffix != ".zst" and _is_same(file, earlier[0]):
            continue
        if place.exists():
            raise CommandError(
                f"{place} has landed with other content: rename {file}, because a landed file is"
                " not changed"
            )
        places[file] = place
    return places


def land(places: dict[Path, Path]) -> None:
    """Copy the files to their places. Raises OSError."""
    for file, place in places.items():
        place.parent.mkdir(parents=True, exist_ok=True)
        part = place.with_name(f".{place.name}.part")
        if file.suffix == ".zst":
            with gzip.open(part, "wt", encoding="utf-8", newline="\n") as packed:
                packed.writelines(f"{line}\n" for line in lines_of(file))
        else:
            shutil.copyfile(file, part)
        os.replace(part, place)


def _is_same(first: Path, second: Path) -> bool:
    if first.stat().st_size != second.stat().st_size:
        return False
    with first.open("rb") as one, second.open("rb") as other:
        while block := one.read(1 << 20):
            if block != other.read(1 << 20):
                return False
    return True
