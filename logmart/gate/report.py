"""Writes the report as Markdown, as text for a terminal and a comment, and as JSON. Pure functions.

Texts that come from the project are escaped: no Markdown or HTML in them is rendered, and no person
is mentioned.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from logmart.findings import SEVERITIES, Finding, Reach, Severity
from logmart.gate.finding_kinds import KINDS
from logmart.gate.section import Section

_SHOWN = 30
_WIDTH = 300
_TERMINAL_LINES = 25
_SPECIAL = re.compile(r"([\\`*_{}\[\]()#+\-.!|~>@$:])")


@dataclass(frozen=True)
class Report:
    """The report on a branch.

    `findings` have their final severities, the worst first. `built` is a sentence on how much was
    built and with which state it was compared. `warnings` say how the report was made.
    """

    built: str
    warnings: tuple[str, ...]
    findings: tuple[Finding, ...]
    sections: tuple[Section, ...]
    fail_on: Severity

    @property
    def counted(self) -> list[Finding]:
        """The findings that count."""
        return [finding for finding in self.findings if not finding.left_out]

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


def headline(report: Report) -> str:
    """Return the numbers of findings by severity, as text."""
    counts = [
        f"{count} {severity.word}{'' if count == 1 else 's'}"
        for severity in reversed(Severity)
        if (count := sum(finding.severity is severity for finding in report.counted))
    ]
    return ", ".join(counts) or "nothing to say"


def markdown(report: Report, limit: int) -> str:
    """Return the report as Markdown of at most `limit` characters.

    The worst findings come first; the rest and the details are folded, and cut if they do not fit.
    """
    head = [f"## Pull request: {headline(report)}", "", escaped(report.built)]
    head += [line for warning in report.warnings for line in ("", f"> {escaped(warning)}")]
    open_findings = [finding for finding in report.counted if finding.severity is not Severity.NOTE]
    shown = open_findings[:_SHOWN]
    if shown:
        head += ["", *(_finding_line(finding) for finding in shown)]
    owners = sorted({owner for finding in open_findings for owner in _reach(finding).owners})
    if owners:
        head += ["", f"Owners to ask: {', '.join(code(owner) for owner in owners)}"]
    folded = [_section(section) for section in _folded_findings(report, len(shown))]
    folded += [_section(section) for section in report.sections]
    return _fitting(head, folded, limit)


def terminal(report: Report) -> str:
    """Return the report as text."""
    lines = [f"Pull request: {headline(report)}", report.built, *report.warnings]
    for finding in report.counted:
        lines.append(f"  {finding.severity.word:<7}  {_plain(_sentence(finding))}")
        if finding.severity is not Severity.NOTE:
            lines += [f"             {line}" for line in _reach_lines(_reach(finding))]
    left_out = [finding for finding in report.findings if finding.left_out]
    lines += [
        f"  left out  {_plain(_sentence(finding))}: {_plain(finding.left_out)}"
        for finding in left_out
    ]
    for section in report.sections:
        if section.missing:
            lines.append(f"{_plain(section.title)}: not made, {_plain(section.missing)}")
            continue
        lines.append(f"{_plain(section.title)}: {_plain(section.summary)}")
        if section.language == "mermaid":
            continue
        for depth, text in section.lines[:_TERMINAL_LINES]:
            lines.append(f"  {'  ' * depth}{_plain(text, spaces=bool(section.language))}")
        if len(section.lines) > _TERMINAL_LINES:
            lines.append(f"  ... and {len(section.lines) - _TERMINAL_LINES} lines more in the file")
    return "\n".join(lines)


def document(report: Report) -> str:
    """Return the report as JSON."""
    return json.dumps(
        {
            "version": 1,
            "fails": report.fails,
            "counts": {
                word: sum(finding.severity is severity for finding in report.counted)
                for word, severity in SEVERITIES.items()
            },
            "built": report.built,
            "warnings": report.warnings,
            "findings": [_finding_data(finding) for finding in report.findings],
            "sections": [_section_data(section) for section in report.sections],
        },
        ensure_ascii=False,
        indent=1,
        default=str,
    )


def escaped(text: str) -> str:
    """Return a text in one line, escaped so that Markdown shows it unchanged."""
    line = _cut(" ".join(text.split()))
    return _SPECIAL.sub(r"\\\1", line.replace("&", "&amp;").replace("<", "&lt;"))


def code(text: str) -> str:
    """Return a text as a code span in one line, with a fence longer than any backticks in it."""
    line = _cut(" ".join(text.split()) or " ")
    runs = [len(run) for run in re.findall("`+", line)]
    fence = "`" * (max(runs, default=0) + 1)
    inner = f" {line} " if runs else line
    return f"{fence}{inner}{fence}"


def _cut(line: str) -> str:
    """Return a line, cut to _WIDTH, without control characters and marks of text direction."""
    shown = "".join(each if each.isprintable() else " " for each in line)
    return shown if len(shown) <= _WIDTH else f"{shown[:_WIDTH]}..."


def _plain(text: str, *, spaces: bool = False) -> str:
    return _cut(text if spaces else " ".join(text.split()))


def _reach(finding: Finding) -> Reach:
    return finding.reach or Reach()


def _sentence(finding: Finding) -> str:
    place = f"{finding.place}: " if finding.place else ""
    return f"{finding.kind}  {place}{finding.message}"


def _finding_line(finding: Finding) -> str:
    place = f" {code(finding.place)}" if finding.place else ""
    line = (
        f"- **{finding.severity.word}** {escaped(finding.kind)}{place} {escaped(finding.message)}"
    )
    reached = _reach(finding)
    counts = [
        f"{len(found)} {noun}{'' if len(found) == 1 else 's'}"
        for found, noun in (
            (reached.columns, "column"),
            (reached.models, "model"),
            (reached.metrics, "metric"),
            (reached.exposures, "exposure"),
        )
        if found
    ]
    return f"{line}; reaches {', '.join(counts)}" if counts else line


def _reach_lines(reached: Reach) -> list[str]:
    lines = [
        f"{label}: {', '.join(found[:_SHOWN])}{' and more' if len(found) > _SHOWN else ''}"
        for label, found in (
            ("read by", reached.columns),
            ("decides rows of", reached.row_keys),
            ("reaches", () if reached.columns or reached.row_keys else reached.models),
            ("metrics", reached.metrics),
            ("exposures", reached.exposures),
            ("ask", reached.owners),
        )
        if found
    ]
    return [_plain(line) for line in lines]


def _folded_findings(report: Report, shown: int) -> list[Section]:
    """Return the folded sections: further findings, what they affect, notes, left-out findings."""
    counted = report.counted
    rest = [finding for finding in counted if finding.severity is not Severity.NOTE][shown:]
    notes = [finding for finding in counted if finding.severity is Severity.NOTE]
    reaching = [
        finding for finding in counted if finding.severity is not Severity.NOTE and finding.reach
    ]
    left_out = [finding for finding in report.findings if finding.left_out]
    impact = tuple(
        line
        for finding in reaching
        for line in (
            (0, f"{finding.place}: {finding.message}"),
            *((1, each) for each in _reach_lines(_reach(finding))),
        )
    )
    groups = (
        Section(
            "More findings", str(len(rest)), tuple((0, _sentence(finding)) for finding in rest)
        ),
        Section("What it reaches", f"{len(reaching)} changes", impact),
        Section("Notes", str(len(notes)), tuple((0, _sentence(finding)) for finding in notes)),
        Section(
            "Left out",
            str(len(left_out)),
            tuple((0, f"{_sentence(finding)}: {finding.left_out}") for finding in left_out),
        ),
    )
    return [section for section in groups if section.lines]


def _section(section: Section) -> tuple[list[str], list[str], list[str]]:
    """Return the opening, the body and the closing of a folded section."""
    if section.missing:
        return ([], [f"- {escaped(section.title)}: not made, {escaped(section.missing)}"], [])
    summary = f"{section.title}: {section.summary}" if section.summary else section.title
    if not section.lines:
        return ([], [f"- {escaped(summary)}"], [])
    opening = ["", f"<details><summary>{_html(summary)}</summary>", ""]
    if section.language:
        texts = [text for _, text in section.lines]
        runs = [len(run) for text in texts for run in re.findall("`+", text)]
        fence = "`" * max(3, max(runs, default=0) + 1)
        body = [_cut(text) for text in texts]
        return (opening + [f"{fence}{section.language}"], body, [fence, "", "</details>"])
    body = [f"{'  ' * depth}- {escaped(text)}" for depth, text in section.lines]
    return (opening, body, ["", "</details>"])


def _html(text: str) -> str:
    line = _cut(" ".join(text.split()))
    return "".join(f"&#{ord(sign)};" if sign in "&<>@`*_[]\\~$:#" else sign for sign in line)


def _fitting(
    head: list[str], sections: list[tuple[list[str], list[str], list[str]]], limit: int
) -> str:
    """Return the lines that fit; a section that is too long is cut at its end, with a note."""
    lines = list(head)
    # Keep room in each section for the line that says what was cut.
    left = limit - sum(len(line) + 1 for line in lines) - 80
    dropped = 0
    for opening, body, closing in sections:
        frame = sum(len(line) + 1 for line in opening + closing) + 80
        if left < frame:
            dropped += 1
            continue
        left -= frame
        kept = []
        for line in body:
            if left < len(line) + 1:
                break
            left -= len(line) + 1
            kept.append(line)
        if len(kept) < len(body):
            kept.append(f"- ... and {len(body) - len(kept)} lines more: see report.json")
        lines += [*([""] if not opening else []), *opening, *kept, *closing]
    if dropped:
        lines += ["", f"{dropped} sections more did not fit: see report.json"]
    return "\n".join(lines) + "\n"


def _finding_data(finding: Finding) -> dict[str, Any]:
    data = asdict(finding)
    del data["at_most"]
    return {**data, "severity": finding.severity.word}


def _section_data(section: Section) -> dict[str, Any]:
    return {
        "title": section.title,
        "summary": section.summary,
        "missing": section.missing,
        "data": section.data,
        "lines": [text for _, text in section.lines],
    }
