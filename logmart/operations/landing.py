"""Lands the records of operations: `<landing zone>/operations/dt=YYYY-MM-DD/<entity>-<name>.jsonl`.

A file is written under a name that no reader takes for a log (`.part`), brought to the disk, and
renamed. It never changes afterwards: a name that is taken gets the next number.
"""

from __future__ import annotations

import itertools
import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path

from logmart.landed.private_files import make_private_folder, whole_file

SOURCE = "operations"
ENTITIES = ("task_runs", "check_results", "actions", "notices", "migrated_chunks")

# What a file's name may consist of; any other character becomes `_`.
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")
_LONGEST_NAME = 160


def land(  # noqa: PLR0913 - all but the folder and the records are named in a call
    landing: Path,
    entity: str,
    records: Sequence[Mapping[str, object]],
    *,
    writer: str,
    name: str,
    at: datetime,
) -> Path:
    """Land records of one entity as one file; return its path.

    In: `writer`, who lands (`nightly`, `watch`); `name`, what it lands of, such as the run, task
    and attempt; `at`, when, with a time zone: its UTC date is the partition. In a record, a moment
    becomes a UTC text, and a property that is None is left out.

    Raises OSError when the file cannot be written; then no landed file is left. Raises ValueError
    for an unknown entity, no records, or a moment without a time zone.
    """
    if entity not in ENTITIES or not records:
        raise ValueError(f"{len(records)} records of {entity!r} cannot be landed")
    lines = [_line(record) for record in records]
    source_folder = landing / SOURCE
    folder = source_folder / f"dt={_utc(at).date()}"
    make_private_folder(source_folder)
    make_private_folder(folder)
    stem = f"{entity}-{_safe(writer)}-{_safe(name)}"[:_LONGEST_NAME]
    for path in _numbered(folder, stem):
        part = path.with_name(f"{path.name}.part")
        if _claim(part, path):
            with whole_file(part, path) as opened:
                opened.write("".join(lines).encode("utf-8", "replace"))
            return path
    raise AssertionError("the numbers do not end")


def land_once(landing: Path, file: str, records: Sequence[Mapping[str, object]]) -> None:
    """Land records as a file of a given path below the landing zone; do nothing where it exists.

    Only one process at a time may land a file of this path. Raises OSError when the file cannot be
    written; then no landed file is left.
    """
    path = landing / file
    if path.exists():
        return
    make_private_folder(path.parent.parent)
    make_private_folder(path.parent)
    lines = "".join(_line(record) for record in records)
    with whole_file(path.with_name(f"{path.name}.part"), path) as opened:
        opened.write(lines.encode("utf-8", "replace"))


def utc_text(moment: datetime) -> str:
    """Return a moment as records hold it: `2026-03-01T20:00:00.000Z`.

    Raises ValueError for a moment without a time zone.
    """
    return _utc(moment).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _utc(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError(f"{moment} has no time zone")
    return moment.astimezone(UTC)


def _line(record: Mapping[str, object]) -> str:
    present = {key: value for key, value in record.items() if value is not None}
    separators = (",", ":")
    text = json.dumps(
        present, ensure_ascii=False, allow_nan=False, separators=separators, default=_text_of
    )
    return f"{text}\n"


def _text_of(value: object) -> str:
    if isinstance(value, datetime):
        return utc_text(value)
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"a record cannot hold {type(value).__name__}")


def _safe(text: str) -> str:
    return _UNSAFE.sub("_", text)


def _numbered(folder: Path, stem: str) -> Iterator[Path]:
    yield folder / f"{stem}.jsonl"
    for number in itertools.count(2):
        yield folder / f"{stem}-{number}.jsonl"


def _claim(part: Path, path: Path) -> bool:
    """Create the unfinished file, for this process only; return whether the name was free.

    Whoever creates the unfinished file owns the name. A writer that was killed leaves it behind,
    and the name stays taken.
    """
    try:
        os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    except FileExistsError:
        return False
    if path.exists():
        part.unlink()
        return False
    return True
