"""Puts a quarantined file back into the landing zone: `logmart quality release FILE`.

FILE is its path below the landing zone, `<source>/dt=YYYY-MM-DD/<file>`, as `logmart quality
quarantined` lists it. The file goes back as it is, and no policy moves it again. With
`--replacement` another file lands in its place, under its name, and the quarantined one is removed.
"""

from __future__ import annotations

from pathlib import Path

import click

from logmart.errors import CommandError, TransientError
from logmart.landed.file_lock import held
from logmart.landed.quarantine import move_back, quarantined_files, replace_landed
from logmart.landed.whole_files import is_whole
from logmart.operations.broken_files import LOCK
from logmart.operations.file_actions import Actions, open_files
from logmart.operations.landed_records import RETURNED
from logmart.policies.results import start_run
from logmart.settings import project_variables, settings


@click.command("release", help=__doc__)
@click.argument("file")
@click.option(
    "--replacement",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="A whole file to land in its place.",
)
def main(file: str, replacement: Path | None) -> int:
    """Release a file, or raise CommandError with the file still in quarantine."""
    paths = settings()
    landing, lock = paths.landing, paths.database.parent / LOCK
    actions = Actions(landing, start_run("", None, project_variables()), "logmart quality release")
    with held(lock) as is_ours:
        if not is_ours:
            raise TransientError(f"another process moves landed files and holds {lock}: run again")
        release(actions, file, replacement)
    what = f"replaced by {replacement}" if replacement else "back"
    print(f"{file} is {what} in {landing}: the next build loads it")
    return 0


def release(actions: Actions, name: str, replacement: Path | None) -> None:
    """Move a file back, or land its replacement; and land the record. Raises CommandError.

    A replacement is checked like any new file by the next run.
    """
    landing = actions.landing
    found = [file for file in quarantined_files(landing) if file.landing_file == name]
    if not found:
        raise CommandError(
            f"{name} is not in quarantine: `logmart quality quarantined` lists what is"
        )
    if len(found) > 1 and replacement is None:
        raise CommandError(
            f"{len(found)} files of the name {name} are in quarantine: land another with"
            " --replacement"
        )
    place = landing / name
    if replacement is None and place.exists():
        raise CommandError(
            f"{place} has landed since: `logmart quality run` checks it, and drops the quarantined"
            " file"
        )
    if replacement is not None and not is_whole(replacement):
        raise CommandError(f"{replacement} is cut: it cannot be read to its end")
    try:
        if replacement is None:
            # The record comes first: a file that is still there counts as quarantined again.
            actions.record("release", name, RETURNED)
            move_back(landing, found[0])
        else:
            replace_landed(landing, found[0], replacement)
            actions.drop_replaced()
    except OSError as error:
        raise CommandError(f"{name} is not released: {error}") from error


@click.command("quarantined")
def listed() -> int:
    """List the files in quarantine, each with why and since when."""
    landing = settings().landing
    found = open_files(landing)
    for file, action in found:
        why = f"{action.reason}, since {action.occurred_at}" if action else "no record yet"
        print(f"{file.landing_file}  {why}")
    print(f"{len(found)} files in quarantine" if found else "No file is in quarantine")
    return 0
