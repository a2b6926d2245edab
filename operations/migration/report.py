"""Decides whether to cut over: what the last proof found, and what it does not cover."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from logmart.operations.landing import utc_text
from operations.migration.mapping import LANDING, Mapping
from operations.migration.run_results import RUN, VERIFY, RunResult, TablePass

# Of a table; the number of all is always given.
MOST_SHOWN = 100


@dataclass(frozen=True)
class Report:
    """A proof and what follows from it. `proof` is None where there is none; `reasons` say why not
    to cut over, and are empty where it is time.
    """

    mapping: Mapping
    runs: tuple[RunResult, ...]
    proof: RunResult | None
    reasons: tuple[str, ...]

    @property
    def is_ready(self) -> bool:
        """Whether to cut over."""
        return not self.reasons

    @property
    def verdict(self) -> str:
        """The one line: ready, or not and why."""
        if self.reasons:
            return f"not ready: {'; '.join(self.reasons)}"
        assert self.proof is not None
        rows = sum(table.source_rows for table in self.proof.tables)
        how = "under a declared freeze" if self.proof.is_frozen else "in one snapshot"
        return (
            f"ready: {len(self.proof.tables)} tables with {rows:,} rows are equal by value, {how},"
            f" as of {utc_text(self.proof.started_at)}"
        )


def make_report(mapping: Mapping, runs: list[RunResult]) -> Report:
    """Return the report of the runs of a mapping, the first run first."""
    proofs = [run for run in runs if run.verb == VERIFY and run.is_final]
    proof = proofs[-1] if proofs else None
    reasons = tuple(_reasons(mapping, runs, proof))
    return Report(mapping, tuple(runs), proof, reasons)


def _reasons(mapping: Mapping, runs: list[RunResult], proof: RunResult | None) -> Iterator[str]:
    if not mapping.tables:
        yield "the mapping has no table"
        return
    if proof is None:
        yield (
            "no pass has compared every column since the mapping was changed: run"
            " `logmart migrate verify --final`"
        )
        return
    if proof.error:
        yield f"the last verification stopped: {proof.error}"
    passed = {table.source_table: table for table in proof.tables}
    is_landed = mapping.target.kind == LANDING
    for table in mapping.tables:
        if table.source not in passed:
            yield f"{table.source} was not verified"
        elif not passed[table.source].is_equal:
            yield f"{table.source}: {_difference(passed[table.source])}"
        elif is_landed and passed[table.source].staged_rows is None:
            yield f"{table.source}: its staging model was not compared"
    snapshots = {table.snapshot_id for table in proof.tables}
    if len(snapshots) > 1 and not proof.is_frozen:
        yield f"the tables were read in {len(snapshots)} snapshots, and nobody declared a freeze"
    for run in runs:
        if run is not proof and run.ended_at > proof.started_at:
            yield from _since(run)


def _since(run: RunResult) -> Iterator[str]:
    """Return why a run after the last verification makes it worth nothing."""
    written = sum(table.copied_rows + table.deleted_rows for table in run.tables)
    if run.verb == RUN and written:
        yield f"run {run.run_id} wrote {written:,} rows since the last verification"
    found = [table.source_table for table in run.tables if table.differing_chunks]
    if found:
        yield f"{run.verb} {run.run_id} found differences in {', '.join(found)} since"


def _difference(table: TablePass) -> str:
    if table.ended_at is None:
        return "its verification was stopped"
    words = [f"{column} {count:,}" for column, count in sorted(table.differing_values.items())]
    words += [f"{table.missing_rows:,} rows missing"] if table.missing_rows else []
    words += [f"{table.extra_rows:,} rows too many"] if table.extra_rows else []
    words += table.staged_faults
    return "differs: " + (", ".join(words) or f"{table.differing_chunks} chunks")


def exclusions(mapping: Mapping) -> list[tuple[str, str]]:
    """Return what is not copied, `table` or `table.column`, with the reason."""
    tables = [(each.name, each.reason) for each in mapping.excluded]
    columns = [
        (f"{table.source}.{each.name}", each.reason)
        for table in mapping.tables
        for each in table.excluded
    ]
    return tables + columns


def changes(mapping: Mapping) -> list[tuple[str, str, str]]:
    """Return the columns that are renamed or transformed, each with what it becomes and why."""
    return [
        (
            f"{table.source}.{column.source}",
            f"{column.target} = {column.transform}" if column.transform else column.target,
            column.reason,
        )
        for table in mapping.tables
        for column in table.columns
        if column.transform or column.target != column.source
    ]


def shown_differences(report: Report) -> dict[str, list[dict[str, Any]]]:
    """Return the first differences of each table of the source."""
    shown: dict[str, list[dict[str, Any]]] = {}
    for each in report.proof.differences() if report.proof else []:
        listed = shown.setdefault(each["sourceTable"], [])
        if len(listed) < MOST_SHOWN:
            listed.append(each)
    return shown
