"""Counts the valid, rejected, duplicate and erased lines of each source, to print after a build."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import duckdb

_FILES = """
select source, count(*), sum(line_count), sum(valid_count), sum(rejected_count),
    sum(duplicate_count), sum(erased_count)
from marts.fct_landed_files
group by source
order by source
"""
_REASONS = """
select violation, count(*) as rejected_count
from (
    select unnest(violations) as violation
    from marts.{table}
    where source = $source
)
group by violation
order by rejected_count desc, violation
"""
REASONS_SHOWN = 3
_REMEDIES = {
    "too_late": "if the files are history, set `history_until: <date of their partition>` in"
    " config.meta of the events of models/staging/{source}/_{source}__sources.yml, and build with"
    " --full-refresh",
    "missing_required": "correct the field or the time zone of the time in"
    " models/staging/{source}/base_{source}__events.sql, and build with --full-refresh",
    "unreadable_line": "correct how models/staging/{source}/base_{source}__events.sql reads a line,"
    " or the option `format` of _{source}__sources.yml, and build with --full-refresh",
    "unplanned_event": "plan its events: `logmart source add {source} --from <a landed file>`"
    " proposes them",
}


@dataclass(frozen=True)
class Outcomes:
    """The counts of a source's landed lines, and the reasons for rejection with their counts."""

    source: str
    file_count: int
    line_count: int
    valid_count: int
    rejected_count: int
    duplicate_count: int
    reasons: tuple[tuple[str, int], ...]
    erased_count: int = 0

    def sentences(self) -> list[str]:
        """Return the outcomes as lines to print."""
        landed = (
            f"  {self.source}: {self.line_count:,} lines in {_counted(self.file_count, 'file')}"
        )
        if self.line_count and self.rejected_count == self.line_count:
            return [f"{landed}, all {self.line_count:,} rejected: {self._reasons_text()}"]
        lines = [
            f"{landed}: {self.valid_count:,} valid, {self.rejected_count:,} rejected,"
            f" {self.duplicate_count:,} duplicate"
            + (f", {self.erased_count:,} erased" if self.erased_count else "")
        ]
        if self.reasons:
            lines.append(f"    rejected: {self._reasons_text()}")
        return lines

    def refusal(self) -> str:
        """Return why the whole source was rejected, and the remedy; "" where a line was not, or
        where no single reason is that of every line.
        """
        every = [reason for reason, count in self.reasons if count == self.line_count]
        if not every or not self.line_count or self.rejected_count != self.line_count:
            return ""
        reason = every[0].split(":")[0]
        remedy = _REMEDIES.get(reason, "docs/tracking-plan.md says what the reason means")
        return (
            f"all {self.line_count:,} lines of {self.source} were rejected as {every[0]}:"
            f" {remedy.format(source=self.source)}"
        )

    def _reasons_text(self) -> str:
        shown = [
            reason if count == self.line_count else f"{reason} ({count:,})"
            for reason, count in self.reasons[:REASONS_SHOWN]
        ]
        more = len(self.reasons) - REASONS_SHOWN
        return ", ".join([*shown, *([f"and {_counted(more, 'more reason')}"] if more > 0 else [])])


def read_outcomes(database: Path) -> list[Outcomes]:
    """Return the outcomes of every source, from the database of a finished build."""
    with duckdb.connect(str(database), read_only=True) as connection:
        counts = connection.execute(_FILES).fetchall()
        tables = connection.execute(
            "select table_name from information_schema.tables where table_schema = 'marts'"
            " and table_name in ('fct_rejected_events', 'fct_rejected_records')"
        ).fetchall()
        return [
            Outcomes(
                *(source, files, lines, valid, rejected, duplicate),
                reasons=_reasons(connection, [name for (name,) in tables], source),
                erased_count=erased,
            )
            for source, files, lines, valid, rejected, duplicate, erased in counts
        ]


def _reasons(
    connection: duckdb.DuckDBPyConnection, tables: list[str], source: str
) -> tuple[tuple[str, int], ...]:
    """Return the reasons of a source's rejected lines, the most frequent first.

    A source has either events or records, so only one of the tables holds its lines.
    """
    return tuple(
        (reason, count)
        for table in tables
        for reason, count in connection.execute(
            _REASONS.format(table=table), {"source": source}
        ).fetchall()
    )


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}" + ("" if count == 1 else "s")
