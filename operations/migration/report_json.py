"""The report as one JSON object, for other programs."""

from __future__ import annotations

from typing import Any

from logmart.operations.landing import utc_text
from operations.migration.report import Report, changes, exclusions, shown_differences
from operations.migration.run_results import TablePass


def as_json(report: Report) -> dict[str, Any]:
    """Return the report; `differences` are the first of each table, personal values masked."""
    mapping, proof = report.mapping, report.proof
    differences = shown_differences(report)
    return {
        "isReady": report.is_ready,
        "verdict": report.verdict,
        "reasons": list(report.reasons),
        "mappingId": mapping.mapping_id,
        "sourceKind": mapping.source.kind,
        "targetKind": mapping.target.kind,
        "runCount": len(report.runs),
        "verification": None
        if proof is None
        else {
            "runId": proof.run_id,
            "startedAt": utc_text(proof.started_at),
            "endedAt": utc_text(proof.ended_at),
            "seconds": (proof.ended_at - proof.started_at).total_seconds(),
            "snapshotIds": sorted({table.snapshot_id for table in proof.tables}),
            "isFrozen": proof.is_frozen,
            "tables": [
                {**_table(table), "differences": differences.get(table.source_table, [])}
                for table in proof.tables
            ],
        },
        "excluded": [{"name": name, "reason": reason} for name, reason in exclusions(mapping)],
        "changed": [
            {"column": column, "becomes": becomes, "reason": reason}
            for column, becomes, reason in changes(mapping)
        ],
    }


def _table(table: TablePass) -> dict[str, Any]:
    return {
        "sourceTable": table.source_table,
        "targetTable": table.target_table,
        "isEqual": table.is_equal,
        "snapshotId": table.snapshot_id,
        "seconds": None
        if table.ended_at is None
        else (table.ended_at - table.started_at).total_seconds(),
        "sourceRows": table.source_rows,
        "targetRows": table.target_rows,
        "chunks": table.chunks,
        "differingChunks": table.differing_chunks,
        "sourceChecksum": table.source_checksum,
        "targetChecksum": table.target_checksum,
        "columns": [
            {
                "column": column.column,
                "targetColumn": column.target_column,
                "isEqual": column.is_equal,
                "source": column.source,
                "target": column.target,
            }
            for column in table.columns
        ],
        "differingValues": table.differing_values,
        "stagedRows": table.staged_rows,
        "stagedFaults": list(table.staged_faults),
        "missingRows": table.missing_rows,
        "extraRows": table.extra_rows,
    }
