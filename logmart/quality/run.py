"""Checks new files before they are loaded: `logmart quality run [SOURCE...]`.

Each landed file that the last build has not loaded is checked by Great Expectations against the
tracking plan. The results are landed as records of operations. The policies of
seeds/quality_policies.csv say what follows: a file may be moved into quarantine, where the build
passes over it. Pages of the results are written to a folder.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from logmart.dbt.project_macros import ProjectMacros
from logmart.errors import CommandError, TransientError
from logmart.landed.file_lock import held
from logmart.landed.identifiers import erased_list_path, read_erased
from logmart.mart.build_options import BuildOptions, build_options
from logmart.operations.broken_files import LOCK, quarantine_broken
from logmart.operations.file_actions import Actions
from logmart.operations.landed_records import (
    checked_sizes,
    failed_checks,
    last_actions,
    returned_files,
)
from logmart.operations.landing import land
from logmart.policies.decisions import (
    POLICIES,
    Decision,
    check_policies,
    decide,
    quarantined_by,
    refuse_broken,
)
from logmart.policies.results import CheckResult, Run, of_decision, start_run, write_results
from logmart.quality.batches import batch_folder, marks_of, open_workplace
from logmart.quality.new_files import groups_of, new_files
from logmart.quality.pages import write_pages
from logmart.quality.raw_checks import Checked, FileGroup, Workplace, check_source
from logmart.quality.witness import great_expectations
from logmart.settings import PROJECT, Settings, landed_sources, settings


@dataclass(frozen=True)
class Place:
    """Where a run reads and writes: landing zone and database, pages, and the dbt project."""

    paths: Settings
    out: Path
    variables: Mapping[str, Any]
    project: Path = PROJECT


@dataclass(frozen=True)
class Outcome:
    """What a run found, of all sources: results as decided, decisions, and the files to move.

    `flagged_lines` are check, landing file and line number of each line that a check flagged.
    """

    checked: Mapping[str, Checked]
    results: Sequence[CheckResult]
    decisions: Sequence[Decision]
    quarantined: Mapping[str, Decision]
    flagged_lines: Sequence[tuple[str, str, int]]


@click.command("run", help=__doc__)
@click.argument("named", nargs=-1, metavar="[SOURCE]...")
@click.option("--run-id", default="", help="Id of the run; by default made of the clock.")
@click.option(
    "--run-date",
    type=click.DateTime(["%Y-%m-%d"]),
    default=None,
    help="The calendar day that the run is for; by default today in the business time zone.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder of the pages of the results; default: `quality` beside the pages of the metrics.",
)
@build_options
def main(
    build: BuildOptions,
    named: Sequence[str],
    run_id: str,
    run_date: datetime | None,
    out: Path | None,
) -> int:
    """Check, decide and act; print what was found."""
    variables = build.variables
    known = landed_sources(variables)
    for source in named:
        if source not in known:
            raise CommandError(f"{source} is no source: the sources are {', '.join(known)}")
    run = start_run(run_id, run_date.date() if run_date else None, variables)
    paths = settings()
    place = Place(paths, out or paths.pages.parent / "quality", variables)
    every_source = [path.name for path in (PROJECT / "models/staging").iterdir() if path.is_dir()]
    check_policies(ProjectMacros(PROJECT), PROJECT, every_source)
    try:
        outcome = run_checks(place, named or known, run)
    except OSError as error:
        raise CommandError(f"the checks did not end: {error}") from error
    refuse_broken(outcome.decisions, "nothing is to be built from what landed")
    return 0


def run_checks(place: Place, sources: Sequence[str], run: Run) -> Outcome:
    """Check the new files of sources, land the results, and take the actions that are due.

    Raises CommandError and OSError, and TransientError while another process moves files. Nothing
    is moved before the results are landed.
    """
    lock = place.paths.database.parent / LOCK
    with held(lock) as is_ours:
        if not is_ours:
            raise TransientError(f"another process moves landed files and holds {lock}: run again")
        return _run_checks(place, sources, run)


def _run_checks(place: Place, sources: Sequence[str], run: Run) -> Outcome:
    landing = place.paths.landing
    actions = Actions(landing, run, "logmart quality run")
    for name in quarantine_broken(actions):
        print(f"  moved into quarantine: {name}", flush=True)
    last = last_actions(landing)
    for name in actions.finish_killed(last):
        print(f"{name} was in quarantine without a record", flush=True)
    groups = {
        source: groups_of(place.project, source, files, place.variables)
        for source in sources
        if (files := new_files(place.paths, source))
    }
    outcome = Outcome({}, [], [], {}, [])
    if groups:
        outcome = check_groups(place, groups, run, returned_files(landing))
        land(
            landing,
            "check_results",
            [each.record(run) for each in outcome.results],
            writer="quality",
            name=f"{run.run_id}-land_check",
            at=run.started_at,
        )
        actions.quarantine(outcome.quarantined)
        write_pages(place.out, run, outcome.checked, outcome.results, outcome.decisions)
    dropped = actions.drop_replaced()
    expired = actions.drop_expired(place.variables["raw_text_retention_days"])
    _report(groups, outcome, dropped, expired, place.out)
    return outcome


def check_groups(
    place: Place, groups: Mapping[str, Sequence[FileGroup]], run: Run, returned: set[str]
) -> Outcome:
    """Check files with one process of Great Expectations, and decide what follows.

    In: `returned`, files that a person has put back from quarantine.
    """
    macros = ProjectMacros(place.project)
    marks = marks_of(read_erased(erased_list_path(place.paths.landing)))
    history = checked_sizes(place.paths.landing)
    with batch_folder(place.paths.database.parent) as folder, great_expectations() as gx:
        connection = open_workplace(folder)
        work = Workplace(connection, gx, macros, place.project, folder, place.variables, marks)
        checked = {
            source: check_source(work, source, each, _others(history, each))
            for source, each in groups.items()
        }
        found = [result for each in checked.values() for result in each.results]
        write_results(connection, run, found)
        decisions = decide(connection, macros, place.project / POLICIES, returned)
        flagged = connection.execute("from flagged_lines order by all").fetchall()
        connection.close()
    by_key = {each.key: each for each in decisions}
    results = [of_decision(each, by_key.get(each.key)) for each in found]
    results += passed_again(failed_checks(place.paths.landing), groups, results)
    return Outcome(checked, results, decisions, quarantined_by(decisions), flagged)


def _others(history: Mapping[str, int], groups: Sequence[FileGroup]) -> dict[str, int]:
    """Return the sizes of files that are not among the new ones."""
    new = {name for group in groups for name in group.files}
    return {name: count for name, count in history.items() if name not in new}


def passed_again(
    failed: Mapping[str, set[str]],
    groups: Mapping[str, Sequence[FileGroup]],
    results: Sequence[CheckResult],
) -> list[CheckResult]:
    """Return a passed result for each check of a file that failed before and flags nothing now, so
    that its incident ends.

    In: `failed`, the checks that failed when a file was checked last.
    """
    known = {(each.subject, each.check_name) for each in results}
    return [
        CheckResult(source, check, "file", name, "passed", 0, 0)
        for source, of_source in groups.items()
        for group in of_source
        for name in group.files
        for check in sorted(failed.get(name, ()))
        if (name, check) not in known
    ]


def _report(
    groups: Mapping[str, Sequence[FileGroup]],
    outcome: Outcome,
    dropped: Sequence[str],
    expired: Sequence[str],
    out: Path,
) -> None:
    if not groups:
        print("No file is new: all landed files are loaded")
    for source, of_source in groups.items():
        files = sum(len(group.files) for group in of_source)
        statuses = Counter(one.status for one in outcome.results if one.source == source)
        print(
            f"{source}: {files:,} files, {outcome.checked[source].expectation_count:,}"
            f" expectations; {statuses['failed']:,} results failed, {statuses['warned']:,} have"
            f" violations that no policy minds, {statuses['error']:,} raised"
        )
    for decision in outcome.decisions:
        if decision.action != "none":
            print(
                f"  {decision.severity}, {decision.action}: {decision.subject},"
                f" {decision.check_name} ({decision.policy_id})"
            )
    for name in outcome.quarantined:
        print(f"  moved into quarantine: {name}")
    for name in dropped:
        print(f"  replaced: {name}")
    for name in expired:
        print(f"  removed from quarantine, older than text is kept: {name}")
    if groups:
        print(f"Pages of the results: {out / 'index.html'}")
