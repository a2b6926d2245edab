"""Writes the files of a sample by merging the output of its shards."""

import json
import shutil
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from multiprocessing import Manager
from pathlib import Path

from logmart.sample.crm import campaign_records
from logmart.sample.files import LandingFiles
from logmart.sample.operations import OperationsLog, operations_log
from logmart.sample.parameters import Parameters
from logmart.sample.shard import (
    Shard,
    ShardResult,
    held_back_name,
    make_shards,
    parts_path,
    write_shard,
)
from logmart.sample.world import World, make_world

_PROGRESS_SECONDS = 2.0
_CHUNK_BYTES = 1 << 20
_PLANTED_SOURCES = ("app", "bank", "crm")


def write_sample(
    work: Path, parameters: Parameters, workers: int, report: Callable[[str], None]
) -> int:
    """Write `landing/` and `planted/` below the existing folder `work`; return the event count.

    The shards' parts of the merged files stay in `parts/`. The files do not depend on `workers`.
    `report` is called with a line every few seconds.

    Raises:
        OSError: a file cannot be written.
        ChildProcessError: a worker was killed.
    """
    world = make_world(parameters)
    shards = make_shards(parameters.users)
    results = _write_shards(
        world, shards, work, workers, _Progress(report, parameters.expected_events)
    )
    lines: Counter[str] = Counter()
    planted: Counter[str] = Counter()
    for result in results:
        lines.update(result.lines)
        planted.update(result.planted)
    events = lines.total()
    operations = operations_log(parameters)
    lines.update(_merge_records(world, operations, work, len(shards)))
    planted.update(_merge_planted(world, work, len(shards)))
    planted.update(_list_faults(operations, work))
    _write_arrivals(world, work, lines)
    summary = {
        "events": events,
        "planted": dict(sorted(planted.items())),
        "lines": dict(sorted(lines.items())),
    }
    path = work / "planted" / "summary.json"
    path.write_text(json.dumps(summary, indent=2) + "\n", "utf-8")
    return events


@dataclass
class _Progress:
    """Counts the written events and reports the rate every few seconds."""

    report: Callable[[str], None]
    expected: int
    events: int = 0
    started: float = field(default_factory=time.monotonic)
    last_report: float = field(default_factory=time.monotonic)

    def add(self, events: int) -> None:
        self.events += events
        now = time.monotonic()
        if now - self.last_report >= _PROGRESS_SECONDS:
            self.last_report = now
            rate = self.events / (now - self.started)
            self.report(
                f"{self.events:,} of about {self.expected:,} events written, {rate:,.0f} a second"
            )


def _write_shards(
    world: World, shards: list[Shard], work: Path, workers: int, progress: _Progress
) -> list[ShardResult]:
    """Write all shards, in this process or in as many as there are workers."""
    if workers == 1 or len(shards) == 1:
        return [write_shard(world, shard, work, progress.add) for shard in shards]
    with Manager() as manager, ProcessPoolExecutor(min(workers, len(shards))) as pool:
        counts = manager.Queue()
        futures = [pool.submit(write_shard, world, shard, work, counts.put) for shard in shards]
        pending: set[Future[ShardResult]] = set(futures)
        while pending and not any(future.done() and future.exception() for future in futures):
            _, pending = wait(pending, _PROGRESS_SECONDS, FIRST_COMPLETED)
            while not counts.empty():
                progress.add(counts.get())
        pool.shutdown(cancel_futures=True)
        failures = [future for future in futures if not future.cancelled() and future.exception()]
        try:
            return [future.result() for future in failures or futures]
        except BrokenProcessPool as error:
            raise ChildProcessError("a worker was killed, perhaps for lack of memory") from error


def _merge_records(
    world: World, operations: OperationsLog, work: Path, shard_count: int
) -> dict[str, int]:
    """Merge the shards' lines of bank and CRM files, shard by shard; return the counts by file."""
    files = LandingFiles(work / "landing", world.parameters.file_format)
    for name, lines in (*campaign_records(world).items(), *operations.lines.items()):
        files.append(name, lines)
    for number in range(shard_count):
        part = parts_path(work, number) / "landing"
        for path in sorted(part.rglob("*.jsonl")):
            name = path.relative_to(part).as_posix().removesuffix(".jsonl")
            for chunk in _chunks(path):
                files.append(name, chunk)
    return files.close()


def _chunks(path: Path) -> Iterator[list[str]]:
    with path.open(encoding="utf-8") as file:
        while lines := file.readlines(_CHUNK_BYTES):
            yield [line.removesuffix("\n") for line in lines]


def _merge_planted(world: World, work: Path, shard_count: int) -> Counter[str]:
    """Merge the shards' lists of planted defects, and add the defects of whole files and versions.

    Return the counts of the added defects, by `app:<kind>`.
    """
    for source in _PLANTED_SOURCES:
        with (work / "planted" / f"{source}.jsonl").open("wb") as merged:
            for number in range(shard_count):
                part = parts_path(work, number) / "planted" / f"{source}.jsonl"
                if part.exists():
                    with part.open("rb") as file:
                        shutil.copyfileobj(file, merged)
    added = list(_whole_plants(world, work))
    with (work / "planted" / "app.jsonl").open("a", encoding="utf-8") as merged_app:
        merged_app.writelines(json.dumps(row, separators=(",", ":")) + "\n" for row in added)
    return Counter(f"app:{row['kind']}" for row in added)


def _list_faults(operations: OperationsLog, work: Path) -> Counter[str]:
    """List the faults of the pipeline; return their counts, by `operations:<kind>`."""
    with (work / "planted" / "operations.jsonl").open("w", encoding="utf-8") as faults:
        faults.writelines(
            json.dumps(row, separators=(",", ":")) + "\n" for row in operations.planted
        )
    return Counter(f"operations:{row['kind']}" for row in operations.planted)


def _whole_plants(world: World, work: Path) -> Iterator[dict[str, object]]:
    nothing = {"line": None, "event_id": None, "violation": None}
    for file, appeared_on in _held_back_files(world, work).items():
        detail = {"appeared_on": appeared_on}
        yield {"kind": "old_partition_file", "file": file, **nothing, "detail": detail}
    if world.silent is not None:
        detail = world.silent.detail
        yield {"kind": "silent_version", "file": None, **nothing, "detail": detail}


def _held_back_files(world: World, work: Path) -> dict[str, str]:
    """Return the dates on which the held-back files appear, by file."""
    files = {}
    for held_back in world.held_back:
        file = held_back_name(world, held_back.day) + world.parameters.file_format.suffix
        if (work / "landing" / file).exists():
            files[file] = world.parameters.day_text(held_back.day + held_back.delay_days)
    return files


def _write_arrivals(world: World, work: Path, files: Counter[str]) -> None:
    """List the landing files in the order in which they appear."""
    held_back = _held_back_files(world, work)
    appearances = {file: held_back.get(file, file.split("dt=")[1][:10]) for file in files}
    with (work / "planted" / "arrivals.jsonl").open("w", encoding="utf-8") as arrivals:
        for file, appeared_on in sorted(appearances.items(), key=lambda each: each[::-1]):
            row = {"file": file, "appeared_on": appeared_on}
            arrivals.write(json.dumps(row, separators=(",", ":")) + "\n")
