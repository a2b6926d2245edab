"""Writes the report as JSON. Pure functions."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from logmart.findings import SEVERITIES, Finding
from logmart.gate.overview import checklist, sentence
from logmart.gate.report import Report
from logmart.gate.section import Section


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
            "sentence": sentence(report),
            "checklist": checklist(report),
            "built": report.built,
            "warnings": report.warnings,
            "findings": [_finding_data(finding) for finding in report.findings],
            "sections": [_section_data(section) for section in report.sections],
        },
        ensure_ascii=False,
        indent=1,
        default=str,
    )


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
