"""Reads what runs wrote: `<folder>/<run id>/run.json` and `differences.jsonl`."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from logmart.errors import CommandError

RUN, VERIFY = "run", "verify"
DIFFERENCES_FILE = "differences.jsonl"


@dataclass(frozen=True)
class ColumnSums:
    """The checksum of a column on both sides."""

    column: str
    target_column: str
    source: str
    target: str

    @property
    def is_equal(self) -> bool:
        """Whether both are equal."""
        return self.source == self.target


@dataclass(frozen=True)
class TablePass:
    """What a run found of a table. `ended_at` is None of a pass that was stopped; `columns` are
    there when every column was summed; `staged_rows` is None where no staging model was compared.
    """

    source_table: str
    target_table: str
    snapshot_id: str
    started_at: datetime
    ended_at: datetime | None
    source_rows: int
    target_rows: int
    chunks: int
    differing_chunks: int
    copied_rows: int
    deleted_rows: int
    source_checksum: str
    target_checksum: str
    columns: tuple[ColumnSums, ...]
    differing_values: dict[str, int]
    missing_rows: int
    extra_rows: int
    staged_rows: int | None = None
    staged_faults: tuple[str, ...] = ()

    @property
    def is_equal(self) -> bool:
        """Whether the pass came to its end and found nothing that differs."""
        sums = (self.source_rows, self.source_checksum) == (self.target_rows, self.target_checksum)
        return (
            self.ended_at is not None
            and sums
            and self.differing_chunks == 0
            and all(column.is_equal for column in self.columns)
            and not self.staged_faults
        )

    @property
    def difference_count(self) -> int:
        """The number of values and rows that differ."""
        return sum(self.differing_values.values()) + self.missing_rows + self.extra_rows


@dataclass(frozen=True)
class RunResult:
    """A run: `is_final` where every column was compared, `is_frozen` under a declared freeze."""

    run_id: str
    verb: str
    mapping_id: str
    started_at: datetime
    ended_at: datetime
    is_final: bool
    is_frozen: bool
    error: str
    tables: tuple[TablePass, ...]
    folder: Path

    def differences(self) -> list[dict[str, Any]]:
        """Return the differences that were found, personal values masked."""
        path = self.folder / DIFFERENCES_FILE
        if not path.exists():
            return []
        return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def read_runs(folder: Path, mapping_id: str) -> list[RunResult]:
    """Return the runs of a mapping, the first one first.

    Raises CommandError for a file that cannot be read, and names it.
    """
    runs = []
    for path in folder.glob("*/run.json"):
        try:
            run = _run(json.loads(path.read_text(encoding="utf-8")), path.parent)
        except (OSError, ValueError, KeyError) as error:
            raise CommandError(
                f"{path} cannot be read ({type(error).__name__}): remove its folder"
            ) from error
        if run.mapping_id == mapping_id:
            runs.append(run)
    return sorted(runs, key=lambda run: (run.started_at, run.run_id))


def expire_differences(folder: Path, until: datetime) -> None:
    """Remove the values that runs found to differ before a moment; their counts are kept.

    Raises CommandError.
    """
    try:
        for path in folder.glob(f"*/{DIFFERENCES_FILE}"):
            if path.stat().st_mtime < until.timestamp():
                path.unlink()
    except OSError as error:
        raise CommandError(f"values that have expired are left: {error}") from error


def _run(content: dict[str, Any], folder: Path) -> RunResult:
    return RunResult(
        run_id=content["runId"],
        verb=content["verb"],
        mapping_id=content["mappingId"],
        started_at=datetime.fromisoformat(content["startedAt"]),
        ended_at=datetime.fromisoformat(content["endedAt"]),
        is_final=content["isFinal"],
        is_frozen=content.get("isFrozen", False),
        error=content.get("error", ""),
        tables=tuple(_table(table) for table in content["tables"]),
        folder=folder,
    )


def _table(content: dict[str, Any]) -> TablePass:
    differences = content["differences"]
    ended_at = content.get("endedAt")
    return TablePass(
        source_table=content["sourceTable"],
        target_table=content["targetTable"],
        snapshot_id=content["snapshotId"],
        started_at=datetime.fromisoformat(content["startedAt"]),
        ended_at=datetime.fromisoformat(ended_at) if ended_at else None,
        source_rows=content["sourceRows"],
        target_rows=content["targetRows"],
        chunks=content["chunks"],
        differing_chunks=content["differingChunks"],
        copied_rows=content["copiedRows"],
        deleted_rows=content["deletedRows"],
        source_checksum=content["sourceChecksum"],
        target_checksum=content["targetChecksum"],
        columns=tuple(
            ColumnSums(each["column"], each["targetColumn"], each["source"], each["target"])
            for each in content.get("columns", [])
        ),
        differing_values=dict(differences["value"]),
        missing_rows=differences["missing"],
        extra_rows=differences["extra"],
        staged_rows=content["staged"]["rows"] if "staged" in content else None,
        staged_faults=tuple(content["staged"]["faults"]) if "staged" in content else (),
    )
