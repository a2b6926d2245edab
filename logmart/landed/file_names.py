"""Which files of a landing zone are logs, by their names: the one rule, for every reader.

A file below `<landing zone>/<source>/` is landed unless it is hidden (its own name, or that of the
folder straight above it, begins with a dot or an underscore, as for Hive and Spark) or is still
being written (its name ends in one of UNFINISHED). A landed file is to be in a partition,
`<source>/dt=YYYY-MM-DD/<file>`: one that is not stops whoever finds it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path, PurePath

UNFINISHED = (".part", ".partial", ".tmp", ".crdownload", "._COPYING_")
_HIDDEN = (".", "_")
_PARTITION = re.compile(r"dt=([0-9]{4}-[0-9]{2}-[0-9]{2})")


def is_landed_file(path: str | PurePath) -> bool:
    """Return whether the name of a file, and that of its folder, are those of a log."""
    name = PurePath(path)
    is_hidden = name.name.startswith(_HIDDEN) or name.parent.name.startswith(_HIDDEN)
    return not is_hidden and not name.name.endswith(UNFINISHED)


def landed_files(source_folder: Path) -> Iterator[Path]:
    """Return the landed files below a source's folder, in a partition or not, in order."""
    for path in sorted(source_folder.rglob("*")):
        if path.is_file() and is_landed_file(path):
            yield path


def landed_date(path: PurePath, source_folder: PurePath) -> date | None:
    """Return the date of a file's partition; None for a file that is in none of its source's."""
    partition = _PARTITION.fullmatch(path.parent.name)
    if partition is None or path.parent.parent != source_folder:
        return None
    try:
        return date.fromisoformat(partition.group(1))
    except ValueError:
        return None


def is_inside(folder: Path, name: str) -> bool:
    """Return whether a path below a folder, as a list names it, leads to a file in that folder:
    over no `..`, no path of its own, and no folder that is a link to elsewhere.
    """
    parent = (folder / name).parent.resolve()
    return ".." not in Path(name).parts and parent.is_relative_to(folder.resolve())
