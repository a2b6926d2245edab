"""Makes a landing zone of millions of events by copying a sample under other ids.

`python -m benchmarks.mart.make_landing --out FOLDER --events 10_000_000` generates a sample (a
world) of at most 250,000 events and lands copies of it. Each copy has other ids of people, devices,
events, transfers, applications and messages, and the same actions at the same times. Campaigns are
shared. The same arguments give the same bytes.

    FOLDER/landing/            the first days, in the layout of logmart/sample/README.md
    FOLDER/next-day/landing/   one more day; `land_next_day()` moves it in

With `--planned` above the number of events in the project's plan, half of the screen views are
spread over further events, `bench_001` to `bench_NNN`, for which `planned_project()` writes models.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import re
import shutil
import subprocess
import sys
import zlib
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import yaml

from logmart.errors import CommandError, run_command
from logmart.sample.parameters import FileFormat, Parameters
from logmart.sample.write import SOURCES, make_sample
from logmart.settings import PROJECT, project_variables

FIRST_DAY = date(2026, 1, 1)
WORLD_EVENTS = 250_000
WORLDS_A_FILE = 100
# Events of one person of the sample in one day, measured over 30 days.
_EVENTS_A_PERSON_DAY = 1.41
# The last days of the sample are left out: they have fewer events, and a version is silent in them.
_LAST_DAYS = 8
_LEVEL = 3
# The position of the four digits of an id that are replaced by the number of the copy.
_WORLD_DIGITS = re.compile(rb'(?:(?<="eventId":")|(?<="[udtma]_))[0-9a-f]{4}')
_SCREEN_VIEW = re.compile(rb'"eventId":"([0-9a-f]{4})([^"]*)","eventName":"screen_viewed"')


@dataclass(frozen=True)
class Landing:
    """The size of a landing zone: about `events` events in `days` days, and one more day."""

    events: int
    days: int = 30
    seed: int = 7
    planned: int = 0
    start: date = FIRST_DAY

    @property
    def worlds(self) -> int:
        """Return the number of copies of the world."""
        return -(-self.events // WORLD_EVENTS)

    @property
    def people(self) -> int:
        """Return the number of people in each copy."""
        return max(1, round(self.events / self.worlds / self.days / _EVENTS_A_PERSON_DAY))

    @property
    def further_events(self) -> list[str]:
        """Return the names of the further events, which the project's plan does not have."""
        return [f"bench_{number:03d}" for number in range(1, self.planned - _known_events() + 1)]

    @property
    def plan_size(self) -> int:
        """Return the number of planned events."""
        return max(self.planned, _known_events())


def _known_events() -> int:
    return len(project_variables()["planned_events"]["app"])


def make_landing(out: Path, landing: Landing, workers: int = 2) -> dict[str, int]:
    """Write the landing zone below `out`, which must be new; return the counts of `counts.json`:
    the lines of each source in the first days and on the next day.

    Raises CommandError.
    """
    if out.exists() and any(out.iterdir()):
        raise CommandError(f"{out} is there already: remove it or take another --out")
    world = out / "world"
    parameters = Parameters(
        landing.people,
        landing.days + 1 + _LAST_DAYS,
        landing.seed,
        landing.start,
        FileFormat.JSONL,
    )
    make_sample(world, parameters, workers, lambda _: None)
    arrivals = [json.loads(line) for line in _lines(world / "planted/arrivals.jsonl")]
    next_day = (landing.start + timedelta(days=landing.days)).isoformat()
    tasks = [
        _Task(
            world / "landing" / each["file"],
            out / ("next-day/landing" if each["appeared_on"] >= next_day else "landing"),
            each["file"],
            landing.worlds,
            tuple(landing.further_events),
        )
        for each in arrivals
        # The nightly runs of the sample are left out: copies of them would be of the same days.
        if each["appeared_on"] <= next_day and each["file"].split("/", 1)[0] in SOURCES
    ]
    for source in SOURCES:
        (out / "landing" / source).mkdir(parents=True, exist_ok=True)
    counts = dict.fromkeys((f"{when}{source}" for when in ("", "next ") for source in SOURCES), 0)
    with ProcessPoolExecutor(workers) as pool:
        for task, lines in zip(tasks, pool.map(_multiply, tasks), strict=True):
            when = "next " if "next-day" in task.out.parts else ""
            counts[when + task.file.split("/", 1)[0]] += lines
    shutil.rmtree(world)
    (out / "counts.json").write_text(json.dumps(counts, indent=2) + "\n", encoding="utf-8")
    return counts


