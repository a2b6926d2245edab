"""The private folder of a run: `run.json`, what it did, and `differences.jsonl`.

Values of personal columns are masked before they are written, so neither file holds one.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path

from logmart.landed.private_files import make_private_folder
from logmart.operations.landing import utc_text
from operations.migration.canonical import readable
from operations.migration.mapping import Column, Table
from operations.migration.results import COPIED, DIFFERING, ChunkResult, TableResult
from operations.migration.targets.base import Difference

RUN_FILE = "run.json"
DIFFERENCES_FILE = "differences.jsonl"
_MASK_BYTES = 6


class Masks:
    """Masks of personal values: equal for equal values of one run, and of no use elsewhere."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)

    def masked(self, text: str) -> str:
        """Return the mask of a value."""
        digest = hashlib.blake2b(text.encode(), key=self._key, digest_size=_MASK_BYTES)
        return f"masked:{digest.hexdigest()}"


class RunFiles:
    """The folder of one run."""

    def __init__(self, state: Path, run: Mapping[str, object]) -> None:
        """Make the folder. In: `run`, what is known of the run, its `runId` above all.

        Raises OSError when the folder cannot be made.
        """
        make_private_folder(state)
        self.folder = state / str(run["runId"])
        make_private_folder(self.folder)
        self._run = run
        self._masks = Masks()

    def write_differences(self, result: TableResult) -> None:
        """Add the differences of a table. Raises OSError."""
        lines = [
            json.dumps(line, ensure_ascii=False) + "\n" for line in self.difference_lines(result)
        ]
        if lines:
            path = self.folder / DIFFERENCES_FILE
            with open(path, "a", encoding="utf-8", opener=_private) as file:
                file.writelines(lines)

    def difference_lines(self, result: TableResult) -> Iterator[dict[str, object]]:
        """Return the differences of a table as records, personal values masked."""
        table = result.plan.table
        for chunk in result.chunks:
            for difference in chunk.differences:
                record = {
                    "runId": self._run["runId"],
                    "sourceTable": table.source,
                    "targetTable": table.target,
                    "chunkId": chunk.chunk_id,
                    **self._record(result, difference),
                }
                yield {name: value for name, value in record.items() if value is not None}

    def _record(self, result: TableResult, found: Difference) -> dict[str, object]:
        table = result.plan.table
        column = found.column
        return {
            "kind": found.kind,
            "key": self._texts(result, found.key),
            "column": column.source if column else None,
            "targetColumn": column.target if column else None,
            "source": self._text(result, column, found.source) if column else None,
            "target": self._text(result, column, found.target) if column else None,
            "row": self._texts(result, found.row) if found.row is not None else None,
            "rowCount": found.row_count if not table.key else None,
            "isPersonal": True if column and column.is_personal else None,
        }

    def _texts(self, result: TableResult, texts: dict[str, str | None]) -> dict[str, str | None]:
        columns = {column.source: column for column in result.plan.table.columns}
        return {name: self._text(result, columns[name], text) for name, text in texts.items()}

    def _text(self, result: TableResult, column: Column, text: str | None) -> str | None:
        if text is None:
            return None
        if column.is_personal:
            return self._masks.masked(text)
        return readable(result.plan.kind(column), text)

    def write_run(self, results: list[TableResult], ended_at: datetime, error: str) -> None:
        """Write what the run did. Raises OSError."""
        content = {
            **self._run,
            "endedAt": utc_text(ended_at),
            **({"error": error} if error else {}),
            "tables": [_table_summary(result) for result in results],
        }
        part = self.folder / f"{RUN_FILE}.part"
        with open(part, "w", encoding="utf-8", opener=_private) as file:
            file.write(json.dumps(content, ensure_ascii=False, indent=1) + "\n")
        part.replace(self.folder / RUN_FILE)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _table_summary(result: TableResult) -> dict[str, object]:
    table = result.plan.table
    source, target = result.sums
    statuses = result.statuses()
    counts = result.difference_counts()
    by_column = {column: count for (kind, column), count in counts.items() if kind == "value"}
    summary: dict[str, object] = {
        "sourceTable": table.source,
        "targetTable": table.target,
        "snapshotId": result.snapshot_id,
        "startedAt": utc_text(result.started_at),
        "sourceRows": source.rows,
        "targetRows": target.rows,
        "chunks": len(result.chunks),
        "differingChunks": statuses[DIFFERING],
        "copiedChunks": statuses[COPIED],
        "copiedRows": sum(chunk.copied for chunk in result.chunks),
        "deletedRows": sum(chunk.deleted for chunk in result.chunks),
        "sourceChecksum": source.text,
        "targetChecksum": target.text,
        "differences": {
            "value": by_column,
            "missing": counts["missing", ""],
            "extra": counts["extra", ""],
        },
        "excluded": [
            {"column": exclusion.name, "reason": exclusion.reason} for exclusion in table.excluded
        ],
    }
    if result.ended_at is not None:
        summary["endedAt"] = utc_text(result.ended_at)
    if result.staged is not None:
        summary["staged"] = {
            "entity": result.staged.entity,
            "rows": result.staged.rows,
            "faults": list(result.staged.faults),
        }
    if result.column_sums:
        summary["columns"] = [
            {
                "column": column.source,
                "targetColumn": column.target,
                "source": at_source.text,
                "target": at_target.text,
            }
            for column, (at_source, at_target) in zip(
                table.columns, result.column_sums, strict=True
            )
        ]
    return summary


def chunk_records(
    result: TableResult, run_id: str, mapping_id: str, *, is_frozen: bool
) -> Iterator[dict[str, object]]:
    """Return the records of a pass, to be landed as `migrated_chunks`.

    The last one has `isFinal` when the pass ended.
    """
    table = result.plan.table
    last = len(result.chunks) - 1
    for number, chunk in enumerate(result.chunks):
        record = {
            "runId": run_id,
            "mappingId": mapping_id,
            "sourceTable": table.source,
            "targetTable": table.target,
            "chunkId": chunk.chunk_id,
            "keyFrom": _bound(table, chunk.low),
            "keyTo": _bound(table, chunk.high),
            **_counts(chunk),
            "snapshotId": result.snapshot_id,
            "isFinal": result.ended_at is not None and number == last,
            "isFrozen": True if is_frozen else None,
        }
        yield {name: value for name, value in record.items() if value is not None}


def _counts(chunk: ChunkResult) -> dict[str, object]:
    return {
        "sourceRows": chunk.source.rows,
        "targetRowsBefore": chunk.rows_before,
        "copiedRows": chunk.copied,
        "deletedRows": chunk.deleted,
        "differingRows": chunk.differing_rows,
        "status": chunk.status,
        "startedAt": utc_text(chunk.started_at),
        "endedAt": utc_text(chunk.ended_at),
    }


def _bound(table: Table, texts: tuple[str, ...] | None) -> str | None:
    if texts is None or table.has_personal_key:
        return None
    return ",".join(texts)
