"""Prints findings: one line each, or a list in JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence

from logmart.findings import Finding


def print_findings(findings: Sequence[Finding], *, as_json: bool, summary: str) -> None:
    """Print findings as a JSON list without a summary, or as lines with a summary below."""
    if as_json:
        print(json.dumps([_as_data(finding) for finding in findings], indent=2))
        return
    for finding in findings:
        print(_line(finding))
    print(summary)


def _as_data(finding: Finding) -> dict[str, str | int | None]:
    return {
        "kind": finding.kind,
        "severity": finding.severity.word,
        "file": finding.file,
        "line": finding.line or None,
        "node": finding.node or None,
        "message": finding.message,
    }


def _line(finding: Finding) -> str:
    place = f"{finding.file}:{finding.line}" if finding.line else finding.file
    return ": ".join(part for part in (place, finding.node, finding.kind, finding.message) if part)
