"""Writes the report of a branch in its three forms."""

from __future__ import annotations

from pathlib import Path

from logmart.gate.report import Report
from logmart.gate.report_document import document
from logmart.gate.report_markdown import markdown
from logmart.gate.report_text import terminal


def write_report(report: Report, out: Path, limit: int) -> None:
    """Write report.md, of at most `limit` characters, report.txt and report.json to a folder."""
    out.mkdir(parents=True, exist_ok=True)
    (out / "report.md").write_text(markdown(report, limit), encoding="utf-8")
    (out / "report.txt").write_text(terminal(report) + "\n", encoding="utf-8")
    (out / "report.json").write_text(document(report) + "\n", encoding="utf-8")
