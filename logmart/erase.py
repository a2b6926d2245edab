"""Erases one user: `make erase USER=<id>`, or `LOGMART_ERASE_USER=<id> logmart mart erase`.

The command removes the user's lines from the landed files, deletes the rows that were loaded from
these files, and builds and publishes the mart. A list beside the landing zone keeps keyed hashes of
the user, and of devices that nobody else used. When lines of an erased user land later, or come
back with a backup of the zone, the build leaves them out. Their text is then still in the files: a
run without a user removes it.

The command first shows what it will erase and asks for the id again. Before it changes anything, it
writes the changes to a journal beside the list. Where there is an address book for messages, the
user is deleted from it first. When a run is interrupted, the next run or the next
build finishes it. The id is never printed or stored.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable
from dataclasses import replace

import click

from logmart.errors import CommandError
from logmart.mart.build import build_mart
from logmart.mart.build_options import BuildOptions, build_options
from logmart.mart.erasure import finish_erasure, is_unfinished, start
from logmart.mart.erasure_checks import check_loaded_sources
from logmart.mart.erasure_migration import erase_results, migrated_mentions
from logmart.mart.erasure_search import Erasure, find, find_listed, read_key, read_list
from logmart.mart.preflight import check_build
from logmart.messaging.erasure import LABEL, erase_messages, find_messages
from logmart.settings import Settings, landed_sources, settings

USER_VARIABLE = "LOGMART_ERASE_USER"


@click.command(help=__doc__)
@click.option("--yes", is_flag=True, help="Erase without asking for the id again.")
@build_options
def main(build: BuildOptions, yes: bool) -> int:
    """Erase, build and publish; or raise CommandError."""
    paths = settings()
    user = os.environ.get(USER_VARIABLE, "")
    variables = build.variables
    check_build(paths, variables)
    check_loaded_sources(
        paths.database,
        build.target_path,
        landed_sources(variables),
        is_full_refresh=build.full_refresh,
    )
    if is_unfinished(paths):
        print("An interrupted erasure is finished first", flush=True)
        _finish(paths, build, "The lines of the interrupted erasure")
    key = read_key(paths)
    erased = read_list(paths)
    # First, so that nothing is erased anywhere while the address book cannot be reached.
    message_count = find_messages(paths.landing, key.hash(user)) if user else 0
    erasure = find(paths, key, user) if user else find_listed(paths, key)
    if message_count:
        erasure = replace(erasure, found={**erasure.found, LABEL: message_count})
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
    if user:
        erase_results(paths.migration, user)
        erase_messages(paths.landing, key.hash(user))
    start(paths, key, erased, erasure)
    _finish(paths, build, _lines(erasure))
    print("\n".join([f"Erased {_lines(erasure)}, for good", *_counts(erasure)]))
    for warning in migrated_mentions(user) if user else ():
        print(warning)
    return 0


def _confirm(user: str, ask: Callable[[str], str] | None) -> None:
    """Ask for the id again. Raises CommandError when it differs, or when there is no terminal."""
    if ask is None:
        raise CommandError(
            "nothing is erased: nobody is there to type the id again; to erase the lines above,"
            " add FLAGS=--yes"
        )
    if ask("Type the id again, as it landed: ") != user:
        raise CommandError("nothing is erased: this is another id than USER's")


def _finish(paths: Settings, build: BuildOptions, subject: str) -> None:
    """Apply the journal and build. When that is interrupted, the error says what was done."""
    try:
        finish_erasure(paths, build.target_path)
        build_mart(build)
    except (CommandError, KeyboardInterrupt) as error:
        why = str(error) or "interrupted"
        done = (
            f"{subject} are not all out of the files yet: the same command, or the next build,"
            " continues"
            if is_unfinished(paths)
            else f"{subject} are out of the files for good; the published mart is as it was until a"
            " build with the same options has passed"
        )
        raise CommandError(f"{why}. {done}") from error


def _lines(erasure: Erasure) -> str:
    count = sum(len(change.erased) for change in erasure.changes.values())
    return f"{count:,} lines of {len(erasure.changes):,} landed files"


def _counts(erasure: Erasure) -> Iterable[str]:
    for label, count in sorted(erasure.found.items()):
        yield f"  {label:<28} {count:>7,}"
    if erasure.device_ids:
        yield f"  {'devices that were theirs alone':<28} {len(erasure.device_ids):>7,}"