def land_next_day(out: Path) -> None:
    """Move the next day's files into the landing zone."""
    arriving = out / "next-day" / "landing"
    for file in sorted(path for path in arriving.rglob("*") if path.is_file()):
        target = out / "landing" / file.relative_to(arriving)
        target.parent.mkdir(parents=True, exist_ok=True)
        file.rename(target)
    shutil.rmtree(out / "next-day")


def planned_project(out: Path, landing: Landing) -> None:
    """Copy the project to `out` with a model for each of the further events."""
    tracked = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=PROJECT,
        check=True,
        capture_output=True,
    ).stdout.decode()
    for name in tracked.split("\0"):
        if name and (PROJECT / name).is_file():
            (out / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(PROJECT / name, out / name)
    staging = out / "models/staging/app"
    entries = yaml.safe_load((staging / "_app__events.yml").read_text(encoding="utf-8"))
    [screen_viewed] = [
        entry for entry in entries["models"] if entry["name"] == "stg_app__screen_viewed"
    ]
    models = []
    for event in landing.further_events:
        (staging / f"stg_app__{event}.sql").write_text(
            f"{{{{ planned_event('{event}') }}}}\n", encoding="utf-8"
        )
        config = screen_viewed["config"]
        meta = config["meta"] | {"event": event}
        models.append(
            screen_viewed | {"name": f"stg_app__{event}", "config": config | {"meta": meta}}
        )
    if models:
        (staging / "_bench__events.yml").write_text(
            yaml.safe_dump({"version": 2, "models": models}, sort_keys=False), encoding="utf-8"
        )
    file = out / "dbt_project.yml"
    listed = "".join(f"      - {event}\n" for event in landing.further_events)
    last = "      - push_opened\n"
    text = file.read_text(encoding="utf-8")
    if last not in text:
        raise CommandError(f"{file}: push_opened is no longer the last event of the plan of `app`")
    file.write_text(text.replace(last, last + listed, 1), encoding="utf-8")


@dataclass(frozen=True)
class _Task:
    """A file of the world, and where its copies go: `file` below `out`."""

    source: Path
    out: Path
    file: str
    worlds: int
    further_events: tuple[str, ...]


def _multiply(task: _Task) -> int:
    """Write the copies of a file; return their number of lines."""
    text = gzip.decompress(task.source.read_bytes())
    if task.further_events:
        text = _SCREEN_VIEW.sub(lambda found: _renamed(found, task.further_events), text)
    pieces = _WORLD_DIGITS.split(text)
    # All copies share the campaigns, so campaigns are written once.
    worlds = 1 if task.file.endswith("/campaigns.jsonl.gz") else task.worlds
    for number, first in enumerate(range(0, worlds, WORLDS_A_FILE)):
        path = task.out / task.file
        if worlds > WORLDS_A_FILE:
            path = path.with_name(path.name.replace(".jsonl.gz", f"-{number:02d}.jsonl.gz"))
        path.parent.mkdir(parents=True, exist_ok=True)
        compressor = zlib.compressobj(_LEVEL, zlib.DEFLATED, 31)
        with path.open("wb") as out:
            for world in range(first, min(first + WORLDS_A_FILE, worlds)):
                out.write(compressor.compress((b"%04x" % world).join(pieces)))
            out.write(compressor.flush())
    return text.count(b"\n") * worlds


def _renamed(found: re.Match[bytes], further_events: Sequence[str]) -> bytes:
    """Return a screen view unchanged, or as one of the further events; its id decides which."""
    draw, rest = int(found[1], 16), found[2]
    if draw % 2:
        return found[0]
    name = further_events[draw // 2 % len(further_events)].encode()
    return b'"eventId":"' + found[1] + rest + b'","eventName":"' + name + b'"'


def _lines(path: Path) -> Iterator[str]:
    with path.open(encoding="utf-8") as file:
        yield from file


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the landing zone that the arguments describe."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.mart.make_landing",
        description="Land millions of the sample's events.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument("--out", type=Path, required=True, help="folder to write below")
    parser.add_argument("--events", type=int, default=1_000_000, help="of the first days, about")
    parser.add_argument("--days", type=int, default=30, help="landed at first; one more follows")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--planned", type=int, default=0, help="planned events of the app")
    parser.add_argument("--project", type=Path, help="where to write a project with that plan")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1, help="processes")
    options = parser.parse_args(arguments)
    landing = Landing(options.events, options.days, options.seed, options.planned)
    counts = make_landing(options.out, landing, options.workers)
    if options.project:
        planned_project(options.project, landing)
    sys.stdout.write("".join(f"{lines:>14,}  {label}\n" for label, lines in counts.items()))
    return 0


if __name__ == "__main__":
    run_command(main)
