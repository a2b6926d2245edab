"""Finds the landed files that no build has loaded yet, and groups them by how they are read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import duckdb
import yaml

from logmart.errors import CommandError, TransientError
from logmart.landed.file_names import landed_date, landed_files
from logmart.landed.source_options import SourceOptions, source_options
from logmart.plan.entries import read_plan, read_records
from logmart.quality.raw_checks import FileGroup
from logmart.quality.suites import Suite, suite_of
from logmart.settings import Settings


def groups_of(
    project: Path, source: str, files: Mapping[str, Path], variables: Mapping[str, Any]
) -> list[FileGroup]:
    """Return the groups of a source's files: one of events, or one an entity of records.

    A file of a system of records that no entity takes is in a group without suites.
    """
    if source in variables["sources"]:
        return [FileGroup(source, "events", files, event_suites(project, source))]
    suites = [suite_of(each) for each in read_records(project) if each.source == source]
    taken: set[str] = set()
    groups = []
    for suite in suites:
        pattern = _file_pattern(project, source, suite.entity)
        named = {name: path for name, path in files.items() if fnmatchcase(path.name, pattern)}
        taken |= named.keys()
        groups.append(FileGroup(source, suite.entity, named, [suite]))
    others = {name: path for name, path in files.items() if name not in taken}
    return [group for group in [*groups, FileGroup(source, "", others, [])] if group.files]


def event_suites(project: Path, source: str) -> Sequence[Suite]:
    """Return the suites of a source's planned events.

    A source whose values may be texts has none: its build types and judges them.
    """
    if source_options(project).get(source, SourceOptions()).typed_as_text:
        return []
    return [suite_of(each) for each in read_plan(project) if each.source == source]


def new_files(paths: Settings, source: str) -> dict[str, Path]:
    """Return the landed files of a source that the database has not loaded, by landing file.

    A file outside of a partition is left to the build, which stops at it. Raises TransientError
    when the database is in use.
    """
    folder = paths.landing / source
    loaded = _loaded(paths.database, source)
    return {
        name: path
        for path in landed_files(folder)
        if landed_date(path, folder) is not None
        if loaded.get(name := str(path.relative_to(paths.landing))) != path.stat().st_size
    }


def _loaded(database: Path, source: str) -> dict[str, int]:
    """Return the size of each loaded file of a source."""
    if not database.exists():
        return {}
    try:
        with duckdb.connect(str(database), read_only=True) as connection:
            rows = connection.execute(
                f'select landing_file, size_bytes from staging."base_{source}__files"'
            ).fetchall()
    except duckdb.CatalogException:
        return {}
    except duckdb.IOException as error:
        raise TransientError(
            f"{database} cannot be read ({str(error).splitlines()[0]}): check the files when no"
            " build runs"
        ) from error
    return dict(rows)


def _file_pattern(project: Path, source: str, entity: str) -> str:
    """Return the pattern of the names of an entity's files, from the location of its dbt source."""
    for table in _tables(project, source):
        if table["name"] == entity:
            return str(table["config"]["meta"]["external_location"]).rpartition("/")[2]
    raise CommandError(
        f"source {source} has no table {entity} in models/staging/{source}: its files are not known"
    )


def _tables(project: Path, source: str) -> Iterator[dict[str, Any]]:
    for path in sorted((project / "models/staging" / source).glob("*.yml")):
        content = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
        for each in content.get("sources") or []:
            if each["name"] == source:
                yield from each["tables"]
