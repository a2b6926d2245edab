"""Keeps broken files of operations out of the way: one that cannot be read to its end stops every
watch and every build, so nobody would be told of anything.

What operations lands itself is text, in which a broken line is a rejected record. So only
compressed files and Parquet files are looked at.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb

from logmart.dbt.project_macros import ProjectMacros
from logmart.landed.file_lock import held
from logmart.landed.file_names import landed_date, landed_files
from logmart.landed.quarantine import FOLDER, quarantined_files
from logmart.landed.whole_files import is_whole
from logmart.operations.file_actions import Actions
from logmart.operations.landed_records import failed_checks, returned_files
from logmart.operations.landing import SOURCE, land
from logmart.policies.decisions import POLICIES, decide, quarantined_by
from logmart.policies.results import CheckResult, of_decision, write_results
from logmart.settings import PROJECT

_CHECK = "truncated:files"
_SUFFIXES = (".gz", ".parquet")
LOCK = "quality.lock"
"""The file beside the build database that whoever moves landed files holds."""


def set_aside_broken(actions: Actions, build_folder: Path) -> list[str]:
    """Move the broken files of operations into quarantine, as the policies say; return them.

    Another process that moves files does so itself, and this one then moves nothing. Raises
    CommandError for a policy that cannot be decided by, and OSError.
    """
    folder = actions.landing / SOURCE
    was_broken = (actions.landing / FOLDER / SOURCE).exists()
    if not was_broken and not any(path.suffix in _SUFFIXES for path in landed_files(folder)):
        return []
    with held(build_folder / LOCK) as is_ours:
        return quarantine_broken(actions) if is_ours else []


def quarantine_broken(actions: Actions) -> list[str]:
    """Do what set_aside_broken() does, where the lock is held already."""
    results = [*_broken(actions.landing), *_whole_again(actions)]
    if not results:
        return []
    with duckdb.connect() as connection:
        write_results(connection, actions.run, results)
        decisions = decide(
            connection,
            ProjectMacros(PROJECT),
            PROJECT / POLICIES,
            returned_files(actions.landing),
        )
    by_key = {each.key: each for each in decisions}
    landed = [of_decision(each, by_key.get(each.key)) for each in results]
    run = actions.run
    land(
        actions.landing,
        "check_results",
        [each.record(run) for each in landed],
        writer="quality",
        name=f"{run.run_id}-{SOURCE}",
        at=run.started_at,
    )
    moved = quarantined_by(decisions)
    actions.quarantine(moved)
    return sorted(moved)


def _broken(landing: Path) -> Iterator[CheckResult]:
    folder = landing / SOURCE
    for path in landed_files(folder):
        if path.suffix in _SUFFIXES and landed_date(path, folder) and not is_whole(path):
            name = path.relative_to(landing).as_posix()
            yield CheckResult(SOURCE, _CHECK, "file", name, "failed", 1, 1, owner="operations")


def _whole_again(actions: Actions) -> Iterator[CheckResult]:
    """Yield a passed result for each file that was broken and is replaced or gone."""
    moved = {file.landing_file for file in quarantined_files(actions.landing)}
    for name in sorted(_failed(actions) - moved):
        path = actions.landing / name
        if not path.exists() or is_whole(path):
            yield CheckResult(SOURCE, _CHECK, "file", name, "passed", 0, 1, owner="operations")


def _failed(actions: Actions) -> set[str]:
    """Return the files of operations that were broken when they were checked last."""
    failed = failed_checks(actions.landing)
    return {name for name, checks in failed.items() if name.startswith(f"{SOURCE}/") and checks}
