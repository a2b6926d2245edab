"""Stamps what readers go on to see when a build or the pages failed: with the date of its data.

The published file stays byte for byte as it was. `<published>.stale.json` beside it holds the
stamp, which the next publish removes; a page gets a banner.
"""

from __future__ import annotations

import html
import json
import re
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import duckdb

from logmart.mart.complete_date import complete_date

# Where a page has its banner: at the start of its main part.
_MAIN = '<main id="main">\n'
_BANNER = re.compile(r"<!-- stale -->.*?<!-- /stale -->\n", re.DOTALL)
_DATA_DATE = re.compile(r'<meta name="data-date" content="(\d{4}-\d{2}-\d{2})">')


@dataclass(frozen=True)
class Stamp:
    """The last complete business date of the data shown, since when it is not replaced by newer
    data (UTC), and the task that failed.
    """

    data_date: date | None
    since: datetime
    failed_task: str


def stamp_file(published: Path) -> Path:
    """Return the file of the stamp of a published file."""
    return published.with_name(f"{published.name}.stale.json")


def write_stamp(published: Path, stamp: Stamp) -> Stamp:
    """Write the stamp of a published file and return it. A stamp that is there keeps its `since`:
    the data is stale since then.
    """
    earlier = read_stamp(published)
    kept = Stamp(stamp.data_date, earlier.since if earlier else stamp.since, stamp.failed_task)
    fields = {
        "data_date": kept.data_date.isoformat() if kept.data_date else None,
        "since": kept.since.isoformat(timespec="seconds"),
        "failed_task": kept.failed_task,
    }
    part = stamp_file(published).with_suffix(".part")
    part.write_text(json.dumps(fields) + "\n", encoding="utf-8")
    part.replace(stamp_file(published))
    return kept


def read_stamp(published: Path) -> Stamp | None:
    """Return the stamp of a published file; None when its data is up to date."""
    try:
        fields = json.loads(stamp_file(published).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    data_date = fields["data_date"]
    return Stamp(
        date.fromisoformat(data_date) if data_date else None,
        datetime.fromisoformat(fields["since"]),
        fields["failed_task"],
    )


def remove_stamp(published: Path) -> None:
    """Remove the stamp of a published file."""
    stamp_file(published).unlink(missing_ok=True)


def published_date(published: Path) -> date | None:
    """Return the last complete business date of a published file.

    Raises duckdb.Error when it holds no metrics.
    """
    with duckdb.connect(str(published), read_only=True) as connection:
        return complete_date(connection)


def page_date(page: str) -> date | None:
    """Return the last complete business date of a page, if it names one."""
    found = _DATA_DATE.search(page)
    return date.fromisoformat(found[1]) if found else None


def with_banner(page: str, stamp: Stamp) -> str:
    """Return a page with the banner of a stamp, in place of one that it has."""
    day = f"{stamp.data_date.day} {stamp.data_date:%B %Y}" if stamp.data_date else "an unknown date"
    text = (
        f"These figures end on {day}: the task {stamp.failed_task} failed, and they have not been"
        f" updated since {stamp.since:%Y-%m-%d %H:%M} UTC."
    )
    banner = (
        f'<!-- stale --><p class="stale" role="status">{html.escape(text)}</p><!-- /stale -->\n'
    )
    return _BANNER.sub("", page).replace(_MAIN, _MAIN + banner, 1)
