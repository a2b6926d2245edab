"""The opening of a report: one sentence, a table of what changes for whom, and what is left to do
for the author. Pure functions.
"""

from __future__ import annotations

from dataclasses import dataclass

from logmart.findings import Finding, Reach, Severity
from logmart.gate.finding_kinds import KINDS
from logmart.gate.report import Report

MOST_ROWS = 12
_MESSAGES = 2
_NAMES = 3
# The author mends these before an owner is asked.
_AUTHORS = frozenset({"build_failed", "test_failed", "not_checked", "not_compared", "lint", "rule"})


@dataclass(frozen=True)
class Row:
    """A row of the table: a node that changes, how, what that reaches and the owners to ask."""

    severity: Severity
    what: str
    change: str
    reaches: str
    ask: str


def sentence(report: Report) -> str:
    """Return in a sentence whether the branch passes, what changes and whom that reaches."""
    if not report.counted:
        return "The gate passes: nothing changes for those who read the marts."
    found = report.notable
    verdict = "fails" if report.fails else "passes"
    if not found:
        return f"The gate {verdict}: there are only notes, which need no action."
    reaches = [finding.reach or Reach() for finding in found]
    places = {finding.node or finding.place for finding in found}
    reached = [
        counted(len({name for reach in reaches for name in getattr(reach, key)}), noun)
        for key, noun in (("metrics", "metric"), ("exposures", "exposure"), ("owners", "owner"))
        if any(getattr(reach, key) for reach in reaches)
    ]
    verb = "it reaches" if len(places) == 1 else "they reach"
    tail = f"; {verb} {_listed(reached)}" if reached else ""
    return f"The gate {verdict}: {counted(len(places), 'thing')} to look at{tail}."


def table(report: Report) -> list[Row]:
    """Return a row for each node with findings, the worst first, of these the one that most reads;
    notes only if there is no more.
    """
    groups: dict[str, list[Finding]] = {}
    for finding in report.notable or report.counted:
        groups.setdefault(finding.node or finding.place or finding.kind, []).append(finding)
    rows = [_row(what, found) for what, found in groups.items()]
    return sorted(rows, key=lambda row: (-row.severity, -_readers(groups[row.what])))


def _readers(found: list[Finding]) -> int:
    """Return how many exposures and metrics findings reach."""
    reaches = [finding.reach or Reach() for finding in found]
    return len({name for reach in reaches for name in (*reach.exposures, *reach.metrics)})


def checklist(report: Report) -> list[str]:
    """Return what the author has to do before the merge."""
    asked: dict[str, dict[str, None]] = {}
    for finding in report.notable:
        if finding.kind in _AUTHORS:
            continue
        for owner in (finding.reach or Reach()).owners:
            asked.setdefault(owner, {})[finding.node or finding.place] = None
    failing = [finding for finding in report.counted if finding.severity >= report.fail_on]
    items = []
    if len(failing) == 1:
        items.append("mend the finding that fails, or leave it out in gate.yml with a reason")
    elif failing:
        found = f"the {len(failing)} findings that fail"
        items.append(f"mend {found}, or leave them out in gate.yml with a reason")
    items += [f"ask {owner} about {_some(list(places))}" for owner, places in sorted(asked.items())]
    return items


def action(finding: Finding) -> str:
    """Return what to do about a finding; "" where nothing has to be done."""
    known = KINDS.get(finding.kind)
    return known.action if known and finding.severity is not Severity.NOTE else ""


def counted(count: int, noun: str) -> str:
    """Return a number of things in words: `2 models`."""
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _row(what: str, found: list[Finding]) -> Row:
    messages = [
        f"{finding.column} {finding.message}" if finding.column else finding.message
        for finding in found
    ]
    more = len(messages) - _MESSAGES
    change = "; ".join(messages[:_MESSAGES]) + (f"; {more} more" if more > 0 else "")
    reaches = [finding.reach or Reach() for finding in found]

    def names(key: str) -> list[str]:
        return sorted({name for reach in reaches for name in getattr(reach, key)})

    reached = [*names("exposures"), *names("metrics")] or names("models")
    owners = [owner.partition(" <")[0] for owner in names("owners")]
    return Row(found[0].severity, what, change, _some(reached), _some(owners))


def _some(names: list[str]) -> str:
    more = len(names) - _NAMES
    return ", ".join(names[:_NAMES]) + (f" and {more} more" if more > 0 else "")


def _listed(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
