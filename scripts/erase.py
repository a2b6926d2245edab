"""Erases one user: `make erase USER=<id>`, or `LOGMART_ERASE_USER=<id> python -m scripts.erase`.

Their lines are taken out of the landed files, what was loaded of these files is forgotten, and the
mart is built and published without them. Keyed hashes of the user, and of devices that were theirs
alone, stay on a list beside the landing zone: what lands of them later, or comes back with a backup
of the zone, is no event any more, and a run without a user takes its text out of the files.

A journal beside the list says what is to be done before anything is; whatever stops a run, the
next one, or the next build, finishes it. Nothing that is printed or kept holds the id.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterable
from pathlib import Path

from scripts import build_mart
from scripts.erasure import (
    Erasure,
    find,
    find_listed,
    finish_erasure,
    read_key,
    read_list,
    start,
)
from scripts.errors import CommandError, run_command
from scripts.settings import settings

USER_VARIABLE = "LOGMART_ERASE_USER"


def main() -> int:
    """Erase, build and publish; or raise CommandError."""
    parser = argparse.ArgumentParser(prog="python -m scripts.erase", description=__doc__)
    parser.add_argument(
        "--target-path", type=Path, default=Path("target"), help="folder of dbt's artifacts"
    )
    options = parser.parse_args()
    here = settings()
    user = os.environ.get(USER_VARIABLE, "").strip()
    finished = finish_erasure(here, options.target_path)
    key = read_key(here)
    erased = read_list(here)
    erasure = find(here, key, user) if user else find_listed(here, key)
    if erasure.is_empty and not finished:
        known = not user or any(item.hash == key.hash(user) for item in erased)
        if not known:
            raise CommandError(
                "no row and no landed line is of this user: give the id as the logs have it"
            )
        print("Nothing was left to erase")
        return 0
    if not erasure.is_empty:
        start(here, key, erased, erasure)
        finish_erasure(here, options.target_path)
    build_mart.main(["--target-path", str(options.target_path)])
    print("\n".join(_report(erasure)))
    return 0


def _report(erasure: Erasure) -> Iterable[str]:
    lines = sum(len(change.erased) for change in erasure.changes.values())
    yield f"Erased {lines:,} lines of {len(erasure.changes):,} landed files, for good"
    for what, count in sorted(erasure.found.items()):
        yield f"  {what:<28} {count:>7,}"
    if erasure.device_ids:
        yield f"  {'devices that were theirs alone':<28} {len(erasure.device_ids):>7,}"


if __name__ == "__main__":
    os.environ.setdefault("DBT_PROFILES_DIR", "profiles")
    run_command(main)
