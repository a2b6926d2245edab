"""The report on a branch that changes only documents, which no build reads."""

from __future__ import annotations

from pathlib import Path

from logmart.checks.changed_files import changed_files
from logmart.gate.config import Config
from logmart.gate.report import Report


def changed_documents(project: Path, start: str, config: Config) -> list[str]:
    """Return the files that differ from the commit from which a branch starts, when all of them
    are documents by gate.yml; an empty list otherwise, and where the commit is not known.
    """
    changed = changed_files(project, start) if start else []
    return changed if all(map(config.is_document, changed)) else []


def report_on_documents(changed: list[str], config: Config) -> Report:
    """Return the report on a branch that changes only these documents."""
    shown = ", ".join(sorted(changed))
    return Report(f"Nothing was built: only documents differ, {shown}.", (), (), (), config.fail_on)
