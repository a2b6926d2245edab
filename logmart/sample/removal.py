"""Removes a sample: `python -m logmart.sample.removal --out data`.

Other files in the same folders stay. It needs only Python itself, so that it works before anything
is installed.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
from pathlib import Path

from logmart.landed.file_names import is_inside

RECORD = "sample.json"
ARRIVALS = "planted/arrivals.jsonl"


class RemovalError(Exception):
    """The files of a sample cannot be identified; the message says what to remove by hand."""


def remove_sample(out: Path) -> int:
    """Remove the sample below `out`, and folders that become empty; return the number of files.

    Only files in the sample's list of arrivals are removed from `landing/`. The record and the list
    are removed last, so that an interrupted removal can be run again. Raises RemovalError.
    """
    if not (out / RECORD).exists():
        return 0
    files = _landed_files(out)
    for file in files:
        file.unlink(missing_ok=True)
    folders = {folder for file in files for folder in list(file.parents)[:2]}
    for folder in sorted(folders, reverse=True):
        if folder.is_dir() and not os.listdir(folder):
            folder.rmdir()
    (out / RECORD).unlink()
    shutil.rmtree(out / "planted", ignore_errors=True)
    return len(files)


def _landed_files(out: Path) -> list[Path]:
    landing = out / "landing"
    by_hand = f"remove the sample from {landing} by hand, and then {out / RECORD}"
    try:
        lines = (out / ARRIVALS).read_text("utf-8").splitlines()
        names = [json.loads(line)["file"] for line in lines]
        outside = [number for number, name in enumerate(names, 1) if not is_inside(landing, name)]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise RemovalError(
            f"{out / ARRIVALS}, the list of the sample's files, cannot be read: {by_hand}"
        ) from error
    if outside:
        raise RemovalError(
            f"{out / ARRIVALS}, line {outside[0]} names a file outside of {landing}: nothing is"
            f" removed; {by_hand}"
        )
    return [landing / name for name in names]


def main() -> int:
    """Remove the sample and print a line; return 2 when that fails."""
    parser = argparse.ArgumentParser(prog="python -m logmart.sample.removal", description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("data"), help="folder it is below")
    out = parser.parse_args().out
    try:
        count = remove_sample(out)
    except (RemovalError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    if count:
        print(f"sample removed: {count} files in {out / 'landing'}; all other files there stay")
    return 0


if __name__ == "__main__":
    sys.exit(main())
