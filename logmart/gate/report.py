"""The report: Markdown, text for a terminal and a comment, JSON for machines. Pure functions.

Everything that comes from the project is shown as it is: nothing in it is read as Markdown or HTML,
or calls a person.
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
    """What the gate says of a branch.

    `findings` are judged, the worst first; `built` is a sentence on what was built and with what it
    was compared; `warnings` are sentences on what could not be done.
    """

    built: str
    warnings: tuple[str, ...]
    findings: tuple[Finding, ...]
    sections: tuple[Section, ...]
    fail_on: Severity

    @property
    def counted(self) -> list[Finding]:
        """The findings that count."""
        return [one for one in self.findings if not one.left_out]

    @property
    def fails(self) -> bool:
        """Whether a finding is as bad as what fails."""
        return any(one.severity >= self.fail_on for one in self.counted)


def ordered(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return findings, each once, the worst first, then by kind and place."""
    kinds = list(KINDS)

    def rank(one: Finding) -> tuple[int, int, str, str]:
        place = kinds.index(one.kind) if one.kind in kinds else len(kinds)
        return -one.severity, place, one.place, one.message

    return tuple(sorted(dict.fromkeys(findings), key=rank))


def headline(report: Report) -> str:
    """Return the counts by severity."""
    counts = [
        f"{count} {severity.word}{'' if count == 1 else 's'}"
        for severity in reversed(Severity)
        if (count := sum(one.severity is severity for one in report.counted))
    ]
    return ", ".join(counts) or "nothing to say"


def markdown(report: Report, limit: int) -> str:
    """Return the report as Markdown of at most `limit` characters: the worst on top, the rest and
    the details folded, cut where they do not fit.
    """
    head = [f"## Pull request: {headline(report)}", "", escaped(report.built)]
    head += [line for one in report.warnings for line in ("", f"> {escaped(one)}")]
    open_findings = [one for one in report.counted if one.severity is not Severity.NOTE]
    shown = open_findings[:_SHOWN]
    if shown:
        head += ["", *(_finding_line(one) for one in shown)]
    owners = sorted({each for one in open_findings for each in _reach(one).owners})
    if owners:
        head += ["", f"Owners to ask: {', '.join(code(one) for one in owners)}"]
    folded = [_section(one) for one in _folded_findings(report, len(shown))]
    folded += [_section(one) for one in report.sections]
    return _fitting(head, folded, limit)


def terminal(report: Report) -> str:
    """Return the report as text."""
    lines = [f"Pull request: {headline(report)}", report.built, *report.warnings]
    for one in report.counted:
        lines.append(f"  {one.severity.word:<7}  {_plain(_sentence(one))}")
        lines += [f"             {line}" for line in _reach_lines(_reach(one))]
    left_out = [one for one in report.findings if one.left_out]
    lines += [f"  left out  {_plain(_sentence(one))}: {_plain(one.left_out)}" for one in left_out]
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
                word: sum(one.severity is severity for one in report.counted)
                for word, severity in SEVERITIES.items()
            },
            "built": report.built,
            "warnings": report.warnings,
            "findings": [_finding_data(one) for one in report.findings],
            "sections": [_section_data(one) for one in report.sections],
        },
        ensure_ascii=False,
        indent=1,
        default=str,
    )


def escaped(text: str) -> str:
    """Return a text that Markdown shows as it is, in one line."""
    line = _cut(" ".join(text.split()))
    return _SPECIAL.sub(r"\\\1", line.replace("&", "&amp;").replace("<", "&lt;"))


def code(text: str) -> str:
    """Return a text as a code span, in one line, whatever backticks it holds."""
    line = _cut(" ".join(text.split()) or " ")
    runs = [len(run) for run in re.findall("`+", line)]
    fence = "`" * (max(runs, default=0) + 1)
    inner = f" {line} " if runs else line
    return f"{fence}{inner}{fence}"


def _cut(line: str) -> str:
    """Return a line, cut, without what a terminal obeys or what turns letters around."""
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
        f"{len(found)} {what}{'' if len(found) == 1 else 's'}"
        for found, what in (
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
        f"{what}: {', '.join(found[:_SHOWN])}{' and more' if len(found) > _SHOWN else ''}"
        for what, found in (
            ("read by", reached.columns),
            ("decides rows of", reached.row_keys),
            ("metrics", reached.metrics),
            ("exposures", reached.exposures),
            ("ask", reached.owners),
        )
        if found
    ]
    return [_plain(line) for line in lines]


def _folded_findings(report: Report, shown: int) -> list[Section]:
    """Return the findings that are not on top, what they reach, and what was left out."""
    counted = report.counted
    rest = [one for one in counted if one.severity is not Severity.NOTE][shown:]
    notes = [one for one in counted if one.severity is Severity.NOTE]
    reaching = [one for one in counted if one.severity is not Severity.NOTE and one.reach]
    left_out = [one for one in report.findings if one.left_out]
    impact = tuple(
        line
        for one in reaching
        for line in (
            (0, f"{one.place}: {one.message}"),
            *((1, each) for each in _reach_lines(_reach(one))),
        )
    )
    groups = (
        Section("More findings", str(len(rest)), tuple((0, _sentence(one)) for one in rest)),
        Section("What it reaches", f"{len(reaching)} changes", impact),
        Section("Notes", str(len(notes)), tuple((0, _sentence(one)) for one in notes)),
        Section(
            "Left out",
            str(len(left_out)),
            tuple((0, f"{_sentence(one)}: {one.left_out}") for one in left_out),
        ),
    )
    return [one for one in groups if one.lines]


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
    return "".join(f"&#{ord(one)};" if one in "&<>@`*_[]\\~$:#" else one for one in line)


def _fitting(
    head: list[str], sections: list[tuple[list[str], list[str], list[str]]], limit: int
) -> str:
    """Return the lines that fit, each section cut from its end, and what was cut said."""
    lines = list(head)
    # Room for a line on what was cut, for each section.
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
