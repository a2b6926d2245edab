"""The report on a branch: its findings in order, those of one cause as one. Pure functions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from logmart.findings import Finding, Reach, Severity
from logmart.gate.finding_kinds import KINDS
from logmart.gate.section import Section

# Notes of these kinds have the same cause when they say the same.
_FOLDED = frozenset(
    {"config_changed", "node_changed", "node_removed", "node_added", "owner_changed"}
    | {"column_added", "description_changed"}
)
# Findings of these kinds do so when a macro or a measure is the cause.
_SHARED = frozenset({"sql_changed", "metric_changed"})


@dataclass(frozen=True)
class Report:
    """The report on a branch.

    `findings` have their final severities, the worst first. `built` is a sentence on how much was
    built and with which state it was compared. `warnings` say how the report was made. `source` is
    the address of the branch's files on GitHub, "" elsewhere.
    """

    built: str
    warnings: tuple[str, ...]
    findings: tuple[Finding, ...]
    sections: tuple[Section, ...]
    fail_on: Severity
    source: str = ""

    @property
    def counted(self) -> list[Finding]:
        """The findings that count."""
        return [finding for finding in self.findings if not finding.left_out]

    @property
    def notable(self) -> list[Finding]:
        """The findings that count and are more than notes."""
        return [finding for finding in self.counted if finding.severity is not Severity.NOTE]

    @property
    def fails(self) -> bool:
        """Whether a finding has at least the severity `fail_on`."""
        return any(finding.severity >= self.fail_on for finding in self.counted)


def ordered(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return findings without duplicates, sorted by severity (worst first), kind and place."""
    kinds = list(KINDS)

    def rank(finding: Finding) -> tuple[int, int, str, str]:
        place = kinds.index(finding.kind) if finding.kind in kinds else len(kinds)
        return -finding.severity, place, finding.place, finding.message

    return tuple(sorted(dict.fromkeys(findings), key=rank))


def folded(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return findings, those of one cause as one finding that counts and names its places."""
    causes: dict[object, list[Finding]] = {}
    for number, finding in enumerate(findings):
        shared = finding.message.startswith("measure ") or ", by " in finding.message
        same = finding.kind in _FOLDED if finding.severity is Severity.NOTE else False
        same = same or (finding.kind in _SHARED and shared)
        column = finding.column if finding.kind == "column_added" else ""
        cause = (finding.kind, column, finding.message, finding.left_out)
        causes.setdefault(cause if same and finding.count == 1 else number, []).append(finding)
    return tuple(found[0] if len(found) == 1 else _one_of(found) for found in causes.values())


def _one_of(findings: list[Finding]) -> Finding:
    reaches = [finding.reach or Reach() for finding in findings]
    merged = Reach(
        **{
            key: tuple(sorted({name for reach in reaches for name in getattr(reach, key)}))
            for key in Reach.__dataclass_fields__
        }
    )
    return replace(
        findings[0],
        node=f"{findings[0].place} and {len(findings) - 1} more",
        column="",
        count=len(findings),
        places=tuple(finding.place for finding in findings),
        reach=merged,
    )


def headline(report: Report) -> str:
    """Return the numbers of findings by severity, as text."""
    counts = [
        f"{count} {severity.word}{'' if count == 1 else 's'}"
        for severity in reversed(Severity)
        if (count := sum(finding.severity is severity for finding in report.counted))
    ]
    return ", ".join(counts) or "nothing to say"
