"""The records of a migration: the tables of an old core bank, copied in the last two weeks.

A run starts at 01:00 in Seoul. The first one copies everything, each later one the chunks that
changed since, and the last one is a proof.
"""

from __future__ import annotations

import json
from collections import defaultdict
from random import Random

from logmart.sample.clock import DAY_MS, HOUR_MS, SECOND_MS, day_text, iso, utc_date_text
from logmart.sample.parameters import Parameters

_NIGHTS = 14
_STARTS_AT_MS = 16 * HOUR_MS
_CHUNK_ROWS = 50_000
# By table, the chunks of it, and what share of them changes in a day.
_TABLES = {"accounts": (6, 0.5), "branches": (1, 0.05), "standing_orders": (3, 0.3)}
_MAPPING = "5c0a7d21f4be"
_Record = dict[str, object]


def migration_lines(parameters: Parameters) -> dict[str, list[str]]:
    """Return the lines of the landing files of a migration by name, without suffix."""
    rng = Random(f"{parameters.seed}:migration")
    lines: dict[str, list[str]] = defaultdict(list)
    first = max(0, parameters.days - _NIGHTS)
    for index in range(first, parameters.days):
        started_ms = parameters.start_ms + index * DAY_MS + _STARTS_AT_MS
        is_proof = index == parameters.days - 1
        run_id = f"sample-{day_text(started_ms // DAY_MS)}-{'verify' if is_proof else 'run'}"
        clock_ms = started_ms
        for table, (chunk_count, changed_share) in _TABLES.items():
            name = f"operations/dt={utc_date_text(started_ms)}/migrated_chunks-{run_id}-{table}"
            for number in range(chunk_count):
                record = _chunk(table, number, chunk_count)
                if is_proof:
                    record["status"] = "verified"
                elif index == first or rng.random() < changed_share:
                    record |= {"status": "copied", "copiedRows": record["sourceRows"]}
                    record["deletedRows"] = 0 if index == first else record["sourceRows"]
                if index == first:
                    record["targetRowsBefore"] = 0
                record |= {"runId": run_id, "snapshotId": f"00000003-{index:08X}-1"}
                record |= {"startedAt": iso(clock_ms)}
                clock_ms += rng.randint(1, 9) * SECOND_MS
                record |= {"endedAt": iso(clock_ms)}
                lines[name].append(json.dumps(record, separators=(",", ":")))
    return lines


def _chunk(table: str, number: int, chunk_count: int) -> _Record:
    """Return the record of a chunk that is equal on both sides."""
    is_last = number == chunk_count - 1
    rows = 12_345 if is_last else _CHUNK_ROWS
    bounds = {"keyFrom": str(number * _CHUNK_ROWS)} if number else {}
    bounds |= {} if is_last else {"keyTo": str((number + 1) * _CHUNK_ROWS)}
    return {
        "mappingId": _MAPPING,
        "sourceTable": table,
        "targetTable": table,
        "chunkId": f"{number:06d}",
        **bounds,
        "sourceRows": rows,
        "targetRowsBefore": rows,
        "copiedRows": 0,
        "deletedRows": 0,
        "status": "equal",
        "isFinal": is_last,
    }
