"""Decides by its name whether a file of the landing zone is a log. Every reader uses this rule.

A file below `<landing zone>/<source>/` is landed unless it is hidden or unfinished. It is hidden
when its own name, or that of its folder, begins with a dot or an underscore, as for Hive and Spark.
It is unfinished when its name ends in one of UNFINISHED. A landed file must be in a partition,
`<source>/dt=YYYY-MM-DD/<file>`; a reader that finds one elsewhere stops with an error.
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
    """Return whether a file is a log, by its name and its folder's."""
    name = PurePath(path)
    is_hidden = name.name.startswith(_HIDDEN) or name.parent.name.startswith(_HIDDEN)
    return not is_hidden and not name.name.endswith(UNFINISHED)


def landed_files(source_folder: Path) -> Iterator[Path]:
    """Yield the landed files below a source's folder, sorted, whether in a partition or not."""
    for path in sorted(source_folder.rglob("*")):
        if path.is_file() and is_landed_file(path):
            yield path


def landed_date(path: PurePath, source_folder: PurePath) -> date | None:
    """Return the date of a file's partition; None for a file outside of its source's partitions."""
    partition = _PARTITION.fullmatch(path.parent.name)
    if partition is None or path.parent.parent != source_folder:
        return None
    try:
        return date.fromisoformat(partition.group(1))
    except ValueError:
        return None


def is_inside(folder: Path, name: str) -> bool:
    """Return whether a relative path from a list stays inside a folder: it has no `..`, is not
    absolute, and passes through no link to another folder.
    """
    parent = (folder / name).parent.resolve()
    return ".." not in Path(name).parts and parent.is_relative_to(folder.resolve())
