"""Texts of a report that all its forms share, and the report for a terminal. Pure functions."""

from __future__ import annotations

from collections.abc import Iterable

from logmart.findings import Finding, Reach, Severity
from logmart.gate.overview import MOST_ROWS, Row, action, checklist, sentence, table
from logmart.gate.report import Report, headline
from logmart.gate.section import Section, worth_reading

SHOWN = 30
_WIDTH = 300
_CELLS = (36, 84, 40, 34)
_TERMINAL_LINES = 25
# A graph, and the whole messages of errors whose causes the findings state.
_ONLY_IN_MARKDOWN = ("mermaid", "text")


def terminal(report: Report) -> str:
    """Return the report as text: a sentence, a table, the findings, what to do, the details."""
    lines = [f"Pull request: {headline(report)}", sentence(report), *_table(table(report))]
    told: set[str] = set()
    for finding in report.counted:
        lines += _finding_lines(finding, told)
    left_out = [finding for finding in report.findings if finding.left_out]
    lines += [
        f"  left out  {plain(said(finding))}: {plain(finding.left_out)}" for finding in left_out
    ]
    items = checklist(report)
    if items:
        lines += ["Before you merge", *(f"  [ ] {plain(item)}" for item in items)]
    lines += [plain(each) for each in (report.built, *report.warnings)]
    for section in worth_reading([*report.sections, *details_sections(report)]):
        lines += _section_lines(section)
    return "\n".join(lines)


def details_sections(report: Report) -> list[Section]:
    """Return the sections on findings: whole messages, and the places of one cause."""
    lines: list[tuple[int, str]] = []
    for finding in report.counted:
        if finding.detail:
            lines.append((0, f"# {finding.place or finding.kind}"))
            lines += [(0, line) for line in finding.detail]
    places = [
        line
        for finding in report.counted
        if finding.places
        for line in ((0, f"{finding.place}: {finding.count}"), (1, ", ".join(finding.places)))
    ]
    count = sum(bool(finding.detail) for finding in report.counted)
    sections = (
        Section("Whole messages", f"{count}, in report.md", tuple(lines), language="text"),
        Section("Places of one cause", str(len(places) // 2), tuple(places)),
    )
    return [section for section in sections if section.lines]


def said(finding: Finding) -> str:
    """Return a finding in one line: kind, place, line of the file, and message."""
    place = f"{finding.place}: " if finding.place else ""
    return f"{finding.kind}  {place}{finding.message}{location(finding)}"


def location(finding: Finding) -> str:
    """Return the file and line of a finding whose place does not name them, in brackets."""
    named = finding.node and finding.file and finding.line
    return f" ({finding.file}:{finding.line})" if named else ""


def reach_lines(finding: Finding) -> list[str]:
    """Return the lines on what a finding reaches and whom to ask."""
    reached = finding.reach or Reach()
    models = () if reached.columns or reached.row_keys else reached.models
    groups = (
        (("read by", reached.columns), ("decides rows of", reached.row_keys), ("reaches", models)),
        (("exposures", reached.exposures), ("metrics", reached.metrics)),
        (("ask", reached.owners),),
    )
    lines = [
        "; ".join(
            f"{label}: {', '.join(found[:SHOWN])}{' and more' if len(found) > SHOWN else ''}"
            for label, found in group
            if found
        )
        for group in groups
    ]
    return [plain(line) for line in lines if line]


def plain(text: str, *, spaces: bool = False) -> str:
    """Return a text in one line without control characters, cut to a width."""
    return cut(text if spaces else " ".join(text.split()))


def cut(line: str, width: int = _WIDTH) -> str:
    """Return a line, cut to a width, without control characters and marks of text direction."""
    shown = "".join(each if each.isprintable() else " " for each in line)
    return shown if len(shown) <= width else f"{shown[: width - 3]}..."


def _table(rows: list[Row]) -> list[str]:
    """Return the table of what changes for whom, in columns."""
    if not rows:
        return []
    cells = [("what", "what changes", "reaches", "ask")]
    cells += [(row.what, row.change, row.reaches, row.ask) for row in rows[:MOST_ROWS]]
    texts = [
        [cut(" ".join(text.split()), width) for text, width in zip(row, _CELLS, strict=True)]
        for row in cells
    ]
    widths = [max(len(row[column]) for row in texts) for column in range(len(_CELLS))]
    words = ["", *(row.severity.word for row in rows)]
    lines = [
        f"  {word:<7}  "
        + "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip()
        for word, row in zip(words, texts, strict=False)
    ]
    more = len(rows) - MOST_ROWS
    return ["", *lines, *([f"  and {more} more"] if more > 0 else []), ""]


def _finding_lines(finding: Finding, told: set[str]) -> Iterable[str]:
    """Yield the lines on a finding: its reach, if no other finding on its node has the same, and
    the action on the first of its kind.

    In: `told`, the reaches and kinds of the findings before, to which this one's are added.
    """
    yield f"  {finding.severity.word:<7}  {plain(said(finding))}"
    if finding.severity is Severity.NOTE:
        return
    reached = f"reach of {finding.node or finding.place}: {finding.reach}"
    if reached not in told:
        told.add(reached)
        yield from (f"             {line}" for line in reach_lines(finding))
    if action(finding) and finding.kind not in told:
        told.add(finding.kind)
        yield f"             do: {action(finding)}"


def _section_lines(section: Section) -> Iterable[str]:
    if section.missing:
        yield f"{plain(section.title)}: not made, {plain(section.missing)}"
        return
    yield f"{plain(section.title)}: {plain(section.summary)}"
    if section.language in _ONLY_IN_MARKDOWN:
        return
    for depth, text in section.lines[:_TERMINAL_LINES]:
        yield f"  {'  ' * depth}{plain(text, spaces=bool(section.language))}"
    if len(section.lines) > _TERMINAL_LINES:
        yield f"  ... and {len(section.lines) - _TERMINAL_LINES} lines more in the file"
