"""Lands the log of Wikipedia's edits: `logmart sample wikipedia --out <landing zone>`.

The real file is the tutorial sample of Apache Druid, wikiticker-2015-09-12-sampled.json.gz. Without
it, a small generated log of the same shape is landed.
"""

from __future__ import annotations

import contextlib
import gzip
import json
import os
import random
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from logmart.errors import CommandError

REAL_FILE = Path("wikipedia_edits/wikiticker-2015-09-12-sampled.json.gz")
LANDED_FILE = Path("wikipedia/dt=2015-09-12/edits.jsonl.gz")
DAY = datetime(2015, 9, 12, tzinfo=UTC)


@click.command(help=__doc__)
@click.option("--out", type=click.Path(path_type=Path), required=True, help="The landing zone.")
def main(out: Path) -> int:
    """Land the real or the generated file, and print which."""
    print(land_wikipedia(out))
    return 0


def real_file() -> Path | None:
    """Return the real log in LOGMART_REAL_DATA (default ../shared/data), if it is there."""
    path = Path(os.environ.get("LOGMART_REAL_DATA", "../shared/data")) / REAL_FILE
    return path if path.exists() else None


def land_wikipedia(landing: Path) -> str:
    """Land the edits and return a line that says which. Raises CommandError when it cannot."""
    landed = landing / LANDED_FILE
    part = landed.with_name(f"{landed.name}.part")
    real = real_file()
    try:
        landed.parent.mkdir(parents=True, exist_ok=True)
        if real is None:
            part.write_bytes(gzip.compress(generated_log(), mtime=0))
        else:
            shutil.copyfile(real, part)
        os.replace(part, landed)
    except OSError as error:
        with contextlib.suppress(OSError):
            part.unlink()
        raise CommandError(f"{landed} could not be written: {error.strerror}") from error
    if real is None:
        return f"Landed a generated log in {landed}: the real one is not here (LOGMART_REAL_DATA)"
    return f"Landed the real log in {landed}"


def generated_log(edit_count: int = 2000, seed: int = 7) -> bytes:
    """Return edits in the shape of the real log; some lie days before or weeks after DAY."""
    chance = random.Random(seed)
    lines = []
    for number in range(edit_count):
        is_robot = chance.random() < 0.4
        moment = DAY + timedelta(milliseconds=chance.randrange(24 * 60 * 60 * 1000))
        if number % 500 == 100:
            moment -= timedelta(days=chance.randrange(1, 5))
        if number % 200 == 50:
            moment += timedelta(days=chance.randrange(1, 50))
        delta = chance.randrange(-500, 2000)
        edit = {
            "time": moment.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "channel": f"#{chance.choice(['en', 'ko', 'de', 'vi'])}.wikipedia",
            "comment": "조사 수정" if number % 7 == 0 else "copy edit",
            "isAnonymous": not is_robot and chance.random() < 0.15,
            "isNew": chance.random() < 0.05,
            "isRobot": is_robot,
            "namespace": "Main",
            "page": f"Page {chance.randrange(700)}",
            "user": f"Robot {chance.randrange(20)}" if is_robot else f"Kim {chance.randrange(400)}",
            "delta": delta,
            "added": max(delta, 0),
            "deleted": max(-delta, 0),
        }
        lines.append(json.dumps(edit, ensure_ascii=False, separators=(",", ":")))
    return ("\n".join(lines) + "\n").encode()
