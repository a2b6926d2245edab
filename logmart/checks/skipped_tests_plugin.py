"""A pytest plugin that records what a run did not check, for the last lines of `make test`.

For every skipped test it adds a line with the reason to the file that LOGMART_NOT_CHECKED names.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

VARIABLE = "LOGMART_NOT_CHECKED"


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Record the reason of a skipped test."""
    if report.skipped and isinstance(report.longrepr, tuple):
        note(report.longrepr[2].removeprefix("Skipped: "))


def note(reason: str) -> None:
    """Append a reason to the file, where LOGMART_NOT_CHECKED names one."""
    if VARIABLE in os.environ:
        with Path(os.environ[VARIABLE]).open("a", encoding="utf-8") as file:
            file.write(f"{reason}\n")
