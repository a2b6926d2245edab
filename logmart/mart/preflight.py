"""Checks before a build: landed files, free disk space, a database that no process holds."""

from __future__ import annotations

import re
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import duckdb

from logmart.errors import CommandError, TransientError
from logmart.landed.file_names import landed_files
from logmart.plan.check import check_plan
from logmart.settings import PROJECT, Settings, landed_sources

# A build database is some five times the size of the gzip files it was made from.
DATABASE_BYTES_PER_LANDED_BYTE = 5
LEAST_FREE_BYTES = 200 * 1024 * 1024


def check_build(paths: Settings, variables: dict[str, Any]) -> None:
    """Raise CommandError when a build with these variables cannot start."""
    check_planned_events(variables["sources"], variables["planned_events"])
    check_plan(PROJECT)
    landed_bytes = check_landing_zone(paths.landing, landed_sources(variables))
    check_free_space(paths.database, landed_bytes)
    check_database(paths.database)


def check_planned_events(sources: list[str], planned_events: dict[str, list[str]]) -> None:
    """Raise CommandError when there is no source, when a source has no planned event, or when a
    source or event is listed twice.
    """
    if not sources:
        raise CommandError("sources of dbt_project.yml is empty: name a source that has landed")
    check_listed_once("sources", sources)
    for source, events in planned_events.items():
        check_listed_once(f"planned_events.{source}", events or [])
    for source in sources:
        if not planned_events.get(source):
            raise CommandError(
                f"source {source} has no events in planned_events of dbt_project.yml: list them"
                " there, or correct the source's name (docs/bring-your-own-logs.md, step 5)"
            )


def check_listed_once(where: str, names: list[str]) -> None:
    """Raise CommandError when a list of dbt_project.yml names something twice."""
    for name, count in Counter(names).items():
        if count > 1:
            raise CommandError(
                f"{where} of dbt_project.yml lists {name} {count} times: leave it there once"
            )


def check_landing_zone(landing: Path, sources: list[str]) -> int:
    """Return the size of all landed files. Raises CommandError when a source has none."""
    landed_bytes = 0
    for source in sources:
        files = list(landed_files(landing / source))
        if not files:
            raise CommandError(
                f"no landed files in {landing / source}/dt=YYYY-MM-DD/: make some with"
                " `make sample`, name your landing zone with LOGMART_LANDING=<folder>, or take"
                f" {source} out of sources or record_sources in dbt_project.yml"
            )
        landed_bytes += sum(path.stat().st_size for path in files)
    return landed_bytes


def check_free_space(database: Path, landed_bytes: int) -> None:
    """Raise CommandError when the disk of the database file has too little room for a build."""
    folder = _nearest_folder(database.parent)
    free = shutil.disk_usage(folder).free
    present = database.stat().st_size if database.exists() else 0
    needed = max(LEAST_FREE_BYTES, landed_bytes * DATABASE_BYTES_PER_LANDED_BYTE - present)
    if free < needed:
        raise CommandError(
            f"the disk of {folder} has {_megabytes(free)} free and a build of what has landed"
            f" takes about {_megabytes(needed)}: make room, or name a file on another disk with"
            " LOGMART_DATABASE=<path>"
        )


def check_database(database: Path) -> None:
    """Raise TransientError when another process holds the database file, and CommandError when it
    is no database.
    """
    if not database.exists():
        return
    try:
        duckdb.connect(str(database)).close()
    except duckdb.IOException as error:
        holder = re.search(r"held in (.+?)\.(?:\s|$)", str(error))
        if holder is None:
            raise CommandError(
                f"{database} cannot be opened: {_first_line(error)}. Remove it (`make clean`) or"
                " name another file with LOGMART_DATABASE=<path>"
            ) from error
        raise TransientError(
            f"{database} is in use by {holder.group(1)}: close it, or read the published file,"
            " which is never locked"
        ) from error


def _nearest_folder(folder: Path) -> Path:
    while not folder.exists():
        folder = folder.parent
    return folder


def _megabytes(count: int) -> str:
    return f"{count / 1024 / 1024:,.0f} MiB"


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0].rstrip(".")
