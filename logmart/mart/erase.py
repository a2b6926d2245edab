"""Erases one user: `make erase USER=<id>`, or `LOGMART_ERASE_USER=<id> logmart mart erase`.

Their lines are taken out of the landed files, what was loaded of these files is forgotten, and the
mart is built and published without them. Keyed hashes of the user, and of devices that were theirs
alone, stay on a list beside the landing zone: what lands of them later, or comes back with a backup
of the zone, is no event any more, and a run without a user takes its text out of the files.

What is to go is shown first, and the id is to be typed again. A journal beside the list says what
is to be done before anything is; whatever stops a run, the next one, or the next build, finishes
it. Nothing that is printed or kept holds the id.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable

import click

from logmart.errors import CommandError
from logmart.mart.build import build_mart
from logmart.mart.build_options import BuildOptions, build_options
from logmart.mart.erasure import finish_erasure, is_unfinished, start
from logmart.mart.erasure_checks import check_loaded_sources
from logmart.mart.erasure_search import Erasure, find, find_listed, read_key, read_list
from logmart.mart.preflight import check_build
from logmart.settings import Settings, landed_sources, settings

USER_VARIABLE = "LOGMART_ERASE_USER"


@click.command(help=__doc__)
@click.option("--yes", is_flag=True, help="Erase without asking for the id again.")
@build_options
def main(build: BuildOptions, yes: bool) -> int:
    """Erase, build and publish; or raise CommandError."""
    here = settings()
    user = os.environ.get(USER_VARIABLE, "")
    variables = build.variables
    check_build(here, variables)
    check_loaded_sources(
        here.database,
        build.target_path,
        landed_sources(variables),
        is_full_refresh=build.full_refresh,
    )
    if is_unfinished(here):
        print("An erasure that was stopped is finished first", flush=True)
        _finish(here, build, "The lines of the erasure that was stopped")
    key = read_key(here)
    erased = read_list(here)
    erasure = find(here, key, user) if user else find_listed(here, key)
    if erasure.is_empty:
        known = not user or any(item.hash == key.hash(user) for item in erased)
        if not known:
            raise CommandError(
                "no row and no landed line is of this user: give the id as the logs have it"
            )
        print("Nothing was left to erase")
        return 0
    print("\n".join([f"To be erased, for good: {_lines(erasure)}", *_counts(erasure)]), flush=True)
    if user and not yes:
        _confirm(user, input if sys.stdin.isatty() else None)
    start(here, key, erased, erasure)
    _finish(here, build, _lines(erasure))
    print("\n".join([f"Erased {_lines(erasure)}, for good", *_counts(erasure)]))
    return 0


def _confirm(user: str, ask: Callable[[str], str] | None) -> None:
    """Let whoever is there type the id again. Raises CommandError when it is another, or nobody is
    there.
    """
    if ask is None:
        raise CommandError(
            "nothing is erased: nobody is there to type the id again; to erase what is shown above,"
            " add FLAGS=--yes"
        )
    if ask("Type the id again, as it landed: ") != user:
        raise CommandError("nothing is erased: this is another id than that of USER")


def _finish(here: Settings, build: BuildOptions, what: str) -> None:
    """Do what the journal says, and build; say what was done when that is stopped."""
    try:
        finish_erasure(here, build.target_path)
        build_mart(build)
    except (CommandError, KeyboardInterrupt) as error:
        why = str(error) or "interrupted"
        done = (
            f"{what} are not all out of the files yet: the same command, or the next build, goes on"
            if is_unfinished(here)
            else f"{what} are out of the files for good; the published mart is as it was until a"
            " build with the same options has passed"
        )
        raise CommandError(f"{why}. {done}") from error


def _lines(erasure: Erasure) -> str:
    count = sum(len(change.erased) for change in erasure.changes.values())
    return f"{count:,} lines of {len(erasure.changes):,} landed files"


def _counts(erasure: Erasure) -> Iterable[str]:
    for what, count in sorted(erasure.found.items()):
        yield f"  {what:<28} {count:>7,}"
    if erasure.device_ids:
        yield f"  {'devices that were theirs alone':<28} {len(erasure.device_ids):>7,}"
