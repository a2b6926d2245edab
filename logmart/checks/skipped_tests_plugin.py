"""A pytest plugin that notes what a run did not check, for the last lines of `make test`.

In: the file that LOGMART_NOT_CHECKED names; every skipped test adds a line, its reason.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

VARIABLE = "LOGMART_NOT_CHECKED"


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Note the reason of a skipped test."""
    if report.skipped and isinstance(report.longrepr, tuple):
        note(report.longrepr[2].removeprefix("Skipped: "))


def note(reason: str) -> None:
    """Note what was not checked, and why, where somebody reads it."""
    if VARIABLE in os.environ:
        with Path(os.environ[VARIABLE]).open("a", encoding="utf-8") as file:
            file.write(f"{reason}\n")
