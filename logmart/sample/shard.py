"""Simulates a shard, a range of people, in blocks, and writes the files of that shard."""

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache, partial
from operator import itemgetter
from pathlib import Path

from logmart.sample.clock import DAY_MS, HOUR_MS, day_text
from logmart.sample.files import LandingFiles
from logmart.sample.journal import Journal
from logmart.sample.rows import Row
from logmart.sample.simulation import simulate
from logmart.sample.world import World

_PEOPLE_PER_SHARD = 5_000
_MOST_SHARDS = 32
_ROWS_PER_BLOCK = 30_000
_AFTERNOON_HOUR = 12
_HELD_BACK_HOURS = range(3, 7)
_HELD_BACK_NAME = "events-000"


@dataclass(frozen=True)
class Shard:
    """The people `first` to `last - 1`: shard `number` of `count`."""

    number: int
    count: int
    first: int
    last: int


@dataclass(frozen=True)
class ShardResult:
    """The output of a shard: line counts by app file, planted rows by kind."""

    lines: dict[str, int]
    planted: Counter[str]


@dataclass
class _Block:
    """The merged output of several people; see `Journal`."""

    rows: list[Row] = field(default_factory=list)
    records: dict[str, list[tuple[int, str]]] = field(default_factory=lambda: defaultdict(list))
    mismatches: dict[str, list[dict[str, object]]] = field(
        default_factory=lambda: defaultdict(list)
    )

    def add(self, journal: Journal) -> None:
        self.rows += journal.rows
        for file, records in journal.records.items():
            self.records[file] += records
        for source, mismatches in journal.mismatches.items():
            self.mismatches[source] += mismatches


def make_shards(people: int) -> list[Shard]:
    """Cut `people` into shards of at most 5,000, or into 32 larger ones."""
    count = min(_MOST_SHARDS, -(-people // _PEOPLE_PER_SHARD))
    edges = [people * number // count for number in range(count + 1)]
    return [Shard(number, count, edges[number], edges[number + 1]) for number in range(count)]


def parts_path(work: Path, shard_number: int) -> Path:
    """Return the folder for a shard's parts of the files that all shards share."""
    return work / "parts" / f"{shard_number:03d}"


def held_back_name(world: World, day: int) -> str:
    """Return the name, without suffix, of the file held back on the landed day `day`."""
    return f"app/dt={world.parameters.day_text(day)}/{_HELD_BACK_NAME}"


def write_shard(
    world: World, shard: Shard, work: Path, report: Callable[[int], None]
) -> ShardResult:
    """Simulate a shard and write its files below `work`.

    App files go to `landing/`; its lines of bank and CRM files and its planted rows, as JSON lines,
    to its `parts_path`. `report` is called with the number of events of each block.

    Raises:
        OSError: a file cannot be written.
    """
    files = LandingFiles(work / "landing", world.parameters.file_format)
    parts = parts_path(work, shard.number)
    counts: Counter[str] = Counter()
    for block in _blocks(world, shard):
        planted = {"app": _write_rows(world, shard, block.rows, files), **block.mismatches}
        for source, rows in planted.items():
            counts.update(f"{source}:{row['kind']}" for row in rows)
            _append(parts / "planted" / f"{source}.jsonl", [_dumps(row) for row in rows])
        for name, records in block.records.items():
            lines = [line for _, line in sorted(records)]
            _append(parts / "landing" / f"{name}.jsonl", lines)
        report(len(block.rows))
    return ShardResult(files.close(), counts)


def _blocks(world: World, shard: Shard) -> Iterator[_Block]:
    block = _Block()
    for number in range(shard.first, shard.last):
        block.add(simulate(world, number))
        if len(block.rows) >= _ROWS_PER_BLOCK:
            yield block
            block = _Block()
    yield block


def _write_rows(
    world: World, shard: Shard, rows: Sequence[Row], files: LandingFiles
) -> list[dict[str, object]]:
    """Write the rows by landing time; return the planted rows with their file and line."""
    file_name = cache(partial(_file_name, shard, _held_back_days(world, shard)))
    buckets: dict[str, list[Row]] = defaultdict(list)
    for row in sorted(rows, key=itemgetter(0)):
        buckets[file_name(row.landed_ms // HOUR_MS, row.plant is None)].append(row)
    listed: list[dict[str, object]] = []
    for name, bucket in buckets.items():
        file, first = files.append(name, [row.line for row in bucket])
        for line_number, row in enumerate(bucket, first):
            if row.plant is not None:
                listed.append(
                    {
                        "kind": row.plant.kind,
                        "file": file,
                        "line": line_number,
                        "event_id": row.plant.event_id,
                        "violation": row.plant.violation,
                        "detail": row.plant.detail,
                    }
                )
    return listed


def _held_back_days(world: World, shard: Shard) -> set[int]:
    if shard.number != 0:
        return set()
    return {world.start_ms // DAY_MS + file.day for file in world.held_back}


def _file_name(shard: Shard, held_back_days: set[int], epoch_hour: int, is_sound: bool) -> str:
    """Return the file, without suffix, for rows that land in an hour since 1970-01-01 (UTC).

    A shard has two files a day, for the morning and the afternoon. On held-back days the valid rows
    of some hours are in a separate file. Its name sorts first, so that a valid row still comes
    before its exact copy.
    """
    epoch_day, hour = divmod(epoch_hour, 24)
    number = shard.number + 1 + (shard.count if hour >= _AFTERNOON_HOUR else 0)
    is_held_back = epoch_day in held_back_days and hour in _HELD_BACK_HOURS and is_sound
    name = _HELD_BACK_NAME if is_held_back else f"events-{number:03d}"
    return f"app/dt={day_text(epoch_day)}/{name}"


def _append(path: Path, lines: list[str]) -> None:
    if lines:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n")


def _dumps(row: dict[str, object]) -> str:
    return json.dumps(row, ensure_ascii=False, separators=(",", ":"))
