"""What a check found, and how it is shown: a line each, or a list in JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Finding:
    """What is wrong, with which node or line of which file; line and node may be unknown."""

    kind: str
    severity: str
    file: str
    line: int | None
    node: str | None
    message: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        return ": ".join(part for part in (place, self.node, self.kind, self.message) if part)


def print_findings(findings: Sequence[Finding], *, as_json: bool, summary: str) -> None:
    """Print findings as a list in JSON and nothing else, or as lines with a summary below."""
    if as_json:
        print(json.dumps([asdict(finding) for finding in findings], indent=2))
        return
    for finding in findings:
        print(finding)
    print(summary)
