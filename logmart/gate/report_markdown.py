"""Writes the report as Markdown. Pure functions.

Texts that come from the project are escaped: no Markdown or HTML in them is rendered, and no person
is mentioned.
"""

from __future__ import annotations

import re
from urllib.parse import quote

from logmart.findings import Finding, Reach
from logmart.gate.overview import MOST_ROWS, action, checklist, counted, sentence, table
from logmart.gate.report import Report, headline
from logmart.gate.report_text import SHOWN, cut, details_sections, reach_lines, said
from logmart.gate.section import Section, worth_reading

_SPECIAL = re.compile(r"([\\`*_{}\[\]()#+\-.!|~>@$:])")


def markdown(report: Report, limit: int) -> str:
    """Return the report as Markdown of at most `limit` characters.

    It opens with a sentence and a table; the worst findings follow; the rest and the details are
    folded, and cut if they do not fit.
    """
    head = [f"## Pull request: {headline(report)}", "", escaped(sentence(report)), *_table(report)]
    shown = report.notable[:SHOWN]
    acted: set[str] = set()
    if shown:
        head += ["", *(line for each in shown for line in _finding(report, each, acted))]
    items = checklist(report)
    if items:
        head += ["", "Before you merge:", "", *(f"- [ ] {escaped(item)}" for item in items)]
    head += [
        line for text in (report.built, *report.warnings) for line in ("", f"> {escaped(text)}")
    ]
    folded = [_section(section) for section in _folded_findings(report, len(shown))]
    folded += [
        _section(section)
        for section in worth_reading([*details_sections(report), *report.sections])
    ]
    return _fitting(head, folded, limit)


def escaped(text: str) -> str:
    """Return a text in one line, escaped so that Markdown shows it unchanged."""
    line = cut(" ".join(text.split()))
    return _SPECIAL.sub(r"\\\1", line.replace("&", "&amp;").replace("<", "&lt;"))


def code(text: str) -> str:
    """Return a text as a code span in one line, with a fence longer than any backticks in it."""
    line = cut(" ".join(text.split()) or " ")
    runs = [len(run) for run in re.findall("`+", line)]
    fence = "`" * (max(runs, default=0) + 1)
    inner = f" {line} " if runs else line
    return f"{fence}{inner}{fence}"


def _table(report: Report) -> list[str]:
    rows = table(report)
    if not rows:
        return []
    lines = ["", "| | what | what changes | reaches | ask |", "|---|---|---|---|---|"]
    lines += [
        f"| {row.severity.word} | {escaped(row.what)} | {escaped(row.change)}"
        f" | {escaped(row.reaches)} | {escaped(row.ask)} |"
        for row in rows[:MOST_ROWS]
    ]
    more = len(rows) - MOST_ROWS
    return [*lines, *(["", f"and {more} more"] if more > 0 else [])]


def _finding(report: Report, finding: Finding, acted: set[str]) -> list[str]:
    """Return the lines on a finding; the action on the first of its kind only."""
    place = f" {code(finding.place)}" if finding.place else ""
    line = (
        f"- **{finding.severity.word}** {escaped(finding.kind)}{place} {escaped(finding.message)}"
    )
    reached = finding.reach or Reach()
    counts = [
        counted(len(found), noun)
        for found, noun in (
            (reached.columns, "column"),
            (reached.models, "model"),
            (reached.metrics, "metric"),
            (reached.exposures, "exposure"),
        )
        if found
    ]
    line += f"; reaches {', '.join(counts)}" if counts else ""
    line += f" ({_link(report, finding)})" if finding.file else ""
    if not action(finding) or finding.kind in acted:
        return [line]
    acted.add(finding.kind)
    return [line, f"  - {escaped(action(finding))}"]


def _link(report: Report, finding: Finding) -> str:
    """Return the file and line of a finding, as a link where the report knows the address."""
    place = f"{finding.file}:{finding.line}" if finding.line else finding.file
    if not report.source:
        return escaped(place)
    anchor = f"#L{finding.line}" if finding.line else ""
    return f"[{escaped(place)}]({report.source}/{quote(finding.file)}{anchor})"


def _folded_findings(report: Report, shown: int) -> list[Section]:
    """Return the folded sections: further findings, what they affect, notes, left-out findings."""
    notable = report.notable
    notes = [finding for finding in report.counted if finding not in notable]
    reaching = [finding for finding in notable if reach_lines(finding)]
    left_out = [finding for finding in report.findings if finding.left_out]
    rest = notable[shown:]
    impact = tuple(
        line
        for finding in reaching
        for line in (
            (0, f"{finding.place}: {finding.message}"),
            *((1, each) for each in reach_lines(finding)),
        )
    )
    groups = (
        Section("More findings", str(len(rest)), tuple((0, said(finding)) for finding in rest)),
        Section("What it reaches", f"{len(reaching)} changes", impact),
        Section("Notes", str(len(notes)), tuple((0, said(finding)) for finding in notes)),
        Section(
            "Left out",
            str(len(left_out)),
            tuple((0, f"{said(finding)}: {finding.left_out}") for finding in left_out),
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
        body = [cut(text) for text in texts]
        return (opening + [f"{fence}{section.language}"], body, [fence, "", "</details>"])
    body = [f"{'  ' * depth}- {escaped(text)}" for depth, text in section.lines]
    return (opening, body, ["", "</details>"])


def _html(text: str) -> str:
    line = cut(" ".join(text.split()))
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
